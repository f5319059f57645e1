package tandem.sim.body;

import static tandem.sim.body.Joint.Part.LEFT_ARM;
import static tandem.sim.body.Joint.Part.LEFT_LEG;
import static tandem.sim.body.Joint.Part.NECK;
import static tandem.sim.body.Joint.Part.RIGHT_ARM;
import static tandem.sim.body.Joint.Part.RIGHT_LEG;
import static tandem.sim.body.Joint.Part.WAIST;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tandem.sim.body.Shape.Box;
import tandem.sim.body.Shape.Cylinder;
import tandem.sim.body.Shape.Sphere;
import tandem.sim.body.Solid.Color;

/**
 * A body: links in tree order (a parent before its children), joints in the constant order of all
 * messages, fixed frames. The only description of the geometry; everything else is generated.
 *
 * @param root the link that floats freely
 */
public record Humanoid(
    String name, String root, List<Link> links, List<Joint> joints, List<Frame> frames) {
  private static final Vec X = new Vec(1, 0, 0);
  private static final Vec Y = new Vec(0, 1, 0);
  private static final Vec Z = new Vec(0, 0, 1);

  /** Pitch axis of the arms: positive angles raise the arm forward and bend the elbow. */
  private static final Vec RAISE = new Vec(0, -1, 0);

  /** Thigh and shin, m. */
  public static final double LEG_SEGMENT = 0.36;

  /** From the hip axes to the origin of base_link, m. */
  public static final double HIP_BELOW_BASE = 0.05;

  /** From the ankle axes down to the sole, m. */
  public static final double SOLE_BELOW_ANKLE = 0.07;

  /** Height of base_link above the ground when it stands at rest, m. */
  public static final double STANDING_HEIGHT = 0.80;

  public Humanoid {
    links = List.copyOf(links);
    joints = List.copyOf(joints);
    frames = List.copyOf(frames);
  }

  /** Index of a joint in the constant order; -1 if there is none of that name. */
  public int jointIndex(String joint) {
    for (int i = 0; i < joints.size(); i++) if (joints.get(i).name().equals(joint)) return i;
    return -1;
  }

  public Link link(String link) {
    return links.stream()
        .filter(l -> l.name().equals(link))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("body %s has no link %s".formatted(name, link)));
  }

  public Frame frame(String frame) {
    return frames.stream()
        .filter(f -> f.name().equals(frame))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("body %s has no frame %s".formatted(name, frame)));
  }

  public double massKg() {
    return links.stream().mapToDouble(Link::massKg).sum();
  }

  /** The original 27-joint, 48 kg humanoid of the demo: 2x6 legs, 3 waist, 2 neck, 2x5 arms. */
  public static Humanoid standard() {
    var b = new Builder();
    b.link("base_link", 6.2, false, solid(new Box(0.18, 0.24, 0.12), 0, 0, 0.0, Color.SHELL));
    b.leg("left", "l", LEFT_LEG, 1);
    b.leg("right", "r", RIGHT_LEG, -1);
    b.trunk();
    b.arm("left", "l", LEFT_ARM, 1);
    b.arm("right", "r", RIGHT_ARM, -1);
    b.frames();
    return new Humanoid("tandem_humanoid", "base_link", b.links, b.joints, b.frames);
  }

  private static Solid solid(Shape shape, double x, double y, double z, Color color) {
    return new Solid(shape, Pose.at(x, y, z), color);
  }

  private static final class Builder {
    private final List<Link> links = new ArrayList<>();
    private final List<Joint> joints = new ArrayList<>();
    private final List<Frame> frames = new ArrayList<>();

    void link(String name, double massKg, boolean head, Solid... solids) {
      links.add(new Link(name, massKg, head, Arrays.asList(solids)));
    }

    /** Servo gains and motor limits by kind of joint (kp, kd, torque, speed). */
    private enum Motor {
      LEG(400, 12, 180, 6.0),
      ANKLE(400, 12, 90, 6.0),
      HIP_YAW(400, 12, 90, 6.0),
      WAIST(120, 5, 90, 1.5),
      ARM(120, 5, 50, 2.5),
      SMALL(20, 1, 15, 2.5);

      private final double kp;
      private final double kd;
      private final double effortNm;
      private final double speed;

      Motor(double kp, double kd, double effortNm, double speed) {
        this.kp = kp;
        this.kd = kd;
        this.effortNm = effortNm;
        this.speed = speed;
      }
    }

    void joint(
        String name,
        Joint.Part part,
        String parent,
        String child,
        Vec origin,
        Vec axis,
        double lower,
        double upper,
        Motor motor) {
      joints.add(
          new Joint(
              name,
              part,
              parent,
              child,
              origin,
              axis,
              lower,
              upper,
              motor.speed,
              motor.effortNm,
              motor.kp,
              motor.kd));
    }

    void leg(String side, String s, Joint.Part part, int left) {
      link(s + "_hip_yaw_link", 0.8, false, solid(new Cylinder(0.045, 0.05), 0, 0, 0, Color.JOINT));
      link(s + "_hip_roll_link", 0.8, false, solid(new Sphere(0.055), 0, 0, 0, Color.JOINT));
      link(
          s + "_thigh",
          4.0,
          false,
          solid(new Cylinder(0.06, 0.28), 0, 0, -0.17, Color.SHELL),
          solid(new Sphere(0.052), 0, 0, -LEG_SEGMENT, Color.JOINT));
      link(
          s + "_shin",
          2.6,
          false,
          solid(new Cylinder(0.045, 0.26), 0, 0, -0.18, Color.SHELL),
          solid(new Box(0.02, 0.05, 0.18), 0.045, 0, -0.16, Color.ACCENT));
      link(s + "_ankle", 0.4, false, solid(new Sphere(0.038), 0, 0, 0, Color.JOINT));
      link(s + "_foot", 0.9, false, solid(new Box(0.22, 0.10, 0.04), 0.012, 0, -0.05, Color.SHELL));
      Vec hip = new Vec(0, left * 0.09, -HIP_BELOW_BASE);
      Vec down = new Vec(0, 0, -LEG_SEGMENT);
      // The inner and the outer limit of roll and yaw change places with the side.
      joint(
          side + "_hip_yaw",
          part,
          "base_link",
          s + "_hip_yaw_link",
          hip,
          Z,
          -0.8,
          0.8,
          Motor.HIP_YAW);
      joint(
          side + "_hip_roll",
          part,
          s + "_hip_yaw_link",
          s + "_hip_roll_link",
          Vec.ZERO,
          X,
          left > 0 ? -0.4 : -0.8,
          left > 0 ? 0.8 : 0.4,
          Motor.LEG);
      joint(
          side + "_hip_pitch",
          part,
          s + "_hip_roll_link",
          s + "_thigh",
          Vec.ZERO,
          Y,
          -2.0,
          0.7,
          Motor.LEG);
      joint(side + "_knee", part, s + "_thigh", s + "_shin", down, Y, 0.0, 2.4, Motor.LEG);
      joint(
          side + "_ankle_pitch", part, s + "_shin", s + "_ankle", down, Y, -1.2, 0.8, Motor.ANKLE);
      joint(
          side + "_ankle_roll",
          part,
          s + "_ankle",
          s + "_foot",
          Vec.ZERO,
          X,
          -0.5,
          0.5,
          Motor.ANKLE);
    }

    void trunk() {
      link("waist_yaw_link", 0.7, false, solid(new Cylinder(0.06, 0.05), 0, 0, 0, Color.JOINT));
      link("waist_roll_link", 0.7, false, solid(new Sphere(0.06), 0, 0, 0, Color.JOINT));
      link(
          "torso",
          11.0,
          false,
          solid(new Box(0.17, 0.26, 0.34), 0, 0, 0.20, Color.SHELL),
          solid(new Box(0.02, 0.14, 0.10), 0.09, 0, 0.25, Color.ACCENT));
      link("neck_link", 0.6, true, solid(new Cylinder(0.035, 0.06), 0, 0, 0.02, Color.JOINT));
      link(
          "head",
          2.4,
          true,
          solid(new Box(0.16, 0.14, 0.18), 0.01, 0, 0.10, Color.SHELL),
          solid(new Box(0.02, 0.11, 0.06), 0.09, 0, 0.11, Color.FACE),
          solid(new Cylinder(0.04, 0.05), 0, 0, 0.215, Color.JOINT));
      joint(
          "waist_yaw",
          WAIST,
          "base_link",
          "waist_yaw_link",
          new Vec(0, 0, 0.08),
          Z,
          -0.8,
          0.8,
          Motor.WAIST);
      joint(
          "waist_roll",
          WAIST,
          "waist_yaw_link",
          "waist_roll_link",
          Vec.ZERO,
          X,
          -0.3,
          0.3,
          Motor.WAIST);
      joint("waist_pitch", WAIST, "waist_roll_link", "torso", Vec.ZERO, Y, -0.3, 0.5, Motor.WAIST);
      joint("neck_yaw", NECK, "torso", "neck_link", new Vec(0, 0, 0.39), Z, -1.2, 1.2, Motor.SMALL);
      joint(
          "neck_pitch", NECK, "neck_link", "head", new Vec(0, 0, 0.05), Y, -0.6, 0.8, Motor.SMALL);
    }

    void arm(String side, String s, Joint.Part part, int left) {
      link(s + "_shoulder", 0.7, false, solid(new Sphere(0.055), 0, 0, 0, Color.JOINT));
      link(s + "_shoulder_roll_link", 0.5, false, solid(new Sphere(0.05), 0, 0, 0, Color.JOINT));
      link(
          s + "_upper_arm",
          1.2,
          false,
          solid(new Cylinder(0.042, 0.22), 0, 0, -0.14, Color.SHELL),
          solid(new Sphere(0.042), 0, 0, -0.28, Color.JOINT));
      link(s + "_forearm", 0.9, false, solid(new Cylinder(0.036, 0.18), 0, 0, -0.13, Color.SHELL));
      link(
          s + "_wrist",
          0.4,
          false,
          solid(new Box(0.03, 0.07, 0.08), 0, 0, -0.05, Color.JOINT),
          solid(new Box(0.035, 0.02, 0.06), 0, left * -0.03, -0.08, Color.ACCENT));
      joint(
          side + "_shoulder_pitch",
          part,
          "torso",
          s + "_shoulder",
          new Vec(0, left * 0.20, 0.32),
          RAISE,
          -1.0,
          2.8,
          Motor.ARM);
      joint(
          side + "_shoulder_roll",
          part,
          s + "_shoulder",
          s + "_shoulder_roll_link",
          Vec.ZERO,
          X,
          left > 0 ? -0.4 : -2.2,
          left > 0 ? 2.2 : 0.4,
          Motor.ARM);
      joint(
          side + "_shoulder_yaw",
          part,
          s + "_shoulder_roll_link",
          s + "_upper_arm",
          Vec.ZERO,
          Z,
          -1.8,
          1.8,
          Motor.ARM);
      joint(
          side + "_elbow",
          part,
          s + "_upper_arm",
          s + "_forearm",
          new Vec(0, 0, -0.28),
          RAISE,
          0.0,
          2.4,
          Motor.ARM);
      joint(
          side + "_wrist_roll",
          part,
          s + "_forearm",
          s + "_wrist",
          new Vec(0, 0, -0.24),
          Z,
          -1.8,
          1.8,
          Motor.SMALL);
    }

    void frames() {
      frames.add(new Frame("imu_link", "base_link", Pose.at(0, 0, 0.03)));
      for (String s : List.of("l", "r")) {
        frames.add(new Frame(s + "_sole", s + "_foot", Pose.at(0.012, 0, -SOLE_BELOW_ANKLE)));
        frames.add(new Frame(s + "_gripper", s + "_wrist", Pose.at(0, 0, -0.10)));
      }
      frames.add(new Frame("lidar_link", "head", Pose.at(0, 0, 0.22)));
      frames.add(new Frame("camera_link", "head", Pose.at(0.105, 0, 0.11)));
      // REP-103: optical frames look along z, x to the right, y down.
      Pose optical = new Pose(new Vec(0.105, 0, 0.11), Quat.rpy(-Math.PI / 2, 0, -Math.PI / 2));
      frames.add(new Frame("camera_depth_optical_frame", "head", optical));
      frames.add(new Frame("camera_color_optical_frame", "head", optical));
    }
  }
}
