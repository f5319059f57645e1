package tandem.twin;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.proto.v1.AlarmView;
import tandem.proto.v1.AwaitQuestion;
import tandem.proto.v1.CancelQuestion;
import tandem.proto.v1.CommandRequest;
import tandem.proto.v1.CommandView;
import tandem.proto.v1.LeaseRequest;
import tandem.proto.v1.LeaseView;
import tandem.proto.v1.NodeAnswer;
import tandem.proto.v1.NodeQuestion;
import tandem.proto.v1.RearmQuestion;
import tandem.proto.v1.RobotProfile;
import tandem.proto.v1.SetpointQuestion;
import tandem.proto.v1.SimulatorView;
import tandem.proto.v1.StopRequest;
import tandem.proto.v1.StopView;
import tandem.proto.v1.StreamView;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.TeleopState;
import tandem.proto.v1.TwinView;
import tandem.twin.journal.JournalDatabase;

/**
 * {@link Twins} of a site of several nodes: a question about a twin that lives here is answered
 * here, any other by the node on which it lives. A question that finds its twin on the move is
 * asked once more.
 */
final class SiteTwins implements Twins {
  private static final Logger LOG = LoggerFactory.getLogger(SiteTwins.class);
  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final long FAR_WATCH_MILLIS = 50;
  private static final long LEARNS_NANOS = 1_000_000_000;

  private final NodeTwins node;
  private final TwinRegion region;
  private final Homes homes;
  private final KnownTwins known;
  private final JournalDatabase journal;
  private final Executor blocking;
  private final AtomicLong learnedNanos = new AtomicLong(System.nanoTime() - LEARNS_NANOS);
  private final Set<FarWatch> far = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          task -> Thread.ofPlatform().daemon().name("tandem-site-watches").unstarted(task));

  /**
   * @param blocking where the journal is asked
   */
  SiteTwins(
      NodeTwins node,
      TwinRegion region,
      Homes homes,
      KnownTwins known,
      JournalDatabase journal,
      Executor blocking) {
    this.node = node;
    this.region = region;
    this.homes = homes;
    this.known = known;
    this.journal = journal;
    this.blocking = blocking;
  }

  void close() {
    clock.shutdownNow();
    far.clear();
  }

  // Here or there

  private <T> CompletionStage<T> ask(
      String robot, Supplier<CompletionStage<T>> here, Supplier<CompletionStage<T>> there) {
    return known(robot)
        .thenCompose(
            isKnown ->
                !isKnown || homes.isHere(robot) // one that is not known is refused here
                    ? here.get()
                    : there.get())
        .exceptionallyCompose(
            failure ->
                NodeTwins.cause(failure) instanceof Refused refused
                        && refused.code().equals(Homes.MOVED)
                    ? there.get()
                    : CompletableFuture.failedStage(NodeTwins.cause(failure)));
  }

  /** Of what acts: asked once. Where no answer comes, nobody knows whether it acted. */
  private <T> CompletionStage<T> once(
      NodeQuestion.Builder question,
      Duration atMost,
      Supplier<CompletionStage<T>> here,
      Function<NodeAnswer, T> there) {
    return ask(
        question.getRobot(), here, () -> region.ask(question.build(), atMost).thenApply(there));
  }

  /** Of what may be asked twice. */
  private <T> CompletionStage<T> ask(
      NodeQuestion.Builder question,
      Supplier<CompletionStage<T>> here,
      Function<NodeAnswer, T> there) {
    return ask(question.getRobot(), here, () -> region.askUntilAnswered(question).thenApply(there));
  }

  private static NodeQuestion.Builder about(String robot) {
    return NodeQuestion.newBuilder().setRobot(robot);
  }

  /** Another node may have admitted it. */
  private CompletionStage<Boolean> known(String robot) {
    if (known.contains(robot)) return CompletableFuture.completedStage(true);
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            known.learn(journal, robot);
          } catch (SQLException e) {
            LOG.warn("robots of other nodes are not known now: {}", e.getMessage());
          }
          return known.contains(robot);
        },
        blocking);
  }

  /** What other nodes have admitted is looked up once a second. */
  private CompletionStage<List<String>> all() {
    long now = System.nanoTime();
    long last = learnedNanos.get();
    if (now - last < LEARNS_NANOS || !learnedNanos.compareAndSet(last, now)) {
      return CompletableFuture.completedStage(known.robots());
    }
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            known.learn(journal);
          } catch (SQLException e) {
            LOG.warn("robots of other nodes are not known now: {}", e.getMessage());
          }
          return known.robots();
        },
        blocking);
  }

  private <T> CompletionStage<List<T>> each(Function<String, CompletionStage<T>> question) {
    return all().thenCompose(robots -> NodeTwins.each(robots, question));
  }

  // Questions

  @Override
  public CompletionStage<List<TwinView>> list() {
    return each(robot -> show(robot).exceptionally(failure -> node.broken(robot, failure)))
        .thenApply(NodeTwins::inOrder);
  }

  @Override
  public CompletionStage<TwinView> show(String robot) {
    return ask(about(robot).setShow(true), () -> node.show(robot), NodeAnswer::getTwin);
  }

  @Override
  public CompletionStage<CommandView> command(CommandRequest request) {
    return once(
        about(request.getRobot()).setCommand(request),
        ANSWER,
        () -> node.command(request),
        NodeAnswer::getCommand);
  }

  @Override
  public CompletionStage<CommandView> await(String commandId, Duration atMost) {
    return once(
        about(NodeTwins.robotIn(commandId))
            .setAwait(
                AwaitQuestion.newBuilder()
                    .setCommandId(commandId)
                    .setAtMostMillis(atMost.toMillis())),
        atMost.isNegative() ? ANSWER : atMost.plus(ANSWER),
        () -> node.await(commandId, atMost),
        NodeAnswer::getCommand);
  }

  @Override
  public CompletionStage<CommandView> cancel(String commandId, String by, String why) {
    return ask(
        about(NodeTwins.robotIn(commandId))
            .setCancel(CancelQuestion.newBuilder().setCommandId(commandId).setBy(by).setWhy(why)),
        () -> node.cancel(commandId, by, why),
        NodeAnswer::getCommand);
  }

  @Override
  public CompletionStage<List<CommandView>> commands(String robot, int atMost) {
    return ask(
        about(robot).setCommands(Math.max(0, atMost)),
        () -> node.commands(robot, atMost),
        answer -> answer.getCommands().getCommandsList());
  }

  @Override
  public CompletionStage<StopView> stop(StopRequest request) {
    // Asked twice it is the same stop.
    var same =
        request.getRelease() || !request.getRequestId().isEmpty()
            ? request
            : request.toBuilder().setRequestId(NodeTwins.newId(request.getRobot())).build();
    return ask(about(same.getRobot()).setStop(same), () -> node.stop(same), NodeAnswer::getStop);
  }

  @Override
  public CompletionStage<TwinView> rearm(String robot, String by, String reason) {
    return once(
        about(robot).setRearm(RearmQuestion.newBuilder().setBy(by).setReason(reason)),
        ANSWER,
        () -> node.rearm(robot, by, reason),
        NodeAnswer::getTwin);
  }

  @Override
  public CompletionStage<TeleopState> setpoint(
      String robot, String commandId, TeleopSetpoint setpoint) {
    return once(
        about(robot)
            .setSetpoint(
                SetpointQuestion.newBuilder().setCommandId(commandId).setSetpoint(setpoint)),
        ANSWER,
        () -> node.setpoint(robot, commandId, setpoint),
        NodeAnswer::getTeleop);
  }

  @Override
  public CompletionStage<TeleopState> teleop(String robot, String commandId) {
    return ask(
        about(robot).setTeleop(commandId),
        () -> node.teleop(robot, commandId),
        NodeAnswer::getTeleop);
  }

  @Override
  public CompletionStage<LeaseView> lease(LeaseRequest request) {
    return ask(
        about(request.getRobot()).setLease(request),
        () -> node.lease(request),
        NodeAnswer::getLease);
  }

  @Override
  public CompletionStage<RobotProfile> profile(String robot) {
    return ask(about(robot).setProfile(true), () -> node.profile(robot), NodeAnswer::getProfile);
  }

  @Override
  public CompletionStage<RobotProfile> proposedProfile(String robot) {
    return ask(
        about(robot).setProposedProfile(true),
        () -> node.proposedProfile(robot),
        NodeAnswer::getProfile);
  }

  @Override
  public CompletionStage<RobotProfile> acceptProfile(String robot, String by) {
    return once(
        about(robot).setAcceptProfile(by),
        ANSWER,
        () -> node.acceptProfile(robot, by),
        NodeAnswer::getProfile);
  }

  @Override
  public CompletionStage<String> description(String robot) {
    return ask(
        about(robot).setDescription(true),
        () -> node.description(robot),
        NodeAnswer::getDescription);
  }

  @Override
  public CompletionStage<List<StreamView>> streams(String robot) {
    if (robot != null) {
      return ask(
          about(robot).setStreams(true),
          () -> node.streams(robot),
          answer -> answer.getStreams().getStreamsList());
    }
    return each(one -> streams(one).exceptionally(failure -> List.of())).thenApply(SiteTwins::flat);
  }

  private static <T> List<T> flat(List<List<T>> all) {
    var flat = new ArrayList<T>();
    all.forEach(flat::addAll);
    return flat;
  }

  @Override
  public List<SimulatorView> simulators() {
    return node.simulators();
  }

  @Override
  public CompletionStage<SimulatorView> runSimulator(String id, boolean run) {
    return node.runSimulator(id, run);
  }

  @Override
  public CompletionStage<List<AlarmView>> alarms() {
    return each(robot ->
            ask(
                    about(robot).setAlarms(true),
                    () -> node.alarms(robot),
                    answer -> answer.getAlarms().getAlarmsList())
                .exceptionally(failure -> List.of(NodeTwins.unavailable(robot, failure))))
        .thenApply(node::sorted);
  }

  // Watching

  @Override
  public AutoCloseable watch(String robot, Consumer<TwinView> listener) {
    var near = node.watch(robot, listener);
    var watch = new FarWatch(robot, listener);
    far.add(watch);
    watch.begin();
    return () -> {
      near.close();
      far.remove(watch);
      watch.end();
    };
  }

  /** Asks for a twin that lives elsewhere, again and again; a slow answer is waited for. */
  private final class FarWatch {
    private final String robot;
    private final Consumer<TwinView> listener;
    private volatile ScheduledFuture<?> next;
    private volatile TwinView told;

    private FarWatch(String robot, Consumer<TwinView> listener) {
      this.robot = robot;
      this.listener = listener;
    }

    private void begin() {
      if (clock.isShutdown() || !far.contains(this)) return;
      next = clock.schedule(this::look, FAR_WATCH_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void look() {
      if (homes.isHere(robot)) {
        begin();
        return;
      }
      show(robot)
          .whenComplete(
              (view, failure) -> {
                if (failure == null && !view.equals(told)) tell(view);
                begin();
              });
    }

    private void tell(TwinView view) {
      told = view;
      try {
        listener.accept(view);
      } catch (RuntimeException e) {
        LOG.warn("a watcher of {} failed: {}", robot, e.toString());
      }
    }

    private void end() {
      if (next != null) next.cancel(false);
    }
  }
}
