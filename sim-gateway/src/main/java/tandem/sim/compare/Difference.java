package tandem.sim.compare;

import java.util.List;
import tandem.sim.body.Pose;

/**
 * How far a dream is from its robot.
 *
 * @param jointRmsRad root mean square over the joints that both have
 * @param jointMaxRad of the worst joint, absolute
 * @param worstJoint its name; empty if they share none
 * @param baseMetres between the bases, in odom; NaN where one is not known
 * @param baseRad angle between their orientations; NaN where one is not known
 */
public record Difference(
    double jointRmsRad, double jointMaxRad, String worstJoint, double baseMetres, double baseRad) {

  /** Compares by joint name; poses may be null. Arrays are as long as their names and not kept. */
  public static Difference between(
      List<String> robotNames,
      double[] robotRad,
      Pose robotBase,
      List<String> dreamNames,
      double[] dreamRad,
      Pose dreamBase) {
    double squares = 0;
    double most = 0;
    String worst = "";
    int shared = 0;
    for (int i = 0; i < robotNames.size() && i < robotRad.length; i++) {
      int j =
          i < dreamNames.size() && dreamNames.get(i).equals(robotNames.get(i))
              ? i
              : dreamNames.indexOf(robotNames.get(i));
      if (j < 0 || j >= dreamRad.length) continue;
      double off = Math.abs(robotRad[i] - dreamRad[j]);
      squares += off * off;
      shared++;
      if (off > most || worst.isEmpty()) {
        most = off;
        worst = robotNames.get(i);
      }
    }
    boolean posed = robotBase != null && dreamBase != null;
    return new Difference(
        shared == 0 ? Double.NaN : Math.sqrt(squares / shared),
        shared == 0 ? Double.NaN : most,
        worst,
        posed ? robotBase.position().minus(dreamBase.position()).norm() : Double.NaN,
        posed
            ? robotBase
                .orientation()
                .times(dreamBase.orientation().inverse())
                .rotationVector()
                .norm()
            : Double.NaN);
  }
}
