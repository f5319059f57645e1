package tandem.twin.recorder;

import java.util.concurrent.CompletionStage;
import tandem.proto.event.Event;

/** Where the recorder tells of its files: the journal of the robot. Thread-safe; never blocks. */
@FunctionalInterface
public interface SegmentLog {
  /** Completes when the event is durable; after a failure it is offered again. */
  CompletionStage<?> journal(String robot, Event.OfSegment event);
}
