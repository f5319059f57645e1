package tandem.proto.event;

import com.google.protobuf.ByteString;
import java.util.List;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.RobotProfile;
import tandem.proto.v1.TimeToken;

/**
 * What has happened to one robot, as its journal keeps it. The moment of an event is its envelope's
 * hybrid time; where the thing itself happened earlier, the record has a time of its own.
 *
 * <p>Adding one: a record here, a message in {@code event.proto}, a line in {@code EventCodec}, a
 * case in the twin's {@code evolve} and a golden file; the compiler names the places.
 */
public sealed interface Event {

  /** Events that belong to one command. */
  sealed interface OfCommand extends Event {
    String id();
  }

  /** Events about the recorder's files. */
  sealed interface OfSegment extends Event {
    String file();
  }

  // The twin's home

  /** First event of a term; parentTerm 0 where there is none, then parentHash is empty. */
  record TermBegun(
      long term,
      long parentTerm,
      long parentSequence,
      ByteString parentHash,
      String owner,
      String cause)
      implements Event {}

  // Contact

  /** The robot is reachable, or again; dreamOf is empty for a real robot. */
  record ContactMade(String dreamOf, String link, String namespace, int domain) implements Event {}

  /** Silence or a lost link; last is null where no sample was ever seen. */
  record ContactLost(String why, SampleRef last, long silentMillis) implements Event {}

  record NameConflict(String holder, String refused) implements Event {}

  record ProfileProposed(RobotProfile profile, String hash) implements Event {}

  record ProfileAccepted(RobotProfile profile, String hash, String by) implements Event {}

  // Authority

  /**
   * An epoch is taken up for this holder; nothing may move under it before {@link LeaseGranted}.
   *
   * @param commandId not empty: the lease is for this one command
   * @param takenFrom not empty: a take from this holder
   */
  record LeaseOffered(
      long epoch,
      String holder,
      String part,
      long forMillis,
      String commandId,
      String takenFrom,
      String reason)
      implements Event {}

  /** The guard has acknowledged the grant. */
  record LeaseGranted(long epoch) implements Event {}

  /** The guard has acknowledged the grant of a take: the old holder's authority is over. */
  record LeaseTaken(long epoch, String from, String reason) implements Event {}

  /** The guard refused the grant, or did not answer. */
  record LeaseRefused(long epoch, String code, String why) implements Event {}

  record LeaseReleased(long epoch, String by, String why) implements Event {}

  record LeaseExpired(long epoch, String why) implements Event {}

  /** Somebody asks the holder of this part for it; nothing changes by it. */
  record LeaseWished(String by, String part, String reason) implements Event {}

  /** why: granted, withdrawn, refused or lapsed. */
  record LeaseWishEnded(String by, String part, String why) implements Event {}

  // Commands

  record CommandCreated(String id, String by, Goal goal, long expiresMillis) implements OfCommand {}

  /**
   * The twin permits it; durable before a byte leaves for the robot.
   *
   * @param startByMillis after the token
   * @param endByMillis after the token
   * @param sentGoal as it goes to the guard (a reach by inverse kinematics is a joint goal here)
   */
  record CommandAccepted(
      String id,
      long epoch,
      long sequenceInEpoch,
      TimeToken token,
      long startByMillis,
      long endByMillis,
      Goal sentGoal,
      Used used,
      String profileHash)
      implements OfCommand {}

  /** Turned down at {@code twin} or {@code guard}. */
  record CommandRefused(String id, String code, String why, String place, Used used)
      implements OfCommand {}

  record CommandSent(String id, long atNanos) implements OfCommand {}

  record CommandGuardAccepted(String id, long atNanos) implements OfCommand {}

  record CommandFirstMotion(String id, long atNanos, Used used) implements OfCommand {}

  record CommandDone(String id, long atNanos, Evidence evidence) implements OfCommand {}

  /** Not reached in time, or ended by the guard; evidence null where no sample speaks. */
  record CommandFailed(String id, String code, String why, Evidence evidence)
      implements OfCommand {}

  record CommandCancelled(String id, String by, String why) implements OfCommand {}

  /** Not started in time: nothing moved. */
  record CommandExpired(String id, String why) implements OfCommand {}

  record CommandSuperseded(String id, String byId) implements OfCommand {}

  /** Nobody can say whether it was carried out. */
  record CommandUnknown(String id, String why) implements OfCommand {}

  // Stop

  /** Journaled after it was sent to the guard. */
  record StopRequested(String requestId, String by, String why, long atNanos) implements Event {}

  /** The guard says so; seenIn is {@code reply}, {@code status} or {@code log}. */
  record StopLatched(String by, String why, String seenIn) implements Event {}

  /** The joints are still. */
  record StopInEffect(double afterMillis, Used used) implements Event {}

  record StopReleased(String by, String reason) implements Event {}

  record GuardLogged(GuardLogRecord record) implements Event {}

  record ForeignAuthority(String topic, String publisher, boolean refused) implements Event {}

  // What is believed about the body

  /** severity: info, warning or error. */
  record HazardRaised(String kind, String severity, String text) implements Event {}

  record HazardCleared(String kind, String text) implements Event {}

  record BodyChanged(String from, String to, Used used) implements Event {}

  record ClockStepped(String topic, String publisher, long stepNanos, long sequence)
      implements Event {}

  // The recorder's files; names are relative to the data directory

  record SegmentOpened(String file, long atNanos, String recorder) implements OfSegment {}

  /**
   * The file is closed for ever; sha256 is over the whole of it.
   *
   * @param firstNanos lowest log time in the file
   * @param lastNanos highest log time in the file
   */
  record SegmentSealed(
      String file,
      List<StreamCount> streams,
      long firstNanos,
      long lastNanos,
      ByteString sha256,
      long sizeBytes,
      long samples)
      implements OfSegment {
    public SegmentSealed {
      streams = List.copyOf(streams);
    }
  }

  /** Left open by a crash; cut to its last whole record and sealed. */
  record SegmentRecovered(SegmentSealed sealed, long tornBytes) implements OfSegment {
    @Override
    public String file() {
      return sealed.file();
    }
  }

  record SegmentLost(String file, String why) implements OfSegment {}

  /** A file that no event names. */
  record SegmentOrphaned(String file, ByteString sha256, long sizeBytes) implements OfSegment {}

  // People

  record OperatorAction(String by, String action, String text) implements Event {}
}
