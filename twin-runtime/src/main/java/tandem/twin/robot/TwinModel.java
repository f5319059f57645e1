package tandem.twin.robot;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tandem.proto.codec.SealedEvent;
import tandem.proto.command.TwinCommand;
import tandem.proto.command.TwinReply;
import tandem.proto.v1.Authority;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.TimeToken;

/**
 * One incarnation of a twin without its actor: the same decisions, fold and requests, its journal,
 * its clocks and its way to the guard lent by the caller. What is decided comes in two steps, since
 * a write can fail and a node can die between them:
 *
 * <pre>
 *   take(command) -> Turn(atOnce, events)   atOnce is sent now, whatever becomes of the events
 *   written(turn) -> effects                once the events are durable; never called where they are not
 * </pre>
 *
 * Where a write fails, a new incarnation is {@link #rebuilt} from what is durable, as the actor is.
 * For the seeded schedules; no Akka, no clock, no I/O. Not thread-safe.
 */
public final class TwinModel {
  private final TwinCore core;
  private TwinState state;
  private Tracking tracking = Tracking.START;

  private TwinModel(TwinRules rules, String site, String robot, long term) {
    core = new TwinCore(rules, site);
    state = TwinState.empty(robot, term);
  }

  /**
   * What was decided.
   *
   * @param refusal where the asker was refused at once; empty where not
   */
  public record Turn(
      List<Ask> atOnce, List<SealedEvent> events, Optional<TwinReply.Refused> refusal, Rest rest) {}

  /** What follows once the events are durable; nobody else's business. */
  public static final class Rest {
    private final Decision decision;

    private Rest(Decision decision) {
      this.decision = decision;
    }
  }

  /** A request for the guard. */
  public record Ask(GuardRequest request, Pending pending) {
    /**
     * What the twin is told about its end.
     *
     * @param reply null where none came in time
     * @param sentNanos ns since 1970, as {@code answeredNanos}
     */
    public Optional<TwinCommand> answered(
        GuardReply reply, String failure, long sentNanos, long answeredNanos) {
      return Optional.ofNullable(
          GuardRequests.answered(
              pending.effect, new GuardRequests.Answer(reply, failure, sentNanos, answeredNanos)));
    }
  }

  /** Which effect waits for an answer; nobody else's business. */
  public static final class Pending {
    private final Effect effect;

    private Pending(Effect effect) {
      this.effect = effect;
    }
  }

  /** From what is durable, oldest first; empty for a term that has not begun. */
  public static TwinModel rebuilt(
      TwinRules rules, String site, String robot, long term, List<SealedEvent> journal) {
    var twin = new TwinModel(rules, site, robot, term);
    for (SealedEvent event : journal) twin.state = TwinFold.evolve(twin.state, event);
    return twin;
  }

  public TwinState state() {
    return state;
  }

  /** Something that ended here was not answered by the guard: it is said again. */
  public boolean isUnanswered() {
    return !tracking.unanswered().isEmpty();
  }

  public Turn take(TwinCommand command, Observation seen) {
    Decision decision = core.decide(state, tracking, seen, command);
    tracking = tracking.saying(decision.atOnce(), seen.now().nanos());
    return new Turn(
        asks(decision.atOnce(), List.of()),
        TwinCore.seal(state, decision.events(), seen.now().wallNanos()),
        decision.answer() instanceof Decision.Answer.Now(TwinReply.Refused refused)
            ? Optional.of(refused)
            : Optional.empty(),
        new Rest(decision));
  }

  /** The newest turn's events are durable: gives what is to be sent now, in order. */
  public List<Ask> written(Turn turn) {
    tracking = turn.rest().decision.tracking();
    for (SealedEvent event : turn.events()) state = TwinFold.evolve(state, event);
    return asks(turn.rest().decision.effects(), turn.events());
  }

  private List<Ask> asks(List<Effect> effects, List<SealedEvent> written) {
    if (effects.isEmpty()) return List.of();
    var asks = new ArrayList<Ask>(effects.size());
    for (Effect effect : effects) {
      asks.add(new Ask(GuardRequests.of(effect, state, written), new Pending(effect)));
    }
    return asks;
  }

  /**
   * A setpoint as {@link TeleopLine} passes it on, at full speed; empty where no such stream is
   * open here.
   *
   * @param newest token of the guard's newest word here
   */
  public Optional<GuardRequest> setpoint(String commandId, TeleopSetpoint from, TimeToken newest) {
    return state
        .command(commandId)
        .filter(TeleopLine::isOpen)
        .map(
            command ->
                GuardRequest.newBuilder()
                    .setRobot(state.robot())
                    .setSetpoint(
                        TeleopLine.setpoint(
                            commandId,
                            Authority.newBuilder()
                                .setTerm(state.term())
                                .setEpoch(command.epoch())
                                .build(),
                            from,
                            newest,
                            1))
                    .build());
  }
}
