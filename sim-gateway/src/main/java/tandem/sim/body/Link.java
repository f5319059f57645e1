package tandem.sim.body;

import java.util.List;

/**
 * A rigid part.
 *
 * @param massKg all of it in the first solid, evenly
 * @param head part of the head: the robot's own eyes do not see it
 */
public record Link(String name, double massKg, boolean head, List<Solid> solids) {
  public Link {
    solids = List.copyOf(solids);
    if (solids.isEmpty())
      throw new IllegalArgumentException("link %s has no solid".formatted(name));
  }

  /** Centre of mass in the link's frame. */
  public Vec centre() {
    return solids.getFirst().at().position();
  }

  /** Principal moments about {@link #centre}, along the link's axes, kg m^2. */
  public Vec inertia() {
    return solids.getFirst().shape().inertia(massKg);
  }
}
