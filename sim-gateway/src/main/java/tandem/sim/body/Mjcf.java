package tandem.sim.body;

import java.util.Locale;

/**
 * Writes a {@link Humanoid} in a {@link Scene} as MJCF for the engine.
 *
 * <p>Every joint has a torque motor of its own name, every {@link Frame} is a site of its name.
 * Robot parts collide with the world, not with each other. Geom groups: {@link #GROUP_WORLD},
 * {@link #GROUP_HEAD}, {@link #GROUP_BODY}, so that the robot's sensors need not see its own head.
 */
public final class Mjcf {
  public static final int GROUP_WORLD = 0;
  public static final int GROUP_HEAD = 1;
  public static final int GROUP_BODY = 2;

  /** Joint damping, armature and dry friction of every joint: N m s/rad, kg m^2, N m. */
  private static final String JOINT_DEFAULTS =
      "<joint type=\"hinge\" damping=\"0.5\" armature=\"0.02\" frictionloss=\"0.2\""
          + " limited=\"true\"/>";

  private final Humanoid body;
  private final StringBuilder out = new StringBuilder();

  private Mjcf(Humanoid body) {
    this.body = body;
  }

  /**
   * The model text.
   *
   * @param stepSeconds length of a step
   * @param linkPoseSensors adds sensors {@code pose_<link>_position} and {@code
   *     pose_<link>_orientation} for each link, to compare with other kinematics
   */
  public static String write(
      Humanoid body, Scene scene, double stepSeconds, boolean linkPoseSensors) {
    var writer = new Mjcf(body);
    writer.document(scene, stepSeconds, linkPoseSensors);
    return writer.out.toString();
  }

  private void line(String format, Object... arguments) {
    out.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }

  private static String vec(Vec v) {
    return "%s %s %s".formatted(v.x(), v.y(), v.z());
  }

  private static String quat(Quat q) {
    return "%s %s %s %s".formatted(q.w(), q.x(), q.y(), q.z());
  }

  private void document(Scene scene, double stepSeconds, boolean linkPoseSensors) {
    line("<mujoco model=\"%s\">", body.name());
    line("<compiler angle=\"radian\" autolimits=\"false\"/>");
    line(
        "<option timestep=\"%s\" integrator=\"implicitfast\" gravity=\"0 0 -9.81\"/>", stepSeconds);
    line("<default>%s<geom friction=\"0.9 0.02 0.001\"/></default>", JOINT_DEFAULTS);
    line("<worldbody>");
    line(
        "<geom name=\"floor\" type=\"plane\" size=\"20 20 0.1\" group=\"%d\" contype=\"2\""
            + " conaffinity=\"1\" rgba=\"0.55 0.55 0.55 1\"/>",
        GROUP_WORLD);
    for (int i = 0; i < scene.solids().size(); i++) {
      geom(Scene.geomName(i), scene.solids().get(i), GROUP_WORLD, 2, 1);
    }
    link(body.link(body.root()), null);
    line("</worldbody>");
    actuators();
    sensors(linkPoseSensors);
    line("</mujoco>");
  }

  private void geom(String name, Solid solid, int group, int contype, int conaffinity) {
    String size =
        switch (solid.shape()) {
          case Shape.Box(double x, double y, double z) ->
              "type=\"box\" size=\"" + vec(new Vec(x / 2, y / 2, z / 2)) + "\"";
          case Shape.Cylinder(double r, double l) ->
              "type=\"cylinder\" size=\"%s %s\"".formatted(r, l / 2);
          case Shape.Sphere(double r) -> "type=\"sphere\" size=\"%s\"".formatted(r);
        };
    Solid.Color c = solid.color();
    line(
        "<geom name=\"%s\" %s pos=\"%s\" quat=\"%s\" group=\"%d\" contype=\"%d\" conaffinity=\"%d\""
            + " mass=\"0\" rgba=\"%s %s %s 1\"/>",
        name,
        size,
        vec(solid.at().position()),
        quat(solid.at().orientation()),
        group,
        contype,
        conaffinity,
        c.red(),
        c.green(),
        c.blue());
  }

  private void link(Link link, Joint joint) {
    Vec at = joint == null ? new Vec(0, 0, Humanoid.STANDING_HEIGHT) : joint.origin();
    line("<body name=\"%s\" pos=\"%s\">", link.name(), vec(at));
    if (joint == null) {
      line("<freejoint name=\"root\"/>");
    } else {
      line(
          "<joint name=\"%s\" axis=\"%s\" range=\"%s %s\"/>",
          joint.name(), vec(joint.axis()), joint.lowerRad(), joint.upperRad());
    }
    line(
        "<inertial pos=\"%s\" mass=\"%s\" diaginertia=\"%s\"/>",
        vec(link.centre()), link.massKg(), vec(link.inertia()));
    int group = link.head() ? GROUP_HEAD : GROUP_BODY;
    for (int i = 0; i < link.solids().size(); i++) {
      geom(geomName(link, i), link.solids().get(i), group, 1, 2);
    }
    for (Frame frame : body.frames()) {
      if (frame.link().equals(link.name())) {
        line(
            "<site name=\"%s\" pos=\"%s\" quat=\"%s\"/>",
            frame.name(), vec(frame.at().position()), quat(frame.at().orientation()));
      }
    }
    for (Joint child : body.joints()) {
      if (child.parent().equals(link.name())) link(body.link(child.child()), child);
    }
    line("</body>");
  }

  /** Name of a link's solid in the engine's model. */
  public static String geomName(Link link, int index) {
    return link.name() + "_" + index;
  }

  private void actuators() {
    line("<actuator>");
    for (Joint joint : body.joints()) {
      line(
          "<motor name=\"%s\" joint=\"%s\" gear=\"1\" ctrllimited=\"true\" ctrlrange=\"-%s %s\"/>",
          joint.name(), joint.name(), joint.effortNm(), joint.effortNm());
    }
    line("</actuator>");
  }

  private void sensors(boolean linkPoseSensors) {
    line("<sensor>");
    line("<accelerometer name=\"imu_acceleration\" site=\"imu_link\"/>");
    line("<gyro name=\"imu_rate\" site=\"imu_link\"/>");
    line("<framequat name=\"imu_orientation\" objtype=\"site\" objname=\"imu_link\"/>");
    line("<subtreecom name=\"com_position\" body=\"%s\"/>", body.root());
    line("<subtreelinvel name=\"com_velocity\" body=\"%s\"/>", body.root());
    for (String sole : new String[] {"l_sole", "r_sole"}) {
      line("<force name=\"%s_force\" site=\"%s\"/>", sole, sole);
      line("<torque name=\"%s_torque\" site=\"%s\"/>", sole, sole);
    }
    for (Frame frame : body.frames()) {
      line(
          "<framepos name=\"%s_position\" objtype=\"site\" objname=\"%s\"/>",
          frame.name(), frame.name());
      line(
          "<framequat name=\"%s_orientation\" objtype=\"site\" objname=\"%s\"/>",
          frame.name(), frame.name());
    }
    if (linkPoseSensors) {
      for (Link link : body.links()) {
        line(
            "<framepos name=\"pose_%s_position\" objtype=\"xbody\" objname=\"%s\"/>",
            link.name(), link.name());
        line(
            "<framequat name=\"pose_%s_orientation\" objtype=\"xbody\" objname=\"%s\"/>",
            link.name(), link.name());
      }
    }
    line("</sensor>");
  }
}
