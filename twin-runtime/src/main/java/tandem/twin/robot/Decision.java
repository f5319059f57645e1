package tandem.twin.robot;

import java.util.List;
import tandem.proto.command.TwinReply;
import tandem.proto.event.Event;

/**
 * What follows from a command.
 *
 * @param atOnce done before anything is written: these only reduce motion
 * @param events written together or not at all
 * @param effects done once the events are durable
 * @param answer for whoever asked
 * @param tracking the twin's memory from here on
 */
record Decision(
    List<Effect> atOnce,
    List<Event> events,
    List<Effect> effects,
    Answer answer,
    Tracking tracking) {

  /** When and what to answer. */
  sealed interface Answer {
    /** As soon as the events are durable; {@code Done} is filled in with the sequence. */
    record Now(TwinReply reply) implements Answer {}

    /** Once the command is sent or in a final state. */
    record WhenSent(String commandId) implements Answer {}

    /** Once the guard has answered the grant of this epoch. */
    record WhenGranted(long epoch) implements Answer {}

    /** Once the command is in a final state. */
    record WhenEnded(String commandId) implements Answer {}

    /** Once the guard has answered the release of the stop. */
    record WhenReleased() implements Answer {}

    /** Once the guard has answered the re-arming. */
    record WhenRearmed() implements Answer {}
  }
}
