package tandem.sim.body;

import java.util.Locale;

/**
 * Writes a {@link Humanoid} as URDF: links with inertia, visual and collision primitives, revolute
 * joints with limits, and every {@link Frame} as a massless link on a fixed joint.
 */
public final class Urdf {
  private final StringBuilder out = new StringBuilder();

  private Urdf() {}

  /** The document, as published on {@code robot_description}. */
  public static String write(Humanoid body) {
    return write(body, "");
  }

  /**
   * As the other.
   *
   * @param assistance what else carries the body, for people (no quotes in it); empty: nothing
   */
  public static String write(Humanoid body, String assistance) {
    var writer = new Urdf();
    writer.line("<?xml version=\"1.0\"?>");
    writer.line("<robot name=\"%s\">", body.name());
    if (!assistance.isEmpty()) writer.line("  <tandem assistance=\"%s\"/>", assistance);
    for (Link link : body.links()) writer.link(link);
    for (Joint joint : body.joints()) writer.joint(joint);
    for (Frame frame : body.frames()) writer.frame(frame);
    writer.line("</robot>");
    return writer.out.toString();
  }

  private void line(String format, Object... arguments) {
    out.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }

  private static String vec(Vec v) {
    return "%s %s %s".formatted(v.x(), v.y(), v.z());
  }

  private static String origin(Pose pose) {
    double[] rpy = pose.orientation().toRpy();
    return "<origin xyz=\"%s\" rpy=\"%s %s %s\"/>"
        .formatted(vec(pose.position()), rpy[0], rpy[1], rpy[2]);
  }

  private static String geometry(Shape shape) {
    String inner =
        switch (shape) {
          case Shape.Box(double x, double y, double z) ->
              "<box size=\"%s %s %s\"/>".formatted(x, y, z);
          case Shape.Cylinder(double r, double l) ->
              "<cylinder radius=\"%s\" length=\"%s\"/>".formatted(r, l);
          case Shape.Sphere(double r) -> "<sphere radius=\"%s\"/>".formatted(r);
        };
    return "<geometry>" + inner + "</geometry>";
  }

  private void link(Link link) {
    line("  <link name=\"%s\">", link.name());
    Vec i = link.inertia();
    line(
        "    <inertial>%s<mass value=\"%s\"/><inertia ixx=\"%s\" ixy=\"0\" ixz=\"0\" iyy=\"%s\""
            + " iyz=\"0\" izz=\"%s\"/></inertial>",
        origin(new Pose(link.centre(), Quat.IDENTITY)), link.massKg(), i.x(), i.y(), i.z());
    for (Solid solid : link.solids()) {
      Solid.Color c = solid.color();
      line(
          "    <visual>%s%s<material name=\"rgb_%02x%02x%02x\"><color rgba=\"%s %s %s"
              + " 1\"/></material></visual>",
          origin(solid.at()),
          geometry(solid.shape()),
          Math.round(255 * c.red()),
          Math.round(255 * c.green()),
          Math.round(255 * c.blue()),
          c.red(),
          c.green(),
          c.blue());
      line("    <collision>%s%s</collision>", origin(solid.at()), geometry(solid.shape()));
    }
    line("  </link>");
  }

  private void joint(Joint joint) {
    line("  <joint name=\"%s\" type=\"revolute\">", joint.name());
    line("    <parent link=\"%s\"/><child link=\"%s\"/>", joint.parent(), joint.child());
    line("    %s", origin(new Pose(joint.origin(), Quat.IDENTITY)));
    line("    <axis xyz=\"%s\"/>", vec(joint.axis()));
    line(
        "    <limit lower=\"%s\" upper=\"%s\" effort=\"%s\" velocity=\"%s\"/>",
        joint.lowerRad(), joint.upperRad(), joint.effortNm(), joint.velocityRadPerSec());
    line("    <dynamics damping=\"0.5\" friction=\"0.2\"/>");
    line("  </joint>");
  }

  private void frame(Frame frame) {
    line("  <link name=\"%s\"/>", frame.name());
    line("  <joint name=\"%s_fixed\" type=\"fixed\">", frame.name());
    line("    <parent link=\"%s\"/><child link=\"%s\"/>", frame.link(), frame.name());
    line("    %s", origin(frame.at()));
    line("  </joint>");
  }
}
