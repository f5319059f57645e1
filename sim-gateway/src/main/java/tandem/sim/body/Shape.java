package tandem.sim.body;

/** A primitive, centred at its own origin. Lengths in m. */
public sealed interface Shape {
  /** Full edge lengths. */
  record Box(double x, double y, double z) implements Shape {}

  /** Along z. */
  record Cylinder(double radius, double length) implements Shape {}

  record Sphere(double radius) implements Shape {}

  /** Principal moments of inertia about the centre if {@code massKg} fills the shape, kg m^2. */
  default Vec inertia(double massKg) {
    return switch (this) {
      case Box(double x, double y, double z) ->
          new Vec(y * y + z * z, x * x + z * z, x * x + y * y).times(massKg / 12);
      case Cylinder(double r, double l) -> {
        double across = massKg * (3 * r * r + l * l) / 12;
        yield new Vec(across, across, massKg * r * r / 2);
      }
      case Sphere(double r) -> new Vec(1, 1, 1).times(0.4 * massKg * r * r);
    };
  }
}
