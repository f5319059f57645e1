package tandem.twin.robot;

import java.util.ArrayList;
import java.util.List;
import tandem.proto.codec.SealedEvent;
import tandem.proto.command.TwinCommand;
import tandem.proto.event.Event;
import tandem.twin.journal.TwinId;

/**
 * What a twin decides: {@code decide(state, observation, command) -> events, effects, answer}.
 * Pure: no clock, no I/O, no Akka; two calls with equal arguments give equal decisions. The rules
 * stand by subject in the classes that {@link Deciding} names.
 */
final class TwinCore {
  private final TwinRules rules;
  private final String site;

  TwinCore(TwinRules rules, String site) {
    this.rules = rules;
    this.site = site;
  }

  Decision decide(TwinState state, Tracking tracking, Observation seen, TwinCommand command) {
    return new Deciding(rules, site, state, tracking, seen).decide(command);
  }

  /** The events in their envelopes, as the next links of this state's chain. */
  static List<SealedEvent> seal(TwinState state, List<Event> events, long wallNanos) {
    var sealed = new ArrayList<SealedEvent>(events.size());
    long sequence = state.sequence();
    long hybrid = state.hybridNanos();
    var previous = state.headHash();
    for (Event event : events) {
      hybrid = Math.max(hybrid + 1, wallNanos);
      var next = SealedEvent.seal(state.robot(), state.term(), ++sequence, hybrid, previous, event);
      previous = next.hash();
      sealed.add(next);
    }
    return sealed;
  }

  /** Persistence id of a term of this robot. */
  static String persistenceId(String robot, long term) {
    return new TwinId(robot, term).toString();
  }
}
