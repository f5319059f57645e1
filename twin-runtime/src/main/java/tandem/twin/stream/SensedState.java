package tandem.twin.stream;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import tandem.twin.SampleReader.Reading;

/**
 * What a robot's newest good samples say about its body: a pure fold over samples, live and from
 * segments alike (invariant I6). Immutable; knows no clock.
 *
 * <p>Where several topics say the same kind of thing, the one with the shortest name counts, then
 * the first in the alphabet. A sample with NaN or infinite numbers is a fault and changes no value.
 *
 * @param faults sorted by kind and topic; ended ones stay until they come again
 */
public record SensedState(
    String robot,
    Optional<Sensed<Reading.Joints>> joints,
    Optional<Sensed<Reading.Attitude>> attitude,
    Optional<Sensed<Reading.BasePose>> pose,
    Optional<Sensed<Reading.Description>> description,
    List<StreamFault> faults) {
  private static final int MAX_FAULTS = 64;

  /** A value with the sample it comes from. */
  public record Sensed<T extends Reading>(T value, Origin origin) {}

  /** Nothing seen yet. */
  public static SensedState unseen(String robot) {
    return new SensedState(
        robot, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), List.of());
  }

  /** This state after one more sample. */
  public SensedState after(Reading reading, Origin origin) {
    return switch (reading) {
      case Reading.Joints value -> {
        if (outranked(joints, origin)) {
          yield this;
        }
        var bad = badJoint(value);
        if (bad != null) {
          yield bad(origin, bad);
        }
        var state = good(origin);
        if (joints.isPresent() && joints.get().origin().topic().equals(origin.topic())) {
          var before = joints.get().value().names();
          if (!before.equals(value.names())) {
            state = state.namesChanged(origin, before, value.names());
          }
        }
        yield new SensedState(
            robot,
            Optional.of(new Sensed<>(value, origin)),
            attitude,
            pose,
            description,
            state.faults);
      }
      case Reading.Attitude value -> {
        if (outranked(attitude, origin)) {
          yield this;
        }
        var bad =
            firstBad(
                "orientation",
                new double[] {value.qx(), value.qy(), value.qz(), value.qw()},
                "angular_velocity",
                value.angularVelocity(),
                "linear_acceleration",
                value.linearAcceleration());
        yield bad != null
            ? bad(origin, bad)
            : new SensedState(
                robot,
                joints,
                Optional.of(new Sensed<>(value, origin)),
                pose,
                description,
                good(origin).faults);
      }
      case Reading.BasePose value -> {
        if (outranked(pose, origin)) {
          yield this;
        }
        var bad =
            firstBad(
                "pose.position",
                new double[] {value.x(), value.y(), value.z()},
                "pose.orientation",
                new double[] {value.qx(), value.qy(), value.qz(), value.qw()},
                "twist.linear",
                value.linearVelocity(),
                "twist.angular",
                value.angularVelocity());
        yield bad != null
            ? bad(origin, bad)
            : new SensedState(
                robot,
                joints,
                attitude,
                Optional.of(new Sensed<>(value, origin)),
                description,
                good(origin).faults);
      }
      case Reading.Description value ->
          outranked(description, origin)
              ? this
              : new SensedState(
                  robot,
                  joints,
                  attitude,
                  pose,
                  Optional.of(new Sensed<>(value, origin)),
                  good(origin).faults);
    };
  }

  /** This state after a sample that could not be decoded. */
  public SensedState undecodable(Origin origin, String why) {
    return lasting(StreamFault.UNDECODABLE, "error", origin, why);
  }

  /** This state after the decoder itself failed. */
  public SensedState decoderFailed(Origin origin, String why) {
    return lasting(StreamFault.DECODER_FAILED, "error", origin, why);
  }

  /** This state after the sender's clock was seen to step. */
  public SensedState clockStepped(String topic, long stepNanos, long wallNanos) {
    String text =
        "%s: sender's clock was set %s by %.3f s; ages go on by the gateway's clock"
            .formatted(topic, stepNanos > 0 ? "forward" : "back", Math.abs(stepNanos) / 1e9);
    return instant(StreamFault.CLOCK_STEPPED, "warning", topic, text, wallNanos);
  }

  private static <T extends Reading> boolean outranked(Optional<Sensed<T>> present, Origin origin) {
    if (present.isEmpty()) {
      return false;
    }
    String mine = present.get().origin().topic();
    String other = origin.topic();
    return mine.length() != other.length()
        ? mine.length() < other.length()
        : mine.compareTo(other) < 0;
  }

  private static String badJoint(Reading.Joints joints) {
    if (new HashSet<>(joints.names()).size() != joints.names().size()) {
      return "name: a joint is listed twice in " + joints.names();
    }
    var bad = badJoint("position", joints.positionsRad(), joints.names());
    bad = bad != null ? bad : badJoint("velocity", joints.velocitiesRadPerSec(), joints.names());
    return bad != null ? bad : badJoint("effort", joints.effortsNm(), joints.names());
  }

  private static String badJoint(String field, double[] values, List<String> names) {
    if (values.length != 0 && values.length != names.size()) {
      return field + ": expected " + names.size() + " values or none, found " + values.length;
    }
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        return field
            + " of joint "
            + names.get(i)
            + ": expected a finite number, found "
            + values[i];
      }
    }
    return null;
  }

  private static String firstBad(Object... fieldsAndValues) {
    for (int field = 0; field < fieldsAndValues.length; field += 2) {
      double[] values = (double[]) fieldsAndValues[field + 1];
      for (int i = 0; i < values.length; i++) {
        if (!Double.isFinite(values[i])) {
          return fieldsAndValues[field]
              + "["
              + i
              + "]: expected a finite number, found "
              + values[i];
        }
      }
    }
    return null;
  }

  private SensedState bad(Origin origin, String what) {
    String text =
        "%s #%d %s; recorded, the values before it are kept"
            .formatted(origin.topic(), origin.sequence(), what);
    return lasting(StreamFault.BAD_VALUES, "error", origin, text);
  }

  private SensedState namesChanged(Origin origin, List<String> before, List<String> now) {
    var added = new ArrayList<>(now);
    added.removeAll(before);
    var removed = new ArrayList<>(before);
    removed.removeAll(now);
    String text =
        "%s #%d name: %s; the stream goes on with the new names"
            .formatted(
                origin.topic(),
                origin.sequence(),
                added.isEmpty() && removed.isEmpty()
                    ? "the order of the joints changed"
                    : "joints added " + added + ", removed " + removed);
    return instant(
        StreamFault.JOINT_NAMES_CHANGED, "error", origin.topic(), text, origin.receivedWallNanos());
  }

  private SensedState good(Origin origin) {
    boolean any = false;
    for (var fault : faults) {
      any |= fault.lasts() && fault.topic().equals(origin.topic());
    }
    if (!any) {
      return this;
    }
    var sorted = sorted();
    sorted.replaceAll(
        (key, fault) ->
            fault.lasts() && fault.topic().equals(origin.topic())
                ? new StreamFault(
                    fault.kind(),
                    fault.severity(),
                    fault.topic(),
                    fault.text(),
                    fault.sinceWallNanos(),
                    origin.receivedWallNanos(),
                    fault.count())
                : fault);
    return with(sorted);
  }

  private SensedState lasting(String kind, String severity, Origin origin, String text) {
    var sorted = sorted();
    var before = sorted.get(kind + " " + origin.topic());
    long since =
        before != null && before.lasts() ? before.sinceWallNanos() : origin.receivedWallNanos();
    long count = before == null ? 1 : before.count() + 1;
    put(sorted, new StreamFault(kind, severity, origin.topic(), text, since, -1, count));
    return with(sorted);
  }

  private SensedState instant(
      String kind, String severity, String topic, String text, long wallNanos) {
    var sorted = sorted();
    var before = sorted.get(kind + " " + topic);
    long count = before == null ? 1 : before.count() + 1;
    put(sorted, new StreamFault(kind, severity, topic, text, wallNanos, wallNanos, count));
    return with(sorted);
  }

  private SortedMap<String, StreamFault> sorted() {
    var sorted = new TreeMap<String, StreamFault>();
    for (var fault : faults) {
      sorted.put(fault.kind() + " " + fault.topic(), fault);
    }
    return sorted;
  }

  private static void put(SortedMap<String, StreamFault> sorted, StreamFault fault) {
    String key = fault.kind() + " " + fault.topic();
    if (sorted.size() < MAX_FAULTS || sorted.containsKey(key)) {
      sorted.put(key, fault);
    }
  }

  private SensedState with(SortedMap<String, StreamFault> sorted) {
    return new SensedState(
        robot, joints, attitude, pose, description, List.copyOf(sorted.values()));
  }
}
