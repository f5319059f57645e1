package tandem.sim.sense;

import tandem.ros2.cdr.Float32s;
import tandem.ros2.msg.BatteryState;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.Time;
import tandem.sim.control.SimulatedHumanoid;

/**
 * A 48 V battery that computers, joint friction and copper losses drain. Capacity 15 Ah; losses
 * 0.02 W per (N m)^2 of motor torque, plus mechanical power where it is positive, plus 80 W.
 */
public final class Battery {
  private static final double VOLTS = 48;
  private static final double CAPACITY_AH = 15;
  private static final double IDLE_WATTS = 80;
  private static final double COPPER_WATTS = 0.02;

  private double chargeAh = 0.93 * CAPACITY_AH;
  private double watts = IDLE_WATTS;

  /** Takes one sample of the load, which stands for {@code seconds}. */
  public void drain(SimulatedHumanoid robot, double seconds) {
    double power = IDLE_WATTS;
    for (int j = 0; j < robot.torquesNm().length; j++) {
      double torque = robot.torquesNm()[j];
      power += COPPER_WATTS * torque * torque + Math.max(0, torque * robot.speedsRadPerSec()[j]);
    }
    watts += 0.05 * (power - watts);
    chargeAh = Math.max(0, chargeAh - power * seconds / 3600 / VOLTS);
  }

  /** 0..1. */
  public double percentage() {
    return chargeAh / CAPACITY_AH;
  }

  public BatteryState message(Time stamp) {
    return new BatteryState(
        new Header(stamp, ""),
        (float) VOLTS,
        Float.NaN,
        (float) (-watts / VOLTS),
        (float) chargeAh,
        (float) CAPACITY_AH,
        (float) CAPACITY_AH,
        (float) percentage(),
        BatteryState.STATUS_DISCHARGING,
        BatteryState.HEALTH_GOOD,
        BatteryState.TECHNOLOGY_LION,
        true,
        Float32s.EMPTY,
        Float32s.EMPTY,
        "pelvis",
        "");
  }
}
