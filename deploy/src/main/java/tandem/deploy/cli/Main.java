package tandem.deploy.cli;

import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tandem.deploy.client.Api;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.Version;
import tandem.deploy.client.WrongUsage;
import tandem.deploy.node.OrderlyEnd;

/** {@code ./tandem ...}: the one entry of every process of Tandem. */
@Command(
    name = "tandem",
    description = "The distributed twin runtime for ROS 2 humanoids.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Also, by the launcher: build, test [--slow] [--module M].",
      "Results on stdout (--json: one object a line), logs on stderr.",
      "Exit 0 ok; 1 failed, not found or check negative; 2 wrong usage."
    },
    subcommands = {
      TwinCommands.class,
      StreamCommands.class,
      ZenohCommands.class,
      BenchCommand.class,
      Ros2Commands.class,
      Ros2NodeCommand.class,
      Ros2ServiceCommand.class,
      Ros2ActionCommand.class,
      Ros2InterfaceCommand.class,
      RobotCommand.class,
      GuardCommand.class,
      SimCommands.class,
      NodeCommand.Edge.class,
      NodeCommand.Cloud.class,
      DemoCommand.class,
      AuditCommands.class,
      DoctorCommand.class,
      tandem.deploy.drill.DrillCommand.class
    })
public final class Main implements Runnable {
  static final int FAILED = 1;
  static final int USAGE = 2;

  @Mixin Help help;

  @Option(names = "--version", description = "Prints the version.")
  boolean version;

  /** {@code --help} for every command. */
  static final class Help {
    @Option(
        names = {"-h", "--help"},
        usageHelp = true,
        description = "Prints this.")
    boolean asked;
  }

  public static void main(String[] args) {
    int status = FAILED;
    try {
      status = run(args);
    } catch (Throwable broken) { // whatever threads were started: the process ends, and says why
      broken.printStackTrace();
    }
    System.out.flush();
    OrderlyEnd.exit(status);
  }

  /** Runs one command to its end; what it returns is the exit code. */
  public static int run(String... args) {
    if (args.length == 1 && args[0].equals("--version")) {
      System.out.println("tandem " + Version.TEXT);
      return 0;
    }
    var line = new CommandLine(new Main());

    line.setUnmatchedOptionsArePositionalParams(false);
    line.setExecutionExceptionHandler(
        (failure, _, _) -> {
          if (failure instanceof WrongUsage) {
            System.err.println("tandem: " + failure.getMessage());
            return USAGE;
          }
          if (isSaid(failure)) System.err.println("tandem: " + failure.getMessage());
          else failure.printStackTrace();
          return FAILED;
        });
    return line.execute(args);
  }

  /** Failures whose message is all there is to say. */
  private static boolean isSaid(Exception failure) {
    return failure instanceof CliFailure
        || failure instanceof Api.Unreachable
        || failure instanceof tandem.zenoh.ZenohException;
  }

  @Override
  public void run() {
    if (!version) throw new WrongUsage("expected a command; see ./tandem --help");
    System.out.println("tandem " + Version.TEXT);
  }

  /** Waits until the latch opens or the process is asked to end (then its hooks close things). */
  static void untilSignal(CountDownLatch done) {
    try {
      done.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
