package tandem.twin.robot;

import tandem.proto.command.TwinCommand;
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

  /** Persistence id of a term of this robot. */
  static String persistenceId(String robot, long term) {
    return new TwinId(robot, term).toString();
  }
}
