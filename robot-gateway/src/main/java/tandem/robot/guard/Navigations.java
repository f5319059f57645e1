package tandem.robot.guard;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.Motion;
import tandem.proto.v1.NavigateGoal;
import tandem.proto.v1.NavigationMemory;
import tandem.proto.v1.RobotProfile;

/**
 * Navigation: a place that the robot's own stack brings the base to. What has been sent there is
 * ended by a cancel alone: a guard remembers on its disk what it sent, where it sent it, until the
 * robot itself says that it is over. What is over here is cancelled again and again until then, by
 * this guard and the next one, and no other motion starts beside it. Static rules over a {@link
 * Draft}.
 */
final class Navigations {
  /** The lease holder of a navigation may be silent for this long. */
  static final long LAPSE_NANOS = 5_000_000_000L;

  /** What is not known to be over at the robot is cancelled again after so long. */
  private static final long RECALL_NANOS = 250_000_000;

  private static final String MAP = "map";
  private static final double MOST_METERS = 1_000;
  private static final double LONGEST_SECONDS = 600;

  private Navigations() {}

  static MotionPlan.Outcome plan(String commandId, NavigateGoal goal, MotionPlan.Scene scene) {
    RobotProfile profile = scene.profile();
    for (double value : new double[] {goal.getXMeters(), goal.getYMeters(), goal.getYawRad()}) {
      if (!Double.isFinite(value)) {
        return Draft.no("not-finite", "place: " + value + " is not a finite number");
      }
    }
    if (Math.hypot(goal.getXMeters(), goal.getYMeters()) > MOST_METERS
        || Math.abs(goal.getYawRad()) > 2 * Math.PI) {
      return Draft.no(
          "bad-goal",
          text(
              "place: expected within %.0f m and a yaw within 2 pi, found %.3f %.3f m, %.3f rad",
              MOST_METERS, goal.getXMeters(), goal.getYMeters(), goal.getYawRad()));
    }
    double seconds = goal.getWithinSeconds();
    if (!(seconds > 0 && seconds <= LONGEST_SECONDS)) {
      return Draft.no(
          "bad-goal",
          text("within: expected above 0 and at most %.0f s, found %s", LONGEST_SECONDS, seconds));
    }
    if (!profile.hasNavigate()) {
      return Draft.no(
          "no-target", "the profile has no navigation" + MotionPlan.ambiguities(profile));
    }
    if (goal.getFrame().isEmpty()
        || !List.of(MAP, profile.getOdomFrame()).contains(goal.getFrame())) {
      return Draft.no(
          "bad-frame",
          "frame of the place: expected %s or %s, found %s"
              .formatted(profile.getOdomFrame(), MAP, Draft.clip(goal.getFrame())));
    }
    if (!scene.body().fresh(scene.nowNanos())) {
      return MotionPlan.notMeasured();
    }
    if (!scene.body().knowsBase(scene.nowNanos())) {
      return Draft.no(
          "not-measured", "no odometry says how fast the base goes: its rest could not be seen");
    }
    Optional<GuardInput.Listener> server = scene.listener(profile.getNavigate());
    if (server.isEmpty()) {
      return Draft.no(
          "no-server",
          "nobody on the robot's side serves "
              + profile.getNavigate().getTopic()
              + " ("
              + profile.getNavigate().getType()
              + ")");
    }
    if (!profile.hasWatchdogNavigateSeconds()) {
      return Draft.no(
          "no-watchdog",
          "the profile names no watchdog of the robot for "
              + profile.getNavigate().getTopic()
              + ": a place is gone to without anybody, and nothing would stop the robot if this"
              + " guard or its link died");
    }
    return new MotionPlan.Outcome.Send(
        new GuardEffect.NavigateTo(
            commandId,
            MotionPlan.resolved(profile.getNavigate(), server.get()),
            goal.getFrame(),
            goal.getXMeters(),
            goal.getYMeters(),
            goal.getYawRad()),
        new GuardState.Course.Navigation(false));
  }

  static void watch(
      Draft draft, GuardState.Active active, GuardState.Course.Navigation navigation) {
    long silent = Grants.silentNanos(draft, active.authority());
    if (silent <= LAPSE_NANOS) {
      if (navigation.unattended()) {
        draft.goesOn(active.on(new GuardState.Course.Navigation(false)));
      }
      return;
    }
    if (navigation.unattended()) {
      return;
    }
    draft.count("deadmanTrips");
    String why = "no keep-alive for %d ms".formatted(silent / 1_000_000);
    if (!draft.profile.getNavigatePolicy().equals("continue")) {
      Halts.safeBehaviour(draft, active, "tandem.guard.keep-alive-lapsed", why);
      return;
    }
    draft.effects.add(
        Draft.log(
            "unattended",
            active.commandId(),
            active.authority(),
            "guard",
            why + ": by the policy of the profile it goes on to its place, nothing else moves",
            "tandem.guard.keep-alive-lapsed",
            true));
    draft.goesOn(active.on(new GuardState.Course.Navigation(true)));
  }

  /** Remembers, from before it is sent, what the robot will be at. */
  static void remember(Draft draft, Motion motion) {
    if (motion.hasNavigate()) {
      draft.memory =
          draft.memory.toBuilder()
              .addNavigations(
                  NavigationMemory.newBuilder()
                      .setCommandId(motion.getCommandId())
                      .setTarget(draft.profile.getNavigate()))
              .build();
    }
  }

  /** The robot was not sent it, or says that it is over. */
  static void forget(Draft draft, String commandId) {
    List<NavigationMemory> left = new ArrayList<>(draft.memory.getNavigationsList());
    if (left.removeIf(one -> one.getCommandId().equals(commandId))) {
      draft.memory = draft.memory.toBuilder().clearNavigations().addAllNavigations(left).build();
      draft.store();
    }
  }

  /**
   * Goes on cancelling what is over here and not known to be over at the robot, also what a guard
   * before this one sent, which is brought to rest first.
   */
  static void recall(Draft draft) {
    for (NavigationMemory one : left(draft)) {
      if (draft.cancelledIds.contains(one.getCommandId()) || server(draft, one).isEmpty()) {
        continue;
      }
      draft.remember(one.getCommandId());
      String why = "it was sent before this start: its lease holder is not known here";
      draft.effects.add(
          Draft.log(
              "safe-behaviour",
              one.getCommandId(),
              draft.memory.getHighestSeen(),
              "guard",
              why,
              "tandem.guard.inherited",
              true));
      List<Ramp> standing =
          MotionPlan.standing(draft.scene()).map(List::<Ramp>of).orElse(List.of());
      Halts.begin(draft, false, Parts.BODY, one.getCommandId(), why, true, standing);
    }
    if (draft.now - draft.recalledNanos >= RECALL_NANOS) {
      draft.effects.addAll(cancel(draft, false));
    }
  }

  /**
   * Cancels what is over here and not known to be over at the robot. A guard that lost its state,
   * or has no profile yet, does not know what was sent: it cancels whosesoever it is, wherever it
   * sees a server.
   *
   * @param stop whosesoever it is, too
   */
  static List<GuardEffect.CancelGoals> cancel(Draft draft, boolean stop) {
    List<GuardEffect.CancelGoals> cancels = new ArrayList<>();
    if (stop || draft.profile == null || !draft.memory.getArmed()) {
      for (GuardInput.Listener one : draft.presence.listeners()) {
        if (one.type().equals(MotionPlan.NAVIGATE)) {
          cancels.add(new GuardEffect.CancelGoals(action(one), true, List.of()));
        }
      }
    }
    for (NavigationMemory one : left(draft)) {
      server(draft, one)
          .map(server -> MotionPlan.resolved(one.getTarget(), server))
          .map(at -> new GuardEffect.CancelGoals(at, false, List.of(one.getCommandId())))
          .ifPresent(cancels::add);
    }
    if (!cancels.isEmpty()) {
      draft.recalledNanos = draft.now;
    }
    return cancels;
  }

  /** What is still cancelled, and not about to start itself; null where nothing is. */
  static String unconfirmed(Draft draft, String starting) {
    return left(draft).stream()
        .filter(one -> server(draft, one).isPresent())
        .map(NavigationMemory::getCommandId)
        .filter(one -> !one.equals(starting))
        .findFirst()
        .orElse(null);
  }

  /** Those that the robot may be at and that do not run here, nor are about to. */
  private static List<NavigationMemory> left(Draft draft) {
    return draft.memory.getNavigationsList().stream()
        .filter(one -> draft.active(one.getCommandId()) == null)
        .filter(one -> !one.getCommandId().equals(draft.pendingId()))
        .toList();
  }

  private static Optional<GuardInput.Listener> server(Draft draft, NavigationMemory one) {
    return draft.presence.on(one.getTarget().getTopic(), one.getTarget().getType());
  }

  private static CommandTarget action(GuardInput.Listener server) {
    return CommandTarget.newBuilder()
        .setKind("action")
        .setTopic(server.topic())
        .setType(server.type())
        .setTypeHash(server.typeHash())
        .build();
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
