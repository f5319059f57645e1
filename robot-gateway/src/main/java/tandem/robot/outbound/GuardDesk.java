package tandem.robot.outbound;

import tandem.robot.inbound.CommandDoor;
import tandem.robot.inbound.GatewaySettings;
import tandem.robot.inbound.RobotsHere;
import tandem.twin.robot.RobotDoor;
import tandem.zenoh.Router;
import tandem.zenoh.Session;

/** The guards of this node's robots. */
public final class GuardDesk implements RobotsHere, AutoCloseable {
  private final CommandDoor commands;

  public GuardDesk(
      GatewaySettings.Guards settings, CommandDoor commands, RobotDoor door, String endpoint) {
    this.commands = commands;
  }

  @Override
  public void here(String robot, String namespace, int domain, Session session, Router router) {}

  @Override
  public void gone(String robot) {}

  @Override
  public boolean isGuard(String zid) {
    return commands.isGuard(zid);
  }

  @Override
  public void close() {}
}
