package tandem.cloud.fake;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import tandem.proto.body.Body;
import tandem.proto.body.Pose;
import tandem.proto.body.Urdf;
import tandem.proto.v1.AlarmView;
import tandem.proto.v1.CommandRequest;
import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.CommandTimes;
import tandem.proto.v1.CommandView;
import tandem.proto.v1.DreamDifferenceView;
import tandem.proto.v1.EvidenceView;
import tandem.proto.v1.HazardView;
import tandem.proto.v1.JointLimit;
import tandem.proto.v1.JointsView;
import tandem.proto.v1.LatencyView;
import tandem.proto.v1.LeaseRequest;
import tandem.proto.v1.LeaseView;
import tandem.proto.v1.OriginView;
import tandem.proto.v1.QuaternionView;
import tandem.proto.v1.RobotProfile;
import tandem.proto.v1.SimulatorView;
import tandem.proto.v1.StopRequest;
import tandem.proto.v1.StopView;
import tandem.proto.v1.StreamView;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.TeleopState;
import tandem.proto.v1.TwinView;
import tandem.proto.v1.Vector3View;
import tandem.twin.Refused;
import tandem.twin.Twins;

/**
 * Twins without robots: {@code ada}, a humanoid that follows its commands exactly, and her dream.
 * Stands in for the runtime so that API and console are tested alone; time runs at 50 Hz on a
 * thread of its own. Thread-safe.
 */
public final class FakeTwins implements Twins, AutoCloseable {
  public static final String ROBOT = "ada", DREAM = "ada-dream";
  private static final double TICK_SECONDS = 0.02;
  private final String urdf = resource("/tandem/cloud/humanoid.urdf");
  private final FakeBody moving = new FakeBody(Urdf.parse(urdf));
  private final Body body = moving.body;
  private final List<String> names = moving.names;
  private final Map<String, Double> positions = moving.positions;
  private final FakeLease lease = new FakeLease();
  private final Map<String, CommandView> commands = new LinkedHashMap<>();
  private final LinkedHashMap<String, CommandRequest> asked = new LinkedHashMap<>();
  private final Map<String, List<Consumer<TwinView>>> watchers = new LinkedHashMap<>();
  private final List<AlarmView> alarms = new ArrayList<>();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("fake-twins").factory());
  private final Instant begun = Instant.now();
  private final FakeTeleop teleop = new FakeTeleop();
  private Movement movement;
  private long ticks;
  private long silentTicks;
  private volatile boolean dreaming = true;
  private boolean silent;
  private boolean answering = true;
  private boolean guardAnswers = true;
  private final Set<String> stopIds = new HashSet<>();
  private long sequence = 1;
  private boolean driven;
  private boolean latched;
  private String stopBy = "";
  private String stopWhy = "";
  private String stopSince = "";
  private long stopTick;
  private int stops;

  private record Movement(
      String id,
      Map<String, Double> from,
      Map<String, Double> to,
      long startTick,
      long ticks,
      boolean reach) {}

  public FakeTwins() {
    watchers.put(ROBOT, new CopyOnWriteArrayList<>());
    watchers.put(DREAM, new CopyOnWriteArrayList<>());
    clock.scheduleAtFixedRate(this::tick, 20, 20, TimeUnit.MILLISECONDS);
  }

  /** No samples arrive any more (or again): ages grow, the last values stay. */
  public synchronized void silence(boolean now) {
    silent = now;
    sequence++;
  }

  /** Questions to the twins are (not) answered: they stay open. */
  public synchronized void answering(boolean now) {
    answering = now;
  }

  /** A guard that does not answer: the twin notes a stop, and nobody confirms it. */
  public synchronized void guardAnswers(boolean now) {
    guardAnswers = now;
    sequence++;
  }

  /** The request ids of all stops so far. */
  public synchronized Set<String> stopIds() {
    return Set.copyOf(stopIds);
  }

  public synchronized void raise(AlarmView alarm) {
    alarms.addFirst(alarm);
  }

  public synchronized void fall() {
    raise(
        AlarmView.newBuilder()
            .setRobot(ROBOT)
            .setKind("limit-near")
            .setSeverity("warning")
            .setFirst(Instant.now().toString())
            .setLast(Instant.now().toString())
            .setCount(3)
            .setText("left_elbow within 0.05 rad of its upper limit")
            .build());
    sequence++;
  }

  /** Stop requests that arrived, repetitions included. */
  public synchronized int stops() {
    return stops;
  }

  public synchronized double position(String joint) {
    return positions.get(joint);
  }

  /** As many samples of {@code ada} as fast as the watchers take them; gives the last sequence. */
  public long burst(int samples) {
    TwinView.Builder view;
    synchronized (this) {
      view = view(ROBOT).toBuilder();
    }
    for (int i = 0; i < samples; i++) {
      long next;
      synchronized (this) {
        ticks++;
        next = ticks * 10;
      }
      view.getOriginsBuilder(0).setSequence(next);
      var built = view.build();
      for (var watcher : watchers.get(ROBOT)) watcher.accept(built);
    }
    return view.getOrigins(0).getSequence();
  }

  /** Where a tip is in the base frame, m. */
  public synchronized Pose tip(String link) {
    return body.pose(link, positions);
  }

  public synchronized int watcherCount() {
    return watchers.values().stream().mapToInt(List::size).sum();
  }

  public synchronized String leaseHolder() {
    return lease.holder();
  }

  /** The profile names a velocity target and independent parts (or not); before a page asks. */
  public synchronized void driven(boolean velocity, boolean independentParts) {
    driven = velocity;
    lease.independent(independentParts);
  }

  /** Leases and streams outlive a machine that is busy with other things. */
  public synchronized void patient() {
    lease.patience(8);
    teleop.lapse(2_000);
  }

  /** Keep-alives of leases that arrived. */
  public synchronized long keepAlives() {
    return lease.keepAlives();
  }

  /** Where the base is over the ground, m. */
  public synchronized double[] base() {
    return new double[] {moving.x(), moving.y()};
  }

  /** The streams and what reached them. */
  public FakeTeleop teleop() {
    return teleop;
  }

  @Override
  public synchronized CompletionStage<TeleopState> setpoint(
      String robot, String commandId, TeleopSetpoint setpoint) {
    return known(robot) ? teleop.setpoint(commandId, setpoint) : unknown(robot);
  }

  @Override
  public synchronized CompletionStage<TeleopState> teleop(String robot, String commandId) {
    return known(robot) ? teleop.state(commandId) : unknown(robot);
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }

  @Override
  public synchronized CompletionStage<List<TwinView>> list() {
    return done(List.of(view(ROBOT), view(DREAM)));
  }

  @Override
  public synchronized CompletionStage<TwinView> show(String robot) {
    return known(robot) ? done(view(robot)) : unknown(robot);
  }

  @Override
  public AutoCloseable watch(String robot, Consumer<TwinView> listener) {
    var listeners = watchers.getOrDefault(robot, new CopyOnWriteArrayList<>());
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  /** What was asked for last. */
  public synchronized CommandRequest newest() {
    return asked.lastEntry().getValue();
  }

  /** What the page said to make this command. */
  public synchronized CommandRequest asked(String id) {
    return asked.get(id);
  }

  @Override
  public synchronized CompletionStage<CommandView> command(CommandRequest request) {
    if (!request.getRobot().equals(ROBOT)) return unknown(request.getRobot());
    String id = "c-%04d".formatted(commands.size() + 1);
    asked.put(id, request);
    var view =
        CommandView.newBuilder()
            .setId(id)
            .setRobot(ROBOT)
            .setBy(request.getBy())
            .setForm(request.hasReach() ? "reach" : "joint")
            .setTimes(CommandTimes.newBuilder().setCreated(now()));
    if (latched)
      return refused(
          view, "tandem.stop.latched", "stop latched by %s; command not sent".formatted(stopBy));
    var other = lease.heldByOther(part(request), request.getBy());
    if (other.isPresent())
      return refused(
          view, "tandem.lease.held", "lease held by %s; command not sent".formatted(other.get()));
    if (request.hasStream() || request.hasStance() || request.hasNavigate()) {
      var opened = view.setForm(streamForm(request)).setState("executing").build();
      commands.put(id, opened);
      if (request.hasStream()) teleop.open(id, stream(id, part(request), request.getBy()));
      sequence += 2;
      return done(opened);
    }
    Map<String, Double> to;
    double seconds;
    if (request.hasReach()) {
      var goal = request.getReach();
      var pose = goal.getPose();
      var solution =
          moving.reach(goal.getTip(), pose.getXMeters(), pose.getYMeters(), pose.getZMeters());
      if (!solution.reached())
        return refused(
            view,
            "tandem.reach.unreachable",
            "%s: nearest pose is %.3f m from the target; command not sent"
                .formatted(goal.getTip(), solution.errorMeters()));
      to = solution.positions();
      seconds = goal.getDurationSeconds();
    } else {
      to = new LinkedHashMap<>();
      for (var target : request.getJoint().getTargetsList()) {
        var joint = body.joint(target.getJoint());
        if (joint == null)
          return refused(view, "tandem.joint.unknown", "no joint " + target.getJoint());
        if (target.getPositionRad() > joint.limit().upper()
            || target.getPositionRad() < joint.limit().lower())
          return refused(
              view,
              "tandem.joint.limit",
              "%s: expected %.2f..%.2f rad, found %.2f; command not sent"
                  .formatted(
                      target.getJoint(),
                      joint.limit().lower(),
                      joint.limit().upper(),
                      target.getPositionRad()));
        to.put(target.getJoint(), target.getPositionRad());
      }
      seconds = request.getJoint().getDurationSeconds();
    }
    if (movement != null) end("superseded", "newer command " + id);
    movement =
        new Movement(
            id,
            Map.copyOf(positions),
            to,
            ticks,
            Math.max(1, Math.round(seconds / TICK_SECONDS)),
            request.hasReach());
    view.setState("sent").setAcceptToGuardMs(2.4);
    view.getTimesBuilder().setAccepted(now()).setSent(now()).setGuardAccepted(now());
    commands.put(id, view.build());
    sequence += 2;
    return done(view.build());
  }

  private static String streamForm(CommandRequest request) {
    if (request.hasStance()) return "stance";
    if (request.hasNavigate()) return "navigate";
    String kind = request.getStream().getKind();
    return kind.equals("velocity") ? kind : kind + "-stream";
  }

  private static String part(CommandRequest request) {
    return switch (request.getGoalCase()) {
      case JOINT, REACH -> "arms";
      case STREAM -> request.getStream().getKind().equals("velocity") ? "locomotion" : "arms";
      case STANCE, NAVIGATE, GOAL_NOT_SET -> "body";
    };
  }

  // Called back with the streams' lock held, always taken after that of the twins.
  private FakeTeleop.Moved stream(String id, String part, String by) {
    return new FakeTeleop.Moved() {
      @Override
      public Optional<String> refusal() {
        if (latched) return Optional.of("stop latched by %s; not applied".formatted(stopBy));
        return lease
            .heldByOther(part, by)
            .map(other -> "epoch superseded: %s holds the %s; not applied".formatted(other, part));
      }

      @Override
      public void follow(TeleopSetpoint setpoint) {
        moving.follow(setpoint);
      }

      @Override
      public void ended(String state, String why) {
        moving.rest();
        commands.put(id, commands.get(id).toBuilder().setState(state).setWhy(why).build());
        sequence++;
      }
    };
  }

  @Override
  public synchronized CompletionStage<CommandView> await(String commandId, Duration atMost) {
    var view = commands.get(commandId);
    if (view == null)
      return CompletableFuture.failedFuture(
          new Refused("tandem.command.unknown", "no command " + commandId));
    return done(view);
  }

  @Override
  public synchronized CompletionStage<CommandView> cancel(String commandId, String by, String why) {
    var view = commands.get(commandId);
    if (view == null)
      return CompletableFuture.failedFuture(
          new Refused("tandem.command.unknown", "no command " + commandId));
    if (movement != null && movement.id().equals(commandId)) end("cancelled", "by " + by);
    if (view.getForm().equals("navigate"))
      commands.put(commandId, view.toBuilder().setState("cancelled").setWhy("by " + by).build());
    if (view.getForm().endsWith("-stream") || view.getForm().equals("velocity"))
      teleop.endAll("cancelled", () -> "by " + by);
    return done(commands.get(commandId));
  }

  @Override
  public synchronized CompletionStage<List<CommandView>> commands(String robot, int atMost) {
    if (!known(robot)) return unknown(robot);
    return done(
        robot.equals(ROBOT)
            ? List.copyOf(commands.values()).reversed().stream().limit(atMost).toList()
            : List.of());
  }

  @Override
  public synchronized CompletionStage<StopView> stop(StopRequest request) {
    if (!request.getRobot().equals(ROBOT)) return unknown(request.getRobot());
    stops++;
    if (!request.getRelease()) stopIds.add(request.getRequestId());
    if (!answering) return new CompletableFuture<>();
    sequence++;
    if (request.getRelease()) {
      latched = false;
      stopBy = "";
    } else if (!latched) {
      latched = true;
      stopBy = request.getBy();
      stopWhy = request.getReason();
      stopSince = now();
      stopTick = ticks;
      if (movement != null) end("cancelled", "stop by " + stopBy);
      teleop.endAll("cancelled", () -> "stop by " + stopBy);
    }
    return done(stopView());
  }

  @Override
  public synchronized CompletionStage<LeaseView> lease(LeaseRequest request) {
    if (!request.getRobot().equals(ROBOT)) return unknown(request.getRobot());
    try {
      lease
          .apply(request, ticks, now())
          .ifPresent(
              before ->
                  teleop.endAll(
                      "cancelled",
                      () ->
                          "the lease of %s ended: %s by %s"
                              .formatted(before, request.getAction(), request.getBy())));
    } catch (Refused refused) {
      return CompletableFuture.failedFuture(refused);
    }
    if (!request.getAction().equals("keepalive")) sequence++;
    return done(leaseView());
  }

  @Override
  public synchronized CompletionStage<RobotProfile> profile(String robot) {
    if (!known(robot)) return unknown(robot);
    var profile =
        RobotProfile.newBuilder()
            .setRobot(robot)
            .setBaseFrame("base_link")
            .setOdomFrame("odom")
            .setSource("accepted")
            .setMarginRad(0.02)
            .addAllJointOrder(names)
            .setJoint(
                CommandTarget.newBuilder()
                    .setKind("topic")
                    .setTopic("/ada/joint_trajectory")
                    .setType("trajectory_msgs/msg/JointTrajectory"));
    if (robot.equals(ROBOT) && driven)
      profile
          .setVelocity(
              CommandTarget.newBuilder()
                  .setKind("topic")
                  .setTopic("/ada/cmd_vel")
                  .setType("geometry_msgs/msg/TwistStamped"))
          .setNavigate(
              CommandTarget.newBuilder()
                  .setKind("action")
                  .setTopic("/ada/navigate_to_pose")
                  .setType("nav2_msgs/action/NavigateToPose"));
    profile.setIndependentParts(lease.isIndependent());
    if (robot.equals(ROBOT)) {
      profile.putTips("left_hand", "l_gripper").putTips("right_hand", "r_gripper");
      for (var joint : body.joints())
        if (joint.independent())
          profile.addLimits(
              JointLimit.newBuilder()
                  .setJoint(joint.name())
                  .setLowerRad(joint.limit().lower())
                  .setUpperRad(joint.limit().upper())
                  .setVelocityRadPerSec(joint.limit().velocity())
                  .setAccelerationRadPerSec2(10)
                  .setSource("urdf"));
    }
    return done(profile.build());
  }

  @Override
  public CompletionStage<RobotProfile> proposedProfile(String robot) {
    return profile(robot);
  }

  @Override
  public CompletionStage<TwinView> rearm(String robot, String by, String reason) {
    return reason.isBlank()
        ? CompletableFuture.failedStage(new Refused("tandem.guard.no-reason", "no reason"))
        : show(robot);
  }

  @Override
  public CompletionStage<RobotProfile> acceptProfile(String robot, String by) {
    return profile(robot);
  }

  @Override
  public CompletionStage<String> description(String robot) {
    return known(robot) ? done(urdf) : unknown(robot);
  }

  @Override
  public synchronized CompletionStage<List<StreamView>> streams(String robot) {
    var all = new ArrayList<StreamView>();
    for (String of : List.of(ROBOT, DREAM)) {
      if (robot != null && !robot.equals(of)) continue;
      all.add(stream(of, "joint_states", "sensor_msgs/msg/JointState", 500, 700));
      if (of.equals(DREAM)) continue;
      all.add(stream(of, "imu/data", "sensor_msgs/msg/Imu", 500, 324));
      all.add(stream(of, "odom", "nav_msgs/msg/Odometry", 50, 720));
      all.add(stream(of, "scan", "sensor_msgs/msg/LaserScan", 10, 2900));
      all.add(stream(of, "points", "sensor_msgs/msg/PointCloud2", 5, 58_000));
      all.add(stream(of, "left_foot/wrench", "geometry_msgs/msg/WrenchStamped", 500, 96));
      all.add(stream(of, "right_foot/wrench", "geometry_msgs/msg/WrenchStamped", 500, 96));
      all.add(stream(of, "camera/depth/image_rect_raw", "sensor_msgs/msg/Image", 5, 153_600));
      all.add(stream(of, "battery_state", "sensor_msgs/msg/BatteryState", 1, 120));
    }
    return done(all);
  }

  @Override
  public List<SimulatorView> simulators() {
    return List.of(
        SimulatorView.newBuilder()
            .setId(DREAM)
            .setKind("embedded")
            .setDream(true)
            .setRealTimeFactor(dreaming ? 1 : 0)
            .setState(dreaming ? "running" : "stopped")
            .setRobot(DREAM)
            .build());
  }

  @Override
  public CompletionStage<SimulatorView> runSimulator(String id, boolean run) {
    if (!id.equals(DREAM)) {
      return CompletableFuture.failedFuture(
          new Refused("tandem.simulator.unknown", "simulator %s: unknown".formatted(id)));
    }
    dreaming = run;
    return done(simulators().getFirst());
  }

  @Override
  public synchronized CompletionStage<List<AlarmView>> alarms() {
    return done(List.copyOf(alarms));
  }

  private void tick() {
    Map<String, TwinView> news = new LinkedHashMap<>();
    synchronized (this) {
      ticks++;
      teleop.tick();
      if (silent) {
        silentTicks++;
        return;
      }
      silentTicks = 0;
      if (lease.expire(ticks)) sequence++;
      moving.tick();
      move();
      news.put(ROBOT, view(ROBOT));
      news.put(DREAM, view(DREAM));
    }
    news.forEach((robot, view) -> watchers.get(robot).forEach(w -> w.accept(view)));
  }

  private void move() {
    if (latched && ticks - stopTick == 5) sequence++;
    if (movement == null) return;
    double s = Math.min(1, (double) (ticks - movement.startTick()) / movement.ticks());
    double smooth = s * s * (3 - 2 * s);
    movement
        .to()
        .forEach(
            (joint, target) -> {
              double from = movement.from().get(joint);
              positions.put(joint, from + (target - from) * smooth);
            });
    if (ticks - movement.startTick() == 2) {
      var view = commands.get(movement.id()).toBuilder().setState("executing");
      view.getTimesBuilder().setFirstMotion(now());
      commands.put(movement.id(), view.build());
      sequence++;
    }
    if (ticks - movement.startTick() > movement.ticks() + 10) end("done", null);
  }

  private void end(String state, String why) {
    var view = commands.get(movement.id()).toBuilder().setState(state);
    if (why != null) view.setWhy(why);
    if (state.equals("done")) {
      view.getTimesBuilder().setDone(now());
      var evidence =
          EvidenceView.newBuilder()
              .setStream("/ada/joint_states")
              .setSequence(ticks * 10)
              .setSettledMs(200);
      if (movement.reach()) evidence.setErrorMeters(0.0012);
      else evidence.setErrorRad(0.0021);
      view.setEvidence(evidence);
    }
    commands.put(movement.id(), view.build());
    movement = null;
    sequence++;
  }

  private TwinView view(String robot) {
    boolean dream = robot.equals(DREAM);
    double t = (ticks - silentTicks) * TICK_SECONDS;
    double sway = 0.012 * Math.sin(t * 1.3);
    var joints = JointsView.newBuilder();
    for (String name : names) {
      double value = positions.get(name);
      if (name.endsWith("ankle_pitch")) value += sway;
      if (dream && name.endsWith("shoulder_pitch")) value += 0.09 * Math.sin(t * 0.7);
      joints.addNames(name).addPositionsRad(value).addVelocitiesRadPerSec(0.01 * Math.cos(t));
      joints.addEffortsNm(name.contains("knee") ? -18.4 + 20 * sway : 2.5 * value);
    }
    double age = 3 + silentTicks * TICK_SECONDS * 1000;
    var view =
        TwinView.newBuilder()
            .setRobot(robot)
            .setSite("test")
            .setHome(true)
            .setTerm(1)
            .setSequence(sequence)
            .setMode(silent && silentTicks > 40 ? "silent" : "live")
            .setAgeMs(age)
            .setJoints(joints)
            .setOrientation(
                QuaternionView.newBuilder().setY(Math.sin(sway / 2)).setW(Math.cos(sway / 2)))
            .setPosition(
                Vector3View.newBuilder()
                    .setX(moving.x() + (dream ? 0.02 : 0))
                    .setY(moving.y())
                    .setZ(0.8))
            .setLease(leaseView())
            .setStop(stopView())
            .setDigest("5f3c")
            .setBody("standing")
            .setDream(dream)
            .setGuardPath(dream ? "none" : "robot")
            .addOrigins(
                OriginView.newBuilder()
                    .setTopic("/" + robot + "/joint_states")
                    .setSequence((ticks - silentTicks) * 10)
                    .setStampBy("sender")
                    .setAgeMs(age));
    if (latched && !dream)
      view.addHazards(
          HazardView.newBuilder()
              .setKind("stop-latched")
              .setSeverity("warning")
              .setSince(stopSince)
              .setText("software stop latched by " + stopBy));
    if (dream)
      view.setDreamOf(ROBOT)
          .setDifference(
              DreamDifferenceView.newBuilder()
                  .setRobot(ROBOT)
                  .setJointRmsRad(0.0173)
                  .setJointMaxRad(0.0874)
                  .setWorstJoint("left_shoulder_pitch")
                  .setBaseDistanceMeters(0.02)
                  .setBaseAngleRad(0.004)
                  .setAgeMs(age));
    return view.build();
  }

  private LeaseView leaseView() {
    return lease.view(ticks, 40 + silentTicks * 20).toBuilder().setGuardToken(teleop.now()).build();
  }

  private StopView stopView() {
    var stop = StopView.newBuilder().setLatched(latched);
    if (latched)
      stop.setBy(stopBy)
          .setWhy(stopWhy)
          .setSince(stopSince)
          .setConfirmed(guardAnswers)
          .setInEffect(guardAnswers && ticks - stopTick > 15);
    return stop.build();
  }

  private StreamView stream(String robot, String topic, String type, double hz, double bytes) {
    long count = Math.round((ticks - silentTicks) * TICK_SECONDS * hz);
    return StreamView.newBuilder()
        .setRobot(robot)
        .setTopic("/" + robot + "/" + topic)
        .setType(type)
        .setQos("reliable 10")
        .setHz(silent ? 0 : hz)
        .setBytesPerSecond(silent ? 0 : hz * bytes)
        .setOffered(count)
        .setDelivered(count)
        .setSequenced(true)
        .setStampBy("sender")
        .setPublishers(1)
        .setAgeMs(1000 / hz / 2 + silentTicks * 20)
        .setLatencyMs(LatencyView.newBuilder().setP50(0.4).setP99(1.9))
        .build();
  }

  private CompletionStage<CommandView> refused(CommandView.Builder view, String code, String why) {
    var refused = view.setState("refused").setCode(code).setWhy(why).build();
    commands.put(refused.getId(), refused);
    sequence++;
    return done(refused);
  }

  private static boolean known(String robot) {
    return robot.equals(ROBOT) || robot.equals(DREAM);
  }

  private static <T> CompletionStage<T> unknown(String robot) {
    return CompletableFuture.failedFuture(
        new Refused("tandem.robot.unknown", "no robot %s at this site".formatted(robot)));
  }

  private <T> CompletionStage<T> done(T value) {
    return answering ? CompletableFuture.completedFuture(value) : new CompletableFuture<>();
  }

  private String now() {
    return begun.plusMillis(ticks * 20).toString();
  }

  private static String resource(String name) {
    try (var in = FakeTwins.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
