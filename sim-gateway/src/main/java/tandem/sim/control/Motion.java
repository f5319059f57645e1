package tandem.sim.control;

import java.util.Optional;
import tandem.sim.body.Humanoid;
import tandem.sim.body.Joint;
import tandem.sim.body.Pose;
import tandem.sim.body.Vec;
import tandem.sim.control.Command.Verdict;

/**
 * The references that the servos follow, and what may change them.
 *
 * <p>Commands are judged by {@link CommandRules}; an accepted one replaces the plan before it,
 * whose other joints brake and hold. A stop brakes everything and stays latched: until it is
 * released every other command is refused. Whatever a plan says, a reference never leaves its
 * joint's position limits nor moves faster than its speed limit.
 */
public final class Motion {
  /** How hard a joint brakes, rad/s^2. */
  private static final double BRAKE = 20;

  private final Humanoid body;
  private final CommandRules rules;
  private final double stepSeconds;
  private final double[] reference;
  private final double[] speed;
  private final int[] planIndex;
  private final Optional<Assistance> assistance;
  private JointPlan plan;
  private Navigation navigation;
  private double baseHeight = Stance.STAND.baseHeight();
  private double baseTarget = baseHeight;
  private boolean latched;
  private long speedClamped;

  /**
   * @param assistance empty: the base moves by its legs alone, so a velocity is refused
   */
  public Motion(Humanoid body, double stepSeconds, Optional<Assistance> assistance) {
    this.assistance = assistance;
    this.body = body;
    this.rules = new CommandRules(body);
    this.stepSeconds = stepSeconds;
    this.reference = Stance.STAND.angles(body);
    this.speed = new double[reference.length];
    this.planIndex = new int[reference.length];
  }

  /** What the servos should follow, rad; changes with {@link #advance}; do not modify. */
  public double[] reference() {
    return reference;
  }

  /** Its speed, rad/s; do not modify. */
  public double[] speed() {
    return speed;
  }

  public boolean stopLatched() {
    return latched;
  }

  /** Joint steps in which a plan was faster than the joint may be. */
  public long speedClamped() {
    return speedClamped;
  }

  /** Whether nothing is on its way any more. */
  public boolean resting(double seconds) {
    return (plan == null || seconds >= plan.endSeconds())
        && baseHeight == baseTarget
        && navigation == null;
  }

  /**
   * Judges a command and takes it if it is good.
   *
   * @param fallen lying robots do not start anything
   */
  public Verdict apply(
      Command command, double seconds, double[] measuredRad, Pose base, boolean fallen) {
    if (command instanceof Command.Stop(boolean hold)) {
      if (hold) {
        plan = null;
        baseTarget = baseHeight;
        if (navigation != null) navigation.interrupted("stopped");
        assistance.ifPresent(Assistance::rest);
      }
      latched = hold;
      return new Verdict.Accepted("");
    }
    if (latched) return new Verdict.Refused("stop is latched; release it first; nothing moved");
    if (fallen) return new Verdict.Refused("the robot has fallen; nothing moved");
    var now = new CommandRules.Situation(seconds, reference, speed, measuredRad, base);
    return switch (command) {
      case Command.Stop stop -> new Verdict.Accepted("");
      case Command.Velocity velocity -> drive(velocity);
      case Command.Stance(String name) ->
          Stance.named(name)
              .<Verdict>map(
                  stance -> {
                    baseTarget = stance.baseHeight();
                    return new Verdict.Accepted("");
                  })
              .orElseGet(
                  () ->
                      new Verdict.Refused(
                          "stance: expected stand, squat or crouch, found %s; nothing moved"
                              .formatted(name)));
      case Command.Trajectory goal -> take(rules.judge(goal, now));
      case Command.Reach goal -> take(rules.judge(goal, now));
      case Command.Navigate(Navigation next) -> navigate(next);
    };
  }

  private Verdict navigate(Navigation next) {
    if (assistance.isEmpty()) {
      return new Verdict.Refused(
          "navigate_to_pose: this robot has no locomotion controller; nothing moved");
    }
    if (!next.begin()) return new Verdict.Accepted("it was cancelled before it began");
    if (navigation != null) navigation.broken("superseded");
    navigation = next;
    return new Verdict.Accepted("");
  }

  /**
   * Leads the base for one step where a navigation is on its way.
   *
   * @param base pelvis in odom
   * @param velocity of the pelvis, m/s, in its own axes
   * @param turn of the pelvis, rad/s, in its own axes
   */
  void lead(Pose base, Vec velocity, Vec turn, boolean fallen) {
    if (navigation == null) return;
    if (fallen) navigation.broken("the robot has fallen");
    var wanted =
        navigation.next(
            stepSeconds,
            Navigation.Place.of(base),
            Math.hypot(velocity.x(), velocity.y()),
            turn.z());
    if (navigation.state().ended()) {
      navigation = null;
      assistance.orElseThrow().rest();
    } else {
      assistance.orElseThrow().lead(wanted.x(), wanted.y(), wanted.turn());
    }
  }

  private Verdict drive(Command.Velocity velocity) {
    if (assistance.isEmpty()) {
      return new Verdict.Refused(
          "cmd_vel: this robot has no locomotion controller; it stands, squats and reaches; nothing"
              + " moved");
    }
    try {
      String note = assistance.get().drive(velocity.x(), velocity.y(), velocity.turn());
      giveWay(velocity);
      return new Verdict.Accepted(note);
    } catch (IllegalArgumentException notFinite) {
      return new Verdict.Refused(notFinite.getMessage() + "; nothing moved");
    }
  }

  /** A velocity ends a navigation; one of zero that comes to rest anyway goes on with that. */
  private void giveWay(Command.Velocity velocity) {
    if (navigation == null) return;
    boolean zero = velocity.x() == 0 && velocity.y() == 0 && velocity.turn() == 0;
    if (zero) navigation.interrupted("cmd_vel of zero brought the base to rest");
    else navigation.broken("cmd_vel took the base over");
    if (navigation.state().ended()) navigation = null;
  }

  private Verdict take(CommandRules.Judgement judgement) {
    return switch (judgement) {
      case CommandRules.Judgement.Refused(String why) -> new Verdict.Refused(why);
      case CommandRules.Judgement.Planned(JointPlan next, String note) -> {
        plan = next;
        yield new Verdict.Accepted(note);
      }
    };
  }

  /** Moves the references on to the next step's time. */
  public void advance(double seconds) {
    double before = baseHeight;
    double sink = Stance.RATE * stepSeconds;
    baseHeight += Math.clamp(baseTarget - baseHeight, -sink, sink);
    java.util.Arrays.fill(planIndex, -1);
    if (plan != null) {
      for (int i = 0; i < plan.joints().length; i++) planIndex[plan.joints()[i]] = i;
    }
    for (int j = 0; j < reference.length; j++) {
      Joint joint = body.joints().get(j);
      if (joint.part().isLeg()) continue;
      double wanted;
      if (planIndex[j] >= 0) {
        wanted = (plan.positionRad(planIndex[j], seconds) - reference[j]) / stepSeconds;
        if (Math.abs(wanted) > 1.001 * joint.velocityRadPerSec()) speedClamped++;
        wanted = Math.clamp(wanted, -joint.velocityRadPerSec(), joint.velocityRadPerSec());
      } else {
        double brake = BRAKE * stepSeconds;
        wanted = speed[j] - Math.clamp(speed[j], -brake, brake);
      }
      double next =
          Math.clamp(reference[j] + wanted * stepSeconds, joint.lowerRad(), joint.upperRad());
      speed[j] = (next - reference[j]) / stepSeconds;
      reference[j] = next;
    }
    if (baseHeight != before) {
      Stance.legs(body, baseHeight, reference);
    }
  }

  /** Height of base_link that the legs aim at, m. */
  public double baseHeight() {
    return baseHeight;
  }

  /** Follows angles from elsewhere instead of commands: a dream follows its robot. */
  public void follow(double[] anglesRad) {
    for (int j = 0; j < reference.length; j++) {
      Joint joint = body.joints().get(j);
      double most = joint.velocityRadPerSec() * stepSeconds;
      double wanted = Math.clamp(anglesRad[j], joint.lowerRad(), joint.upperRad());
      double move = Math.clamp(wanted - reference[j], -most, most);
      speed[j] = move / stepSeconds;
      reference[j] += move;
    }
  }
}
