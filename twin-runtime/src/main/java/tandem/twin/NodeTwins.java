package tandem.twin;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import tandem.proto.command.TwinCommand;
import tandem.proto.event.Goal;
import tandem.proto.v1.AlarmView;
import tandem.proto.v1.CommandRequest;
import tandem.proto.v1.CommandTimes;
import tandem.proto.v1.CommandView;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.HazardView;
import tandem.proto.v1.LeaseRequest;
import tandem.proto.v1.LeaseView;
import tandem.proto.v1.RobotProfile;
import tandem.proto.v1.SimulatorView;
import tandem.proto.v1.StopRequest;
import tandem.proto.v1.StopView;
import tandem.proto.v1.StreamView;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.TeleopState;
import tandem.proto.v1.TwinView;
import tandem.twin.robot.GuardPorts;
import tandem.twin.robot.RobotTwin;
import tandem.twin.robot.RobotTwin.Answered;
import tandem.twin.robot.SensedSource;
import tandem.twin.robot.StopLine;
import tandem.twin.robot.TeleopLine;
import tandem.twin.robot.TwinImages;
import tandem.twin.robot.TwinState;
import tandem.twin.robot.TwinViews;
import tandem.twin.sim.Simulators;

/** {@link Twins} for the twins that live on this node: over them, its senses and its stop line. */
final class NodeTwins implements Twins {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(15);
  private static final long GUARD_MILLIS = 1_000;
  private static final long NOTED_MILLIS = 500;
  private static final double DEFAULT_LEASE_SECONDS = 60;
  private static final double DEFAULT_EXPIRES_SECONDS = 2;

  private record Digested(TwinState state, String digest) {}

  private final KnownTwins known;
  private final TwinRegion region;
  private final GuardPorts guards;
  private final StopLine stops;
  private final TeleopLine line;
  private final SensedSource senses;
  private final Function<String, List<StreamView>> streams;
  private final Simulators simulators;
  private final Supplier<String> journalFailure;
  private final TwinWatches watches = new TwinWatches(this::show);
  private final Map<String, Digested> digests = new ConcurrentHashMap<>();

  NodeTwins(
      KnownTwins known,
      TwinRegion region,
      GuardPorts guards,
      StopLine stops,
      TeleopLine line,
      SensedSource senses,
      Function<String, List<StreamView>> streams,
      Simulators simulators,
      Supplier<String> journalFailure) {
    this.known = known;
    this.region = region;
    this.guards = guards;
    this.stops = stops;
    this.line = line;
    this.senses = senses;
    this.streams = streams;
    this.simulators = simulators;
    this.journalFailure = journalFailure;
  }

  void changed(String robot) {
    watches.changed(robot);
  }

  void close() {
    watches.close();
  }

  @Override
  public CompletionStage<List<TwinView>> list() {
    return each(robot -> show(robot).exceptionally(failure -> broken(robot, failure)))
        .thenApply(NodeTwins::inOrder);
  }

  /** Robots by name, then dreams by name. */
  static List<TwinView> inOrder(List<TwinView> views) {
    return views.stream()
        .sorted(Comparator.comparing(TwinView::getDream).thenComparing(TwinView::getRobot))
        .toList();
  }

  private <T> CompletionStage<List<T>> each(Function<String, CompletionStage<T>> question) {
    return each(known.robots(), question);
  }

  /** The answers for all robots, in their order. */
  static <T> CompletionStage<List<T>> each(
      List<String> robots, Function<String, CompletionStage<T>> question) {
    CompletableFuture<List<T>> all = CompletableFuture.completedFuture(new ArrayList<>());
    for (String robot : robots) {
      all =
          all.thenCombine(
              question.apply(robot).toCompletableFuture(),
              (found, next) -> {
                found.add(next);
                return found;
              });
    }
    return all;
  }

  /** A twin that cannot answer is shown as what it is. */
  TwinView broken(String robot, Throwable failure) {
    var view =
        TwinView.newBuilder()
            .setRobot(robot)
            .setMode("closed")
            .setTerm(known.term(robot))
            .setBody("unknown")
            .setGuardPath("none")
            .addHazards(
                HazardView.newBuilder()
                    .setKind("twin-unavailable")
                    .setSeverity("error")
                    .setText(String.valueOf(cause(failure).getMessage())));
    TwinViews.sensed(view, senses.newest(robot), System.nanoTime());
    return view.build();
  }

  static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  @Override
  public CompletionStage<TwinView> show(String robot) {
    return region.look(robot).thenApply(this::view);
  }

  private TwinView view(Answered a) {
    long now = System.nanoTime();
    TwinState state = a.state();
    var sensed = senses.newest(state.robot());
    TwinView view = TwinViews.twin(state, digest(state), sensed, a.guard(), a.pulses(), now);
    if (!state.isDream()) return view;
    String real = state.contact().dreamOf();
    return view.toBuilder()
        .setDifference(TwinViews.difference(real, sensed, senses.newest(real), now))
        .build();
  }

  private String digest(TwinState state) {
    Digested newest = digests.get(state.robot());
    if (newest == null || newest.state() != state) {
      newest = new Digested(state, TwinImages.digest(state));
      digests.put(state.robot(), newest);
    }
    return newest.digest();
  }

  @Override
  public AutoCloseable watch(String robot, Consumer<TwinView> listener) {
    return watches.add(robot, listener);
  }

  // Commands

  @Override
  public CompletionStage<CommandView> command(CommandRequest request) {
    String robot = request.getRobot();
    Goal goal =
        switch (request.getGoalCase()) {
          case JOINT -> new Goal.Joint(request.getJoint());
          case REACH -> new Goal.Reach(request.getReach());
          case STREAM -> new Goal.Stream(request.getStream());
          case STANCE -> new Goal.Stance(request.getStance());
          case NAVIGATE -> new Goal.Navigate(request.getNavigate());
          case GOAL_NOT_SET -> null;
        };
    if (goal == null) {
      return refused(
          "tandem.goal.empty",
          "goal: expected joint, reach, stream, stance or navigate, found none; not sent");
    }
    if (request.getBy().isBlank()) {
      return refused("tandem.command.by", "by: expected who asks, found nothing; not sent");
    }
    double expires =
        request.getExpiresSeconds() == 0 ? DEFAULT_EXPIRES_SECONDS : request.getExpiresSeconds();
    String id = newId(robot);
    return region
        .ask(
            robot,
            new TwinCommand.Move(
                id, request.getBy(), goal, Math.round(expires * 1_000), request.getToken()))
        .thenApply(answered -> command(answered, id))
        .exceptionally(
            failure -> {
              if (cause(failure) instanceof Refused refused
                  && !refused.code().equals("tandem.robot.unknown")) {
                return notJournaled(request, id, goal, refused);
              }
              throw new CompletionException(cause(failure));
            });
  }

  private static CommandView notJournaled(
      CommandRequest request, String id, Goal goal, Refused refused) {
    return CommandView.newBuilder()
        .setId(id)
        .setState(refused.code().equals("tandem.twin.no-answer") ? "unknown" : "refused")
        .setCode(refused.code())
        .setWhy(refused.getMessage())
        .setTimes(CommandTimes.getDefaultInstance())
        .setRobot(request.getRobot())
        .setBy(request.getBy())
        .setForm(goal.form())
        .build();
  }

  private static <T> CompletionStage<T> refused(String code, String why) {
    return CompletableFuture.failedStage(new Refused(code, why));
  }

  /** Unique for ever; begins with the robot's name and a dot. */
  static String newId(String robot) {
    long random = RANDOM.nextLong() & 0xffff_ffffffL;
    return "%s.%s%08x"
        .formatted(robot, Long.toString(System.currentTimeMillis(), 36), random & 0xffff_ffffL);
  }

  /** The robot that a command's id begins with; empty where it begins with none. */
  static String robotIn(String commandId) {
    int dot = commandId.lastIndexOf('.');
    return dot < 1 ? "" : commandId.substring(0, dot);
  }

  private CompletionStage<String> robotOf(String commandId) {
    String robot = robotIn(commandId);
    return known.contains(robot)
        ? CompletableFuture.completedStage(robot)
        : refused(
            "tandem.command.unknown", "command %s is of no robot known here".formatted(commandId));
  }

  private static CommandView command(Answered answered, String id) {
    return answered
        .state()
        .command(id)
        .map(c -> TwinViews.command(answered.state().robot(), c))
        .orElseThrow(
            () ->
                new Refused(
                    "tandem.command.unknown",
                    "robot %s: no command %s among its newest"
                        .formatted(answered.state().robot(), id)));
  }

  @Override
  public CompletionStage<CommandView> await(String commandId, Duration atMost) {
    Duration wait = atMost.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : atMost;
    return robotOf(commandId)
        .thenCompose(
            robot ->
                region.ask(
                    robot,
                    replyTo -> new RobotTwin.Await(commandId, wait, replyTo),
                    wait.isNegative() ? Duration.ofSeconds(5) : wait.plusSeconds(5)))
        .thenApply(answered -> command(answered, commandId));
  }

  @Override
  public CompletionStage<CommandView> cancel(String commandId, String by, String why) {
    return robotOf(commandId)
        .thenCompose(robot -> region.ask(robot, new TwinCommand.Cancel(commandId, by, why)))
        .thenApply(answered -> command(answered, commandId));
  }

  @Override
  public CompletionStage<List<CommandView>> commands(String robot, int atMost) {
    return region
        .look(robot)
        .thenApply(
            a ->
                a.state().commands().reversed().stream()
                    .limit(Math.max(0, atMost))
                    .map(c -> TwinViews.command(robot, c))
                    .toList());
  }

  @Override
  public CompletionStage<TeleopState> setpoint(
      String robot, String commandId, TeleopSetpoint setpoint) {
    var sent = line.setpoint(robot, commandId, setpoint);
    if (sent != null) return sent;
    return teleop(robot, commandId)
        .thenApply(
            state ->
                state.toBuilder()
                    .setNumber(setpoint.getNumber())
                    .setCode("tandem.teleop.not-open")
                    .setWhy(
                        "command %s is %s, no open stream; setpoint %d not sent"
                            .formatted(commandId, state.getState(), setpoint.getNumber()))
                    .build());
  }

  @Override
  public CompletionStage<TeleopState> teleop(String robot, String commandId) {
    TeleopState open = line.state(robot, commandId);
    if (open != null) return CompletableFuture.completedStage(open);
    return region
        .look(robot)
        .thenApply(
            answered -> {
              var state =
                  TeleopState.newBuilder().setState(command(answered, commandId).getState());
              var status = answered.guard().status();
              if (status != null && status.hasToken()) state.setToken(status.getToken());
              return state.build();
            });
  }

  // Stop and lease

  @Override
  public CompletionStage<StopView> stop(StopRequest request) {
    String robot = request.getRobot();
    if (request.getRelease()) {
      return region
          .ask(robot, new TwinCommand.ReleaseStop(request.getBy(), request.getReason()))
          .thenApply(a -> TwinViews.stop(a.state(), a.guard()));
    }
    if (!known.contains(robot) && guards.port(robot) == null) {
      return refused("tandem.robot.unknown", "robot %s has never been seen here".formatted(robot));
    }
    String id = request.getRequestId().isEmpty() ? newId(robot) : request.getRequestId();
    String why = request.getReason().isBlank() ? "stop" : request.getReason();
    long atNanos = System.currentTimeMillis() * 1_000_000;
    CompletableFuture<GuardReply> acknowledged =
        stops
            .stop(robot, id, request.getBy(), why)
            .toCompletableFuture()
            .copy()
            .orTimeout(GUARD_MILLIS, TimeUnit.MILLISECONDS);
    CompletableFuture<Answered> noted =
        region
            .ask(robot, new TwinCommand.Stop(id, request.getBy(), why, atNanos))
            .toCompletableFuture();
    return acknowledged
        .handle((reply, failure) -> failure == null)
        .thenCompose(
            byGuard ->
                noted
                    .copy()
                    .orTimeout(NOTED_MILLIS, TimeUnit.MILLISECONDS)
                    .handle(
                        (answered, failure) ->
                            stopView(robot, request.getBy(), why, byGuard, answered, failure)));
  }

  private StopView stopView(
      String robot, String by, String why, boolean byGuard, Answered noted, Throwable failure) {
    if (noted != null) {
      StopView view = TwinViews.stop(noted.state(), noted.guard());
      return byGuard ? view.toBuilder().setLatched(true).setConfirmed(true).build() : view;
    }
    if (byGuard) {
      return StopView.newBuilder()
          .setLatched(true)
          .setConfirmed(true)
          .setBy(by)
          .setWhy(why)
          .build();
    }
    throw new Refused(
        "tandem.stop.unconfirmed",
        "stop of %s: no guard acknowledged it within %d ms and the twin did not note it (%s); it is repeated for 60 s"
            .formatted(robot, GUARD_MILLIS, cause(failure).getMessage()));
  }

  @Override
  public CompletionStage<TwinView> rearm(String robot, String by, String reason) {
    return region.ask(robot, new TwinCommand.Rearm(by, reason)).thenApply(this::view);
  }

  @Override
  public CompletionStage<LeaseView> lease(LeaseRequest request) {
    String by = request.getBy();
    double seconds = request.getForSeconds() == 0 ? DEFAULT_LEASE_SECONDS : request.getForSeconds();
    if (!(seconds > 0 && seconds <= 86_400)) {
      return refused(
          "tandem.lease.duration",
          "for: expected > 0 and <= 86400 s, found %s; no lease was changed".formatted(seconds));
    }
    if (by.isBlank() && !request.getAction().equals("show")) {
      return refused(
          "tandem.lease.by", "by: expected who asks, found nothing; no lease was changed");
    }
    long millis = Math.max(1, Math.round(seconds * 1_000));
    String robot = request.getRobot();
    String part = request.getPart();
    CompletionStage<Answered> answered =
        switch (request.getAction()) {
          case "acquire" -> region.ask(robot, new TwinCommand.AcquireLease(by, part, millis));
          case "take" ->
              region.ask(robot, new TwinCommand.TakeLease(by, part, millis, request.getReason()));
          case "release" -> region.ask(robot, new TwinCommand.ReleaseLease(by, part));
          case "request" ->
              region.ask(robot, new TwinCommand.WishLease(by, part, request.getReason()));
          case "withdraw" -> region.ask(robot, new TwinCommand.WithdrawWish(by, part));
          case "decline" ->
              region.ask(robot, new TwinCommand.DeclineWish(by, request.getTo(), part));
          case "hand-over" ->
              region.ask(robot, new TwinCommand.HandOver(by, request.getTo(), part, millis));
          case "keepalive" -> region.ask(robot, new TwinCommand.KeepLease(by));
          case "show", "" -> region.look(robot);
          default ->
              refused(
                  "tandem.lease.action",
                  "action: expected acquire, release, take, request, withdraw, decline, hand-over, show or keepalive, found '%s'"
                      .formatted(request.getAction()));
        };
    return answered.thenApply(
        a -> TwinViews.lease(a.state(), a.guard(), a.pulses(), System.nanoTime()));
  }

  // Profile and streams

  @Override
  public CompletionStage<RobotProfile> profile(String robot) {
    return region
        .look(robot)
        .thenApply(
            a -> {
              if (a.state().accepted() != null) return a.state().accepted().profile();
              return proposed(a.state());
            });
  }

  @Override
  public CompletionStage<RobotProfile> proposedProfile(String robot) {
    return region.look(robot).thenApply(a -> proposed(a.state()));
  }

  private static RobotProfile proposed(TwinState state) {
    if (state.proposed() == null) {
      throw new Refused(
          "tandem.profile.missing",
          "robot %s: no profile was proposed yet".formatted(state.robot()));
    }
    return state.proposed().profile().toBuilder().setHash(state.proposed().hash()).build();
  }

  @Override
  public CompletionStage<RobotProfile> acceptProfile(String robot, String by) {
    return region
        .ask(robot, new TwinCommand.AcceptProfile(by))
        .thenApply(a -> a.state().accepted().profile());
  }

  @Override
  public CompletionStage<String> description(String robot) {
    if (!known.contains(robot)) {
      return refused("tandem.robot.unknown", "robot %s has never been seen here".formatted(robot));
    }
    String text = senses.description(robot);
    return text != null
        ? CompletableFuture.completedStage(text)
        : refused(
            "tandem.robot.no-description",
            "robot %s has sent no robot_description".formatted(robot));
  }

  @Override
  public CompletionStage<List<StreamView>> streams(String robot) {
    return CompletableFuture.completedStage(streams.apply(robot));
  }

  @Override
  public List<SimulatorView> simulators() {
    return simulators.views();
  }

  @Override
  public CompletionStage<SimulatorView> runSimulator(String id, boolean run) {
    return run ? simulators.start(id) : simulators.stop(id);
  }

  @Override
  public CompletionStage<List<AlarmView>> alarms() {
    return each(this::alarms).thenApply(this::sorted);
  }

  /** Those of one twin; of one that cannot answer, that it cannot. */
  CompletionStage<List<AlarmView>> alarms(String robot) {
    return region
        .look(robot)
        .thenApply(a -> TwinViews.alarms(a.state()))
        .exceptionally(failure -> List.of(unavailable(robot, failure)));
  }

  /** With what is wrong with this node, newest first. */
  List<AlarmView> sorted(List<List<AlarmView>> all) {
    var flat = new ArrayList<AlarmView>();
    String failure = journalFailure.get();
    if (failure != null) flat.add(alarm("", "journal-unwritable", failure));
    all.forEach(flat::addAll);
    flat.sort(Comparator.comparing(AlarmView::getLast).reversed());
    return flat;
  }

  static AlarmView unavailable(String robot, Throwable failure) {
    return alarm(robot, "twin-unavailable", String.valueOf(cause(failure).getMessage()));
  }

  private static AlarmView alarm(String robot, String kind, String text) {
    String now = java.time.Instant.now().toString();
    return AlarmView.newBuilder()
        .setRobot(robot)
        .setKind(kind)
        .setSeverity("error")
        .setFirst(now)
        .setLast(now)
        .setCount(1)
        .setText(text)
        .build();
  }
}
