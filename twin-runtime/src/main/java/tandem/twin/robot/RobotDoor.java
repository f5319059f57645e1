package tandem.twin.robot;

import java.util.List;
import java.util.concurrent.CompletionStage;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.RobotProfile;

/**
 * What gateways tell the twins about robots. Thread-safe; never blocks. Samples do not come this
 * way (see {@code tandem.twin.stream}).
 */
public interface RobotDoor {
  /**
   * A robot or dream is in contact; wakes its twin (and begins its first term where there is none).
   */
  CompletionStage<Void> admitted(Admission admission);

  /** Its link or its last node token is gone; the twin may also notice by silence. */
  void contactLost(String robot, String why);

  /** A second link claims the name; it was refused. */
  void nameConflict(String robot, String holder, String refused);

  /**
   * The profile proposed from the graph, or configured; becomes a journal event with its hash when
   * it changes.
   */
  void profile(RobotProfile profile);

  /** The guard is reachable through this port (null: no longer). */
  void guard(String robot, GuardPort port);

  /** The guard's newest status, some 10 times a second. */
  void guardStatus(GuardStatus status);

  /**
   * Records of the guard's own log, in the order of their numbers; completes when all of them are
   * durable in the journal, by one commit, then the gateway acknowledges the last.
   */
  CompletionStage<Void> guardLog(String robot, List<GuardLogRecord> records);

  /** A publisher that is not the guard on a command topic. */
  void foreignAuthority(String robot, String topic, String publisher, boolean refused);

  /**
   * Who came into contact.
   *
   * @param dreamOf null for a real robot
   * @param link endpoint or peer it is reached through, for people
   */
  record Admission(String robot, String dreamOf, String link, String namespace, int domain) {}
}
