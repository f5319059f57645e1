package tandem.deploy.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tandem.deploy.client.WrongUsage;

/** {@code tandem ros2 ...}: what the ros2 tool shows, of nodes that speak rmw_zenoh. */
@Command(
    name = "ros2",
    description = "ROS 2 over Zenoh: topic, node, service, action, interface.",
    subcommands = {
      Ros2TopicCommand.class,
      Ros2NodeCommand.class,
      Ros2ServiceCommand.class,
      Ros2ActionCommand.class,
      Ros2InterfaceCommand.class
    })
final class Ros2Commands implements Runnable {
  @Mixin Main.Help help;

  @Override
  public void run() {
    throw new WrongUsage("ros2: expected topic, node, service, action or interface");
  }
}
