package tandem.sim.body;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import tandem.sim.body.Solid.Color;

/**
 * What stands around the robot: a flat floor, and solids that do not move.
 *
 * @param solids in the world's frame; named {@code scene_0}, {@code scene_1}, ... in the engine
 */
public record Scene(List<Solid> solids) {
  /** No rubble may begin nearer to the robot's place than this, m. */
  public static final double CLEAR_RADIUS = 0.75;

  private static final double FAR_RADIUS = 6;

  public Scene {
    solids = List.copyOf(solids);
  }

  /** The floor alone. */
  public static Scene empty() {
    return new Scene(List.of());
  }

  /** Rubble: {@code boxes} tilted blocks in a ring, two broken walls and some pillars; by seed. */
  public static Scene rubble(long seed, int boxes) {
    var random = new SplittableRandom(seed ^ 0x7275_6262_6c65L);
    var solids = new ArrayList<Solid>();
    for (int i = 0; i < boxes; i++) {
      double sx = 0.08 + 0.32 * random.nextDouble();
      double sy = 0.08 + 0.32 * random.nextDouble();
      double sz = 0.05 + 0.25 * random.nextDouble();
      double half = Math.sqrt(sx * sx + sy * sy + sz * sz) / 2;
      double radius =
          CLEAR_RADIUS + half + (FAR_RADIUS - CLEAR_RADIUS) * Math.sqrt(random.nextDouble());
      double bearing = 2 * Math.PI * random.nextDouble();
      Quat tilt =
          Quat.rpy(
              0.5 * (random.nextDouble() - 0.5),
              0.5 * (random.nextDouble() - 0.5),
              2 * Math.PI * random.nextDouble());
      double shade = 0.35 + 0.35 * random.nextDouble();
      solids.add(
          new Solid(
              new Shape.Box(sx, sy, sz),
              new Pose(
                  new Vec(radius * Math.cos(bearing), radius * Math.sin(bearing), 0.4 * sz), tilt),
              new Color(shade, 0.93 * shade, 0.84 * shade)));
    }
    var wall = new Color(0.62, 0.38, 0.30);
    solids.add(new Solid(new Shape.Box(0.2, 3.0, 1.8), Pose.at(4.5, 1.6, 0.9), wall));
    solids.add(new Solid(new Shape.Box(0.2, 1.2, 1.1), Pose.at(4.5, -1.2, 0.55), wall));
    solids.add(new Solid(new Shape.Box(3.2, 0.2, 1.6), Pose.at(0.8, 4.8, 0.8), wall));
    var pillar = new Color(0.45, 0.47, 0.52);
    for (int i = 0; i < 4; i++) {
      double bearing = Math.PI * (0.55 + 0.3 * i) + 0.2 * random.nextDouble();
      solids.add(
          new Solid(
              new Shape.Cylinder(0.14, 2.2),
              Pose.at(3.4 * Math.cos(bearing), 3.4 * Math.sin(bearing), 1.1),
              pillar));
    }
    return new Scene(solids);
  }

  /** Name of a solid in the engine's model. */
  public static String geomName(int index) {
    return "scene_" + index;
  }
}
