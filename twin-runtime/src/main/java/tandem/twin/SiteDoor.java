package tandem.twin;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import tandem.proto.command.TwinCommand;
import tandem.proto.event.Event;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.RobotProfile;
import tandem.twin.journal.TwinId;
import tandem.twin.robot.GuardPort;
import tandem.twin.robot.GuardPorts;
import tandem.twin.robot.RobotDoor;
import tandem.twin.robot.RobotTwin;
import tandem.twin.robot.Sensed;
import tandem.twin.robot.TwinInlet;

/** News of gateways, streams and the recorder on their way to the twins. Thread-safe. */
final class SiteDoor implements RobotDoor, TwinInlet {
  private final KnownTwins known;
  private final GuardPorts guards;
  private final TwinRegion region;

  SiteDoor(KnownTwins known, GuardPorts guards, TwinRegion region) {
    this.known = known;
    this.guards = guards;
    this.region = region;
  }

  @Override
  public CompletionStage<Void> admitted(Admission a) {
    if (!TwinId.isRobotName(a.robot())) {
      return CompletableFuture.failedStage(
          new Refused(
              "tandem.robot.name",
              "robot name: expected a letter or digit, then at most 127 of letters, digits, _ . / -; found '%s'; not admitted"
                  .formatted(a.robot())));
    }
    known.admit(a.robot());
    return region
        .ask(
            a.robot(),
            new TwinCommand.Admit(
                a.dreamOf() == null ? "" : a.dreamOf(), a.link(), a.namespace(), a.domain()))
        .thenApply(answered -> null);
  }

  @Override
  public void contactLost(String robot, String why) {
    tell(robot, new TwinCommand.LoseContact(why));
  }

  @Override
  public void nameConflict(String robot, String holder, String refused) {
    tell(robot, new TwinCommand.ClaimName(holder, refused));
  }

  @Override
  public void profile(RobotProfile profile) {
    tell(profile.getRobot(), new TwinCommand.Propose(profile));
  }

  @Override
  public void guard(String robot, GuardPort port) {
    guards.port(robot, port);
    tell(robot, new TwinCommand.Review());
  }

  @Override
  public void guardStatus(GuardStatus status) {
    guards.status(status);
    tell(status.getRobot(), new TwinCommand.Review());
  }

  @Override
  public CompletionStage<Void> guardLog(String robot, List<GuardLogRecord> records) {
    return region.ask(robot, new TwinCommand.TakeLog(records)).thenApply(answered -> null);
  }

  @Override
  public void foreignAuthority(String robot, String topic, String publisher, boolean refused) {
    tell(robot, new TwinCommand.SeeForeign(topic, publisher, refused));
  }

  @Override
  public void observe(String robot, Sensed sensed) {
    if (known.contains(robot)) region.tell(robot, new RobotTwin.Observe(sensed));
  }

  @Override
  public CompletionStage<Long> journal(String robot, Event event) {
    return region
        .ask(robot, new TwinCommand.Record(event))
        .thenApply(answered -> answered.state().sequence());
  }

  private void tell(String robot, TwinCommand command) {
    if (known.contains(robot)) region.tell(robot, new RobotTwin.Tell(command));
  }
}
