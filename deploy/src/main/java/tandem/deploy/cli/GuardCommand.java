package tandem.deploy.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;
import tandem.robot.guard.GuardMain;

/** {@code tandem guard ...}: hands its words to the guard, which reads them itself. */
@Command(
    name = "guard",
    description = "The guard of one robot, a process of its own. Its options: guard --help.")
final class GuardCommand implements Callable<Integer> {
  @Unmatched List<String> words = new ArrayList<>();

  @Override
  public Integer call() throws InterruptedException {
    return GuardMain.run(words.toArray(String[]::new));
  }
}
