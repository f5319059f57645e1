package tandem.twin.robot;

import java.util.concurrent.CompletionStage;
import tandem.proto.event.Event;

/**
 * What the runtime's own parts (streams, recorder) tell a robot's twin. Thread-safe; never blocks.
 */
public interface TwinInlet {
  /** The newest values: conflated, some 50 times a second, at once on a threshold. */
  void observe(String robot, Sensed sensed);

  /**
   * A fact for the journal: segments, clock steps. Completes with its sequence once it is durable;
   * fails with {@link tandem.twin.Refused} where it was not written.
   */
  CompletionStage<Long> journal(String robot, Event event);
}
