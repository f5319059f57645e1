package tandem.twin;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToLongFunction;
import tandem.proto.codec.EventCodec;
import tandem.proto.command.TwinCommand;
import tandem.proto.event.Event;
import tandem.proto.v1.ContactQuestion;
import tandem.proto.v1.EventQuestion;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.NodeAnswer;
import tandem.proto.v1.NodeQuestion;
import tandem.proto.v1.RobotProfile;
import tandem.twin.journal.TwinId;
import tandem.twin.robot.GuardPort;
import tandem.twin.robot.GuardPorts;
import tandem.twin.robot.RobotDoor;
import tandem.twin.robot.RobotTwin;
import tandem.twin.robot.Sensed;
import tandem.twin.robot.TwinInlet;

/**
 * News of gateways, streams and the recorder on their way to the twins. A twin comes to the node
 * that has its robot in contact; what is told of a robot whose twin lives elsewhere is not passed
 * on, but for facts for its journal. Thread-safe.
 */
final class SiteDoor implements RobotDoor, TwinInlet {
  private final KnownTwins known;
  private final GuardPorts guards;
  private static final long IN_CONTACT_NANOS = 1_000_000_000;
  private static final Duration ANSWER = Duration.ofSeconds(10);

  private final TwinRegion region;
  private final Homes homes;
  private final ToLongFunction<String> newestNanos;
  private final Set<String> contacts = ConcurrentHashMap.newKeySet();
  private final Set<String> refused = ConcurrentHashMap.newKeySet();

  /**
   * @param newestNanos when the newest sample of a robot came to this node, monotonic
   */
  SiteDoor(
      KnownTwins known,
      GuardPorts guards,
      TwinRegion region,
      Homes homes,
      ToLongFunction<String> newestNanos) {
    this.known = known;
    this.guards = guards;
    this.region = region;
    this.homes = homes;
    this.newestNanos = newestNanos;
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
    return comes(a.robot())
        .thenCompose(
            here ->
                region.ask(
                    a.robot(),
                    new TwinCommand.Admit(
                        a.dreamOf() == null ? "" : a.dreamOf(),
                        a.link(),
                        a.namespace(),
                        a.domain())))
        .thenAccept(answered -> contacts.add(a.robot()));
  }

  /** Its twin comes to this node, unless another node has the robot in contact. */
  private CompletionStage<Void> comes(String robot) {
    if (homes.isHere(robot)) return CompletableFuture.completedStage(null);
    var question =
        NodeQuestion.newBuilder()
            .setRobot(robot)
            .setContact(ContactQuestion.newBuilder().setClaimedBy(homes.node()));
    return region
        .askUntilAnswered(question)
        .thenCompose(
            answer -> {
              String holder = answer.getContact();
              if (holder.isEmpty() || holder.equals(homes.node())) {
                return homes.bring(robot, region::wake);
              }
              return CompletableFuture.failedStage(
                  new Refused(
                      "tandem.robot.elsewhere",
                      "robot %s is in contact with node %s of this site; not admitted here"
                          .formatted(robot, holder)));
            });
  }

  /**
   * This node's name where the robot is in contact here and was heard within a second; else empty.
   *
   * @param claimedBy another node, which is told of in the robot's journal once
   */
  String contact(String robot, String claimedBy) {
    boolean here =
        contacts.contains(robot)
            && System.nanoTime() - newestNanos.applyAsLong(robot) < IN_CONTACT_NANOS;
    if (!here) return "";
    if (!claimedBy.equals(homes.node()) && refused.add(robot + " " + claimedBy)) {
      nameConflict(robot, "node " + homes.node(), "node " + claimedBy);
    }
    return homes.node();
  }

  @Override
  public void contactLost(String robot, String why) {
    contacts.remove(robot);
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
    if (!homes.isHere(robot)) {
      var fact =
          EventQuestion.newBuilder()
              .setManifest(EventCodec.manifest(event))
              .setPayload(EventCodec.encode(event));
      return region
          .ask(NodeQuestion.newBuilder().setRobot(robot).setEvent(fact).build(), ANSWER)
          .thenApply(NodeAnswer::getSequence);
    }
    return region
        .ask(robot, new TwinCommand.Record(event))
        .thenApply(answered -> answered.state().sequence());
  }

  private void tell(String robot, TwinCommand command) {
    if (known.contains(robot)) region.tell(robot, new RobotTwin.Tell(command));
  }
}
