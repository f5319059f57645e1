package tandem.sim.body;

/**
 * A coloured primitive of a link or of the scene.
 *
 * @param at where its centre is in the link (or the world)
 */
public record Solid(Shape shape, Pose at, Color color) {
  /** Linear RGB, each 0..1. */
  public record Color(double red, double green, double blue) {
    public static final Color SHELL = new Color(0.86, 0.87, 0.89);
    public static final Color JOINT = new Color(0.25, 0.27, 0.31);
    public static final Color ACCENT = new Color(0.95, 0.55, 0.15);
    public static final Color FACE = new Color(0.10, 0.12, 0.16);
  }
}
