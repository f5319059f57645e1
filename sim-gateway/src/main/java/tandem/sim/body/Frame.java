package tandem.sim.body;

/** A named frame fixed to a link: a sensor, a sole, a gripper. */
public record Frame(String name, String link, Pose at) {}
