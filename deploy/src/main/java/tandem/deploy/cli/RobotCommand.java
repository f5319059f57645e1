package tandem.deploy.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;
import tandem.sim.robot.DemoRobot;

/** {@code tandem robot ...}: hands its words to the demo robot, which reads them itself. */
@Command(
    name = "robot",
    description = "The demo robot: an ordinary ROS 2 peer. Its options: robot --help.")
final class RobotCommand implements Runnable {
  @Unmatched List<String> words = new ArrayList<>();

  @Override
  public void run() {
    DemoRobot.main(words.toArray(String[]::new));
  }
}
