package tandem.twin.robot;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.PreRestart;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import akka.persistence.typed.PersistenceId;
import akka.persistence.typed.RecoveryCompleted;
import akka.persistence.typed.RecoveryFailed;
import akka.persistence.typed.SnapshotAdapter;
import akka.persistence.typed.javadsl.CommandHandler;
import akka.persistence.typed.javadsl.Effect;
import akka.persistence.typed.javadsl.EventHandler;
import akka.persistence.typed.javadsl.EventSourcedBehavior;
import akka.persistence.typed.javadsl.RetentionCriteria;
import akka.persistence.typed.javadsl.SignalHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import tandem.proto.body.Body;
import tandem.proto.body.Urdf;
import tandem.proto.codec.SealedEvent;
import tandem.proto.command.TwinCommand;
import tandem.proto.command.TwinReply;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.NodeAnswer;
import tandem.proto.v1.NodeQuestion;
import tandem.twin.journal.StoredSnapshot;
import tandem.twin.robot.Decision.Answer;
import tandem.twin.robot.Observation.GuardSeen;
import tandem.twin.robot.Observation.Moment;

/**
 * The actor around one robot's twin. It brings time, senses and the guard's words to {@link
 * TwinCore#decide}, writes the decided events, and only then does what follows from them; what only
 * reduces motion it does at once. All rules are in the core, all state is folded by {@link
 * TwinFold#evolve}.
 *
 * <p>Where the journal cannot be written nothing is decided that would need it: the asker is told,
 * stops go their own way ({@link StopLine}), and what the senses say is decided again later.
 */
public final class RobotTwin
    extends EventSourcedBehavior<RobotTwin.Message, SealedEvent, TwinState> {
  private static final Duration TICK = Duration.ofMillis(50);
  private static final Duration GUARD_ANSWER = Duration.ofSeconds(2);
  private static final int SNAPSHOT_EVERY = 500;
  private static final int SNAPSHOTS_KEPT = 3;

  /** What the actor receives. */
  public sealed interface Message {}

  /** A command whose sender waits for the answer. */
  public record Ask(TwinCommand command, ActorRef<Answered> replyTo) implements Message {}

  /** A command that nobody waits for. */
  public record Tell(TwinCommand command) implements Message {}

  /** The newest values; old ones are simply replaced. */
  public record Observe(Sensed sensed) implements Message {}

  /** What is decided now. */
  public record Look(ActorRef<Answered> replyTo) implements Message {}

  /** The command's state as soon as it is final, or when the time is over. */
  public record Await(String commandId, Duration atMost, ActorRef<Answered> replyTo)
      implements Message {}

  private record Tick() implements Message {}

  /** Ends the actor at once; its state is in the journal. */
  public record Goodbye() implements Message {}

  /** What travels between nodes; the others stay on the node on which the twin lives. */
  public sealed interface Travelling extends Message {}

  /** Starts the twin where it belongs. */
  public record Wake() implements Travelling {}

  /** A question of another node, answered by the node on which the twin lives. */
  public record Serve(NodeQuestion question, ActorRef<NodeAnswer> replyTo) implements Travelling {}

  /**
   * An answer with the picture at that moment.
   *
   * @param pulses of the leases in force, by epoch
   */
  public record Answered(
      TwinReply reply, TwinState state, GuardSeen guard, Map<Long, LeasePulse> pulses) {}

  /** What the node lends its twins. All of it is thread-safe and does not block. */
  public interface Surroundings {
    TwinRules rules();

    String site();

    GuardPorts guards();

    StopLine stops();

    TeleopLine teleop();

    /** Text of the newest robot_description; null where there is none. */
    String description(String robot);

    /** Newest values on this node, unthinned; {@link Sensed#NOTHING} where there are none. */
    Sensed sensed(String robot);

    /** Why the journal cannot be written; null while it can. */
    String journalFailure();

    /** The twin could not be rebuilt (null: it now is). */
    void recoveryFailure(String robot, String whyOrNull);

    /** The decided state has changed, or newer values were observed. */
    void changed(String robot);

    /** Never fails: what was refused is an answer. */
    CompletionStage<NodeAnswer> answer(NodeQuestion question);

    /** The twin's actor has ended here. */
    void ended(String robot);
  }

  private record Waiter(Answer until, long deadlineNanos, ActorRef<Answered> replyTo) {}

  private final ActorContext<Message> context;
  private final TimerScheduler<Message> timers;
  private final Surroundings node;
  private final TwinCore core;
  private final String robot;
  private final long term;
  private final List<Waiter> waiters = new ArrayList<>();
  private Tracking tracking = Tracking.START;
  private Sensed sensed = Sensed.NOTHING;
  private String describedBy;
  private Body body;
  private Waiter writing;
  private boolean awakened;
  private String grantRefusal;

  private RobotTwin(
      ActorContext<Message> context,
      TimerScheduler<Message> timers,
      Surroundings node,
      String robot,
      long term) {
    super(
        PersistenceId.ofUniqueId(TwinCore.persistenceId(robot, term)),
        SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(5), 0.1));
    this.context = context;
    this.timers = timers;
    this.node = node;
    this.core = new TwinCore(node.rules(), node.site());
    this.robot = robot;
    this.term = term;
  }

  /** The twin of one robot in one term. */
  public static Behavior<Message> create(Surroundings node, String robot, long term) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(timers -> new RobotTwin(context, timers, node, robot, term)));
  }

  @Override
  public TwinState emptyState() {
    return TwinState.empty(robot, term);
  }

  @Override
  public EventHandler<TwinState, SealedEvent> eventHandler() {
    return TwinFold::evolve;
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(SNAPSHOT_EVERY, SNAPSHOTS_KEPT);
  }

  @Override
  public SnapshotAdapter<TwinState> snapshotAdapter() {
    return new SnapshotAdapter<>() {
      @Override
      public Object toJournal(TwinState state) {
        return TwinImages.snapshot(state);
      }

      @Override
      public TwinState fromJournal(Object from) {
        return switch (from) {
          case StoredSnapshot stored -> TwinImages.restore(stored);
          case TwinState state -> state;
          default ->
              throw new IllegalArgumentException(
                  "snapshot of %s: expected StoredSnapshot, found %s"
                      .formatted(robot, from.getClass().getName()));
        };
      }
    };
  }

  @Override
  public SignalHandler<TwinState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(
            RecoveryCompleted.instance(),
            state -> {
              node.recoveryFailure(robot, null);
              startAnew();
            })
        .onSignal(
            RecoveryFailed.class,
            (state, failed) ->
                node.recoveryFailure(robot, String.valueOf(failed.getFailure().getMessage())))
        .onSignal(PreRestart.instance(), state -> abandonWriting())
        .onSignal(
            PostStop.instance(),
            state -> {
              abandonWriting();
              node.ended(robot);
            })
        .build();
  }

  /** First life, or another one after a failed write: nothing transient is carried over. */
  private void startAnew() {
    abandonWriting();
    node.teleop().forget(robot);
    tracking = Tracking.START;
    awakened = false;
    context.getSelf().tell(new Tell(new TwinCommand.Awake()));
    timers.startTimerWithFixedDelay("tick", new Tick(), TICK);
  }

  private void abandonWriting() {
    var waiting = new ArrayList<>(waiters);
    if (writing != null) waiting.add(writing);
    waiters.clear();
    writing = null;
    for (Waiter waiter : waiting) {
      waiter
          .replyTo()
          .tell(
              new Answered(
                  new TwinReply.Refused(
                      "tandem.journal.failed",
                      "twin %s: its journal write was not confirmed (%s); nothing was sent; the twin starts anew"
                          .formatted(robot, node.journalFailure())),
                  emptyState(),
                  node.guards().seen(robot),
                  Map.of()));
    }
  }

  @Override
  public CommandHandler<Message, SealedEvent, TwinState> commandHandler() {
    return this::handle;
  }

  private Effect<SealedEvent, TwinState> handle(TwinState state, Message message) {
    return switch (message) {
      case Ask(var command, var replyTo) -> run(state, command, replyTo);
      case Tell(TwinCommand.Awake command) -> awake(state);
      case Tell(TwinCommand.GrantAnswered command) -> {
        if (!command.accepted()) grantRefusal = command.why();
        yield run(state, command, null);
      }
      case Tell(TwinCommand.RevokeAnswered command) -> {
        if (!command.accepted()) grantRefusal = command.why();
        yield run(state, command, null);
      }
      case Tell(TwinCommand.ReleaseAnswered command) -> {
        if (!command.accepted()) {
          refuseWaiters(
              state,
              Answer.WhenReleased.class,
              new TwinReply.Refused(command.code(), "the stop stays latched: " + command.why()));
        }
        yield run(state, command, null);
      }
      case Tell(TwinCommand.RearmAnswered command) -> {
        if (!command.accepted()) {
          refuseWaiters(
              state,
              Answer.WhenRearmed.class,
              new TwinReply.Refused(command.code(), "motion stays refused: " + command.why()));
        }
        yield run(state, command, null);
      }
      case Tell(var command) -> run(state, command, null);
      case Observe(var newest) -> {
        sensed = newest;
        node.changed(robot);
        yield awakened ? run(state, new TwinCommand.Review(), null) : Effect().none();
      }
      case Look(var replyTo) -> {
        answer(replyTo, new TwinReply.Done(state.sequence()), state);
        yield Effect().none();
      }
      case Await(var id, var atMost, var replyTo) -> {
        await(state, id, atMost, replyTo);
        yield Effect().none();
      }
      case Tick tick -> {
        settle(state);
        if (!awakened) yield awake(state);
        yield state.isKnown() ? run(state, new TwinCommand.Review(), null) : Effect().none();
      }
      case Serve(var question, var replyTo) -> {
        node.answer(question).thenAccept(replyTo::tell);
        yield Effect().none();
      }
      case Wake wake -> Effect().none();
      case Goodbye bye -> Effect().stop();
    };
  }

  private Effect<SealedEvent, TwinState> awake(TwinState state) {
    if (awakened) return Effect().none();
    if (!state.isKnown()) {
      awakened = true;
      return Effect().none();
    }
    boolean open = !state.openCommands().isEmpty() || state.offered() != null;
    if (open && node.journalFailure() != null) return Effect().none(); // the next tick tries again
    awakened = true;
    return run(state, new TwinCommand.Awake(), null);
  }

  private Effect<SealedEvent, TwinState> run(
      TwinState state, TwinCommand command, ActorRef<Answered> replyTo) {
    Observation seen = observe();
    Decision decision = core.decide(state, tracking, seen, command);
    decision.atOnce().forEach(effect -> act(effect, state, List.of()));
    tracking = tracking.saying(decision.atOnce(), seen.now().nanos());
    if (decision.events().isEmpty()) {
      tracking = decision.tracking();
      decision.effects().forEach(effect -> act(effect, state, List.of()));
      answer(replyTo, decision.answer(), state);
      return Effect().none();
    }
    String failure = node.journalFailure();
    if (failure != null) {
      if (replyTo != null) {
        answer(
            replyTo,
            new TwinReply.Refused(
                "tandem.journal.unwritable",
                "twin %s: the journal cannot be written (%s); %s not journaled, %s"
                    .formatted(
                        robot,
                        failure,
                        decision.events().getLast().getClass().getSimpleName(),
                        decision.atOnce().isEmpty()
                            ? "nothing was sent"
                            : "the guard is told all the same")),
            state);
      }
      return Effect().none();
    }
    tracking = decision.tracking();
    List<SealedEvent> sealed = TwinCore.seal(state, decision.events(), seen.now().wallNanos());
    writing = replyTo == null ? null : new Waiter(decision.answer(), Long.MAX_VALUE, replyTo);
    return Effect()
        .persist(sealed)
        .thenRun(
            after -> {
              writing = null;
              node.teleop().sync(after);
              decision.effects().forEach(effect -> act(effect, after, sealed));
              answer(replyTo, decision.answer(), after);
              settle(after);
              node.changed(robot);
            });
  }

  private Observation observe() {
    String text = node.description(robot);
    if (text != null && !text.equals(describedBy)) {
      describedBy = text;
      try {
        body = Urdf.parse(text);
      } catch (IllegalArgumentException e) {
        body = null;
        context
            .getLog()
            .warn(
                "robot_description of {}: {}; reach is refused until another one comes",
                robot,
                e.getMessage());
      }
    }
    Sensed here = node.sensed(robot);
    Sensed newest = here.newestNanos() >= sensed.newestNanos() ? here : sensed;
    return new Observation(now(), newest, node.guards().seen(robot), body);
  }

  private static Moment now() {
    return new Moment(wallNanos(), System.nanoTime());
  }

  static long wallNanos() {
    var now = java.time.Instant.now();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }

  // Answers

  private void await(TwinState state, String id, Duration atMost, ActorRef<Answered> replyTo) {
    var command = state.command(id);
    if (command.isEmpty()) {
      answer(
          replyTo,
          new TwinReply.Refused(
              "tandem.command.unknown",
              "robot %s: no command %s among its newest".formatted(robot, id)),
          state);
    } else if (command.get().phase().isFinal() || atMost.isNegative() || atMost.isZero()) {
      answer(replyTo, new TwinReply.Done(state.sequence()), state);
    } else {
      waiters.add(
          new Waiter(new Answer.WhenEnded(id), System.nanoTime() + atMost.toNanos(), replyTo));
    }
  }

  private void answer(ActorRef<Answered> replyTo, Answer answer, TwinState state) {
    if (replyTo == null) return;
    if (answer instanceof Answer.Now(var reply)) {
      answer(
          replyTo,
          reply instanceof TwinReply.Done ? new TwinReply.Done(state.sequence()) : reply,
          state);
      return;
    }
    waiters.add(new Waiter(answer, System.nanoTime() + TimeUnit.SECONDS.toNanos(5), replyTo));
    settle(state);
  }

  private void answer(ActorRef<Answered> replyTo, TwinReply reply, TwinState state) {
    if (replyTo == null) return;
    GuardSeen guard = node.guards().seen(robot);
    replyTo.tell(new Answered(reply, state, guard, tracking.pulses()));
  }

  /** Answers those whose condition is met or whose time is over. */
  private void settle(TwinState state) {
    if (waiters.isEmpty()) return;
    long now = System.nanoTime();
    var met = waiters.stream().filter(w -> now >= w.deadlineNanos() || isMet(state, w.until()));
    for (Waiter waiter : met.toList()) {
      waiters.remove(waiter);
      answer(waiter.replyTo(), outcome(state, waiter.until()), state);
    }
  }

  private boolean isMet(TwinState state, Answer until) {
    return switch (until) {
      case Answer.Now now -> true;
      case Answer.WhenSent(var id) ->
          state.command(id).map(c -> c.phase().isSentOrFinal()).orElse(true);
      case Answer.WhenGranted(var epoch) ->
          state.offered() == null || state.offered().epoch() != epoch;
      case Answer.WhenReleased released -> !state.stop().latched();
      case Answer.WhenRearmed rearmed -> isArmed(state);
      case Answer.WhenEnded(var id) -> state.command(id).map(c -> c.phase().isFinal()).orElse(true);
    };
  }

  private boolean isArmed(TwinState state) {
    var lost = state.alarms().get(GuardRules.LOST_STATE);
    var status = node.guards().seen(robot).status();
    return (lost == null || !lost.isUp()) && status != null && status.getArmed();
  }

  private TwinReply outcome(TwinState state, Answer until) {
    if (until instanceof Answer.WhenGranted(var epoch) && state.leaseOf(epoch) == null) {
      return new TwinReply.Refused(
          "tandem.lease.refused",
          "robot %s: the guard did not grant epoch %d%s"
              .formatted(robot, epoch, grantRefusal == null ? "" : ": " + grantRefusal));
    }
    if (until instanceof Answer.WhenReleased && state.stop().latched()) {
      return new TwinReply.Refused(
          "tandem.stop.not-released",
          "robot %s: the guard did not confirm the release in time; the stop stays latched"
              .formatted(robot));
    }
    if (until instanceof Answer.WhenRearmed && !isArmed(state)) {
      return new TwinReply.Refused(
          "tandem.guard.unarmed",
          "robot %s: the guard did not confirm in time that it is re-armed; motion stays refused"
              .formatted(robot));
    }
    return new TwinReply.Done(state.sequence());
  }

  private void refuseWaiters(
      TwinState state, Class<? extends Answer> until, TwinReply.Refused refusal) {
    for (Waiter waiter : List.copyOf(waiters)) {
      if (!until.isInstance(waiter.until())) continue;
      waiters.remove(waiter);
      answer(waiter.replyTo(), refusal, state);
    }
  }

  // Effects

  private void act(tandem.twin.robot.Effect effect, TwinState state, List<SealedEvent> written) {
    switch (effect) {
      case tandem.twin.robot.Effect.Tell(var request) -> {
        if (node.guards().port(robot) != null) send(request);
      }
      case tandem.twin.robot.Effect.Stop(var id, var by, var why) ->
          node.stops().stop(robot, id, by, why);
      case tandem.twin.robot.Effect.Grant grant -> {
        grantRefusal = null;
        ask(grant, state, written);
      }
      case tandem.twin.robot.Effect.Revoke revoke -> {
        grantRefusal = null;
        ask(revoke, state, written);
      }
      case tandem.twin.robot.Effect.Release release -> {
        node.stops().forget(robot, release.requestId());
        ask(release, state, written);
      }
      case tandem.twin.robot.Effect.End end -> {
        if (node.guards().port(robot) != null) ask(end, state, written);
      }
      case tandem.twin.robot.Effect.Motion motion -> ask(motion, state, written);
      case tandem.twin.robot.Effect.Rearm rearm -> ask(rearm, state, written);
    }
  }

  /** Sends it; what the guard says, or that it says nothing, comes back as a command. */
  private void ask(tandem.twin.robot.Effect effect, TwinState state, List<SealedEvent> written) {
    GuardRequest request = GuardRequests.of(effect, state, written);
    long sentNanos = wallNanos();
    long sentAt = System.nanoTime();
    context.pipeToSelf(
        send(request),
        (reply, failure) ->
            new Tell(
                GuardRequests.answered(
                    effect,
                    new GuardRequests.Answer(
                        failure == null ? reply : null,
                        failure == null ? "" : reason(failure),
                        sentNanos,
                        sentNanos + (System.nanoTime() - sentAt)))));
  }

  private CompletionStage<GuardReply> send(GuardRequest request) {
    GuardPort port = node.guards().port(robot);
    if (port == null) {
      return java.util.concurrent.CompletableFuture.failedStage(
          new IllegalStateException("no gateway has a way to the guard of " + robot));
    }
    return port.request(request)
        .toCompletableFuture()
        .copy()
        .orTimeout(GUARD_ANSWER.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static String reason(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return cause instanceof java.util.concurrent.TimeoutException
        ? "the guard did not answer within " + GUARD_ANSWER.toMillis() + " ms"
        : String.valueOf(cause.getMessage());
  }
}
