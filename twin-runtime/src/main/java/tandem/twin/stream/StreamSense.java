package tandem.twin.stream;

import java.util.Optional;
import java.util.function.LongSupplier;
import tandem.twin.SampleReader;

/**
 * The decoder of one stream: takes what waits in the inlet, gives readings to the robot's senses.
 * Thread-safe: the stream's actor looks at each tick, a question looks at once.
 *
 * <p>A malformed payload is set aside with its error and is a fault; the next sample is tried. A
 * decoder that itself fails (any other exception) is a failure of this stream's actor. Either way
 * the sample is out of the queue, so it cannot come back. After {@value #MAX_FAILURES} failures of
 * the decoder in a row it rests for a second: bytes are recorded and counted meanwhile.
 */
final class StreamSense {
  static final int MAX_FAILURES = 3;
  private static final long REST_NANOS = 1_000_000_000L;

  /** The decoder failed on a sample that is now set aside. */
  static final class DecoderFailed extends RuntimeException {
    DecoderFailed(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private final Inlet inlet;
  private final RobotSenses robot;
  private final SampleReader reader;
  private final LongSupplier nanos;
  private long clockStepsTold;
  private int failuresInARow;
  private long restUntilNanos;
  private boolean resting;

  StreamSense(Inlet inlet, RobotSenses robot, SampleReader reader, LongSupplier nanos) {
    this.inlet = inlet;
    this.robot = robot;
    this.reader = reader;
    this.nanos = nanos;
  }

  Inlet inlet() {
    return inlet;
  }

  /** Whether there is anything to look at. */
  boolean hasNews() {
    return inlet.hasUnread();
  }

  /** As {@link #look}, for those who are not the stream's actor: a failure is only noted. */
  void tryLook() {
    try {
      look();
    } catch (DecoderFailed failed) {
      inlet.failed(failed.getMessage());
    }
  }

  /**
   * Decodes what waits.
   *
   * @throws DecoderFailed the decoder has a fault; what waits behind that sample is still there
   */
  synchronized void look() {
    if (resting) {
      if (nanos.getAsLong() - restUntilNanos < 0) {
        return;
      }
      resting = false;
      failuresInARow = 0;
    }
    for (int i = 0; i < Inlet.MAX_UNREAD; i++) {
      var sample = inlet.nextUnread();
      if (sample == null) {
        return;
      }
      if (!decode(sample)) {
        return;
      }
    }
  }

  private boolean decode(RawSample sample) {
    var declaration = inlet.declaration();
    String topic = declaration.topic();
    var origin = SensedState.origin(topic, sample);
    try {
      var reading =
          reader.read(topic, declaration.type(), declaration.schemaText(), sample.payload());
      failuresInARow = 0;
      if (reading.isEmpty()) {
        inlet.opaque();
        return false;
      }
      robot.change(state -> state.after(reading.get(), origin));
      return true;
    } catch (IllegalArgumentException malformed) {
      failuresInARow = 0;
      String why =
          "%s #%d from %s: %s; recorded as received, not decoded"
              .formatted(topic, sample.sequence(), sample.publisher(), malformed.getMessage());
      inlet.poison(sample, why);
      robot.change(state -> state.undecodable(origin, why));
      return true;
    } catch (RuntimeException | StackOverflowError failure) {
      failuresInARow++;
      if (failuresInARow >= MAX_FAILURES) {
        resting = true;
        restUntilNanos = nanos.getAsLong() + REST_NANOS;
      }
      String why =
          "%s #%d from %s: decoder failed (%s); recorded as received, not decoded"
              .formatted(topic, sample.sequence(), sample.publisher(), failure);
      inlet.poison(sample, why);
      robot.change(state -> state.decoderFailed(origin, why));
      throw new DecoderFailed(why, failure);
    }
  }

  /** A step of the sender's clock; nanos positive where it was set forward. */
  record Step(String topic, String publisher, long stepNanos, long sequence) {}

  /** The newest clock step of this stream, once. */
  synchronized Optional<Step> untoldClockStep() {
    var steps = inlet.clockSteps();
    if (steps.count() == clockStepsTold) {
      return Optional.empty();
    }
    clockStepsTold = steps.count();
    return Optional.of(
        new Step(
            inlet.declaration().topic(), steps.publisher(), steps.stepNanos(), steps.sequence()));
  }
}
