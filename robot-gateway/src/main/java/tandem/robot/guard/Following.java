package tandem.robot.guard;

import java.util.List;
import java.util.Locale;
import tandem.proto.body.Pose;

/**
 * Whether a robot follows what the guard leads it to, as far as it is measured. A robot that does
 * not is blocked, or what it is sent lies on the way and would come late: both end a stream. Pure.
 */
final class Following {
  /** A joint may lag by this, and by what it is led in a quarter of a second. */
  private static final double LAG_RAD = 0.15;

  private static final double LAG_SECONDS = 0.25;

  /** A joint that rests further from where it was led than this is held where it rests. */
  private static final double APART_RAD = 0.1;

  /**
   * A tip likewise: its controller plans anew for each pose, so that it lags by more time than a
   * joint does.
   */
  private static final double LAG_METERS = 0.05;

  private static final double LAG_TURN_RAD = 0.3;

  private static final double LAG_TIP_SECONDS = 0.5;

  /** A tip that rests further from where it was led than this is held where it rests. */
  private static final double APART_METERS = 0.03;

  private static final double APART_TURN_RAD = 0.2;

  /** A base that is led slower than this says nothing about whether it follows. */
  private static final double LED_METERS_PER_SEC = 0.1;

  private static final double LED_RAD_PER_SEC = 0.2;

  /** Of the speed that it is led with. */
  private static final double SHARE = 0.25;

  /** A joint ends its stream when it has not followed for so long, a base (which starts slowly). */
  static final long JOINTS_NANOS = 300_000_000;

  /** Longer: one that is let go at full speed is overtaken by its controller in that time. */
  static final long TIP_NANOS = 500_000_000;

  static final long BASE_NANOS = 1_000_000_000;

  private Following() {}

  /** For how long a robot need not be seen to follow. */
  static long patienceNanos(Ramp ramp) {
    return switch (ramp) {
      case Ramp.Joints joints -> JOINTS_NANOS;
      case Ramp.Base base -> BASE_NANOS;
      case Ramp.Tip tip -> TIP_NANOS;
    };
  }

  /** How it does not follow, for a person; empty where it does, or nothing speaks against it. */
  static String flaw(Ramp ramp, MotionPlan.Scene scene) {
    return switch (ramp) {
      case Ramp.Joints joints ->
          flaw(joints.joints(), joints.positionsRad(), joints.velocitiesRadPerSec(), scene.body());
      case Ramp.Base base -> flaw(base, scene.body(), scene.nowNanos());
      case Ramp.Tip tip ->
          Tips.measured(tip.link(), scene, Long.MAX_VALUE)
              .map(measured -> flaw(tip, measured))
              .orElse("");
    };
  }

  private static String flaw(Ramp.Tip ramp, Pose measured) {
    double apart = ramp.pose().distanceTo(measured);
    double turned = ramp.withOrientation() ? ramp.pose().angleTo(measured) : 0;
    return apart <= LAG_METERS + LAG_TIP_SECONDS * ramp.metersPerSec().length()
            && turned <= LAG_TURN_RAD + LAG_TIP_SECONDS * ramp.radPerSec().length()
        ? ""
        : String.format(
            Locale.ROOT,
            "the tip %s is measured %.3f m and %.3f rad from where it is led",
            ramp.link(),
            apart,
            turned);
  }

  static String flaw(
      List<String> joints, List<Double> positionsRad, List<Double> radPerSec, Body body) {
    for (int i = 0; i < joints.size(); i++) {
      Body.Joint measured = body.joints().get(joints.get(i));
      double led = positionsRad.get(i);
      if (measured != null
          && Math.abs(led - measured.positionRad())
              > LAG_RAD + LAG_SECONDS * Math.abs(radPerSec.get(i))) {
        return String.format(
            Locale.ROOT,
            "joint %s is led to %.3f rad and measured at %.3f rad",
            joints.get(i),
            led,
            measured.positionRad());
      }
    }
    return "";
  }

  private static String flaw(Ramp.Base ramp, Body body, long nowNanos) {
    double led = Math.hypot(ramp.vx(), ramp.vy());
    boolean goes = led >= LED_METERS_PER_SEC;
    boolean turns = Math.abs(ramp.wz()) >= LED_RAD_PER_SEC;
    if (!body.knowsBase(nowNanos)
        || !goes && !turns
        || goes && body.base().metersPerSec() >= SHARE * led
        || turns && body.base().radPerSec() >= SHARE * Math.abs(ramp.wz())) {
      return "";
    }
    return String.format(
        Locale.ROOT,
        "the base is led with %.2f m/s and %.2f rad/s and measured at %.2f m/s and %.2f rad/s",
        led,
        Math.abs(ramp.wz()),
        body.base().metersPerSec(),
        body.base().radPerSec());
  }

  /** Whether it is measured near where it was led to; a base is nowhere. */
  static boolean isThere(Ramp ramp, MotionPlan.Scene scene) {
    return switch (ramp) {
      case Ramp.Joints joints -> isThere(joints, scene.body());
      case Ramp.Base base -> true;
      case Ramp.Tip tip -> {
        Pose measured = Tips.measured(tip.link(), scene, Long.MAX_VALUE).orElse(tip.pose());
        yield tip.pose().distanceTo(measured) <= APART_METERS
            && (!tip.withOrientation() || tip.pose().angleTo(measured) <= APART_TURN_RAD);
      }
    };
  }

  private static boolean isThere(Ramp.Joints ramp, Body body) {
    for (int i = 0; i < ramp.joints().size(); i++) {
      Body.Joint measured = body.joints().get(ramp.joints().get(i));
      if (measured != null
          && Math.abs(ramp.positionsRad().get(i) - measured.positionRad()) > APART_RAD) {
        return false;
      }
    }
    return true;
  }
}
