package tandem.twin.stream;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import tandem.twin.SampleReader.Reading;
import tandem.twin.robot.Sensed;

/**
 * What a robot's newest good samples say about its body: a pure fold over samples, live and from
 * segments alike (invariant I6). Immutable; knows no clock.
 *
 * <p>Where several topics say the same kind of thing, the one with the shortest name counts, then
 * the first in the alphabet. A sample with NaN or infinite numbers is a fault and changes no value.
 *
 * @param joints null until seen, as the other three
 * @param faults sorted by kind and topic; ended ones stay until they come again
 */
public record SensedState(
    Sensed.Joints joints,
    Sensed.Attitude attitude,
    Sensed.BasePose base,
    Described description,
    List<StreamFault> faults) {
  /** Nothing seen yet. */
  public static final SensedState UNSEEN = new SensedState(null, null, null, null, List.of());

  private static final int MAX_FAULTS = 64;

  /** The newest robot_description. */
  public record Described(Sensed.Origin origin, String urdf) {}

  /** Where a sample's values come from. */
  public static Sensed.Origin origin(String topic, RawSample sample) {
    boolean stamped = sample.sourceNanos() >= 0;
    return new Sensed.Origin(
        topic,
        sample.publisher(),
        sample.sequence(),
        stamped ? sample.sourceNanos() : sample.receivedWallNanos(),
        Inlet.stampBy(sample),
        sample.receivedNanos(),
        sample.receivedWallNanos());
  }

  /** This state as the twin sees it. */
  public Sensed sensed(long newestNanos) {
    return new Sensed(joints, attitude, base, newestNanos);
  }

  /** This state after one more sample. */
  public SensedState after(Reading reading, Sensed.Origin origin) {
    return switch (reading) {
      case Reading.Joints value -> afterJoints(value, origin);
      case Reading.Attitude value -> afterAttitude(value, origin);
      case Reading.BasePose value -> afterPose(value, origin);
      case Reading.Description value ->
          description != null && outranks(description.origin, origin)
              ? this
              : new SensedState(
                  joints, attitude, base, new Described(origin, value.urdf()), ended(origin));
    };
  }

  /** The values of both, each kind from the topic that counts; without faults. */
  public SensedState merge(SensedState other) {
    boolean joint =
        joints != null
            && (other.joints == null || outranks(joints.origin(), other.joints.origin()));
    boolean tilt =
        attitude != null
            && (other.attitude == null || outranks(attitude.origin(), other.attitude.origin()));
    boolean pose =
        base != null && (other.base == null || outranks(base.origin(), other.base.origin()));
    boolean text =
        description != null
            && (other.description == null
                || outranks(description.origin, other.description.origin));
    return new SensedState(
        joint ? joints : other.joints,
        tilt ? attitude : other.attitude,
        pose ? base : other.base,
        text ? description : other.description,
        List.of());
  }

  private SensedState afterJoints(Reading.Joints value, Sensed.Origin origin) {
    if (joints != null && outranks(joints.origin(), origin)) {
      return this;
    }
    var bad = badJoint(value);
    if (bad.isPresent()) {
      return bad(origin, bad.get());
    }
    var state = this;
    if (joints != null
        && joints.origin().topic().equals(origin.topic())
        && !joints.names().equals(value.names())) {
      state = namesChanged(origin, joints.names(), value.names());
    }
    return new SensedState(
        new Sensed.Joints(
            origin,
            value.names(),
            value.positionsRad(),
            value.velocitiesRadPerSec(),
            value.effortsNm()),
        attitude,
        base,
        description,
        state.ended(origin));
  }

  private SensedState afterAttitude(Reading.Attitude value, Sensed.Origin origin) {
    if (attitude != null && outranks(attitude.origin(), origin)) {
      return this;
    }
    var bad =
        firstBad("orientation", value.qx(), value.qy(), value.qz(), value.qw())
            .or(() -> firstBad("angular_velocity", value.angularVelocity()))
            .or(() -> firstBad("linear_acceleration", value.linearAcceleration()));
    if (bad.isPresent()) {
      return bad(origin, bad.get());
    }
    return new SensedState(
        joints,
        new Sensed.Attitude(
            origin,
            value.qx(),
            value.qy(),
            value.qz(),
            value.qw(),
            value.angularVelocity(),
            value.linearAcceleration()),
        base,
        description,
        ended(origin));
  }

  private SensedState afterPose(Reading.BasePose value, Sensed.Origin origin) {
    if (base != null && outranks(base.origin(), origin)) {
      return this;
    }
    var bad =
        firstBad("pose.position", value.x(), value.y(), value.z())
            .or(() -> firstBad("pose.orientation", value.qx(), value.qy(), value.qz(), value.qw()))
            .or(() -> firstBad("twist.linear", value.linearVelocity()))
            .or(() -> firstBad("twist.angular", value.angularVelocity()));
    if (bad.isPresent()) {
      return bad(origin, bad.get());
    }
    return new SensedState(
        joints,
        attitude,
        new Sensed.BasePose(
            origin,
            value.x(),
            value.y(),
            value.z(),
            value.qx(),
            value.qy(),
            value.qz(),
            value.qw(),
            value.linearVelocity(),
            value.angularVelocity()),
        description,
        ended(origin));
  }

  /** This state after a sample that could not be decoded. */
  public SensedState undecodable(Sensed.Origin origin, String why) {
    return lasting(StreamFault.UNDECODABLE, origin, why);
  }

  /** This state after the decoder itself failed. */
  public SensedState decoderFailed(Sensed.Origin origin, String why) {
    return lasting(StreamFault.DECODER_FAILED, origin, why);
  }

  private static boolean outranks(Sensed.Origin mine, Sensed.Origin other) {
    int byLength = Integer.compare(mine.topic().length(), other.topic().length());
    return byLength != 0 ? byLength < 0 : mine.topic().compareTo(other.topic()) < 0;
  }

  private Optional<String> badJoint(Reading.Joints value) {
    boolean knownNames = joints != null && joints.names().equals(value.names());
    if (!knownNames && new HashSet<>(value.names()).size() != value.names().size()) {
      return Optional.of("name: a joint is listed twice in " + value.names());
    }
    return badJoint("position", value.positionsRad(), value.names())
        .or(() -> badJoint("velocity", value.velocitiesRadPerSec(), value.names()))
        .or(() -> badJoint("effort", value.effortsNm(), value.names()));
  }

  private static Optional<String> badJoint(String field, double[] values, List<String> names) {
    if (values.length != 0 && values.length != names.size()) {
      return Optional.of(
          "%s: expected %d values or none, found %d".formatted(field, names.size(), values.length));
    }
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        return Optional.of(
            "%s of joint %s: expected a finite number, found %s"
                .formatted(field, names.get(i), values[i]));
      }
    }
    return Optional.empty();
  }

  private static Optional<String> firstBad(String field, double... values) {
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        return Optional.of(
            "%s[%d]: expected a finite number, found %s".formatted(field, i, values[i]));
      }
    }
    return Optional.empty();
  }

  private SensedState bad(Sensed.Origin origin, String what) {
    String text =
        "%s #%d %s; recorded, the values before it are kept"
            .formatted(origin.topic(), origin.sequence(), what);
    return lasting(StreamFault.BAD_VALUES, origin, text);
  }

  private SensedState namesChanged(Sensed.Origin origin, List<String> before, List<String> now) {
    var added = new ArrayList<>(now);
    added.removeAll(before);
    var removed = new ArrayList<>(before);
    removed.removeAll(now);
    String what =
        added.isEmpty() && removed.isEmpty()
            ? "the order of the joints changed"
            : "joints added " + added + ", removed " + removed;
    String text =
        "%s #%d name: %s; the stream goes on with the new names"
            .formatted(origin.topic(), origin.sequence(), what);
    long at = origin.receivedWallNanos();
    return put(StreamFault.JOINT_NAMES_CHANGED, origin.topic(), text, at, at);
  }

  private List<StreamFault> ended(Sensed.Origin origin) {
    boolean any = false;
    for (var fault : faults) {
      any |= fault.lasts() && fault.topic().equals(origin.topic());
    }
    if (!any) {
      return faults;
    }
    return faults.stream()
        .map(
            fault ->
                fault.lasts() && fault.topic().equals(origin.topic())
                    ? fault.until(origin.receivedWallNanos())
                    : fault)
        .toList();
  }

  private SensedState lasting(String kind, Sensed.Origin origin, String text) {
    long since = origin.receivedWallNanos();
    for (var fault : faults) {
      if (fault.lasts() && fault.kind().equals(kind) && fault.topic().equals(origin.topic())) {
        since = fault.sinceWallNanos();
      }
    }
    return put(kind, origin.topic(), text, since, -1);
  }

  private SensedState put(
      String kind, String topic, String text, long sinceWallNanos, long untilWallNanos) {
    SortedMap<String, StreamFault> sorted = new TreeMap<>();
    for (var fault : faults) {
      sorted.put(fault.kind() + " " + fault.topic(), fault);
    }
    String key = kind + " " + topic;
    var before = sorted.get(key);
    if (before == null && sorted.size() >= MAX_FAULTS) {
      return this;
    }
    long count = before == null ? 1 : before.count() + 1;
    sorted.put(key, new StreamFault(kind, topic, text, sinceWallNanos, untilWallNanos, count));
    return new SensedState(joints, attitude, base, description, List.copyOf(sorted.values()));
  }
}
