package tandem.sim.sense;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import tandem.ros2.cdr.Bytes;
import tandem.ros2.cdr.Float32s;
import tandem.ros2.cdr.Float64s;
import tandem.ros2.msg.CameraInfo;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.Image;
import tandem.ros2.msg.LaserScan;
import tandem.ros2.msg.PointCloud2;
import tandem.ros2.msg.PointField;
import tandem.ros2.msg.RegionOfInterest;
import tandem.ros2.msg.Time;
import tandem.sim.body.Humanoid;
import tandem.sim.body.Link;
import tandem.sim.body.Mjcf;
import tandem.sim.body.Scene;
import tandem.sim.body.Solid;
import tandem.sim.engine.EngineData;
import tandem.sim.engine.EngineData.RayCaster;
import tandem.sim.engine.EngineData.SensorView;
import tandem.sim.engine.EngineModel;
import tandem.sim.engine.StateField;

/**
 * LiDAR and camera, by rays on a copy of the state; the robot's own head is invisible to them.
 *
 * <p>First {@link #see} with a copied state, then any of the messages. One thread.
 */
public final class Eyes implements AutoCloseable {
  /** Beams of the planar scan, one turn. */
  public static final int SCAN_BEAMS = 720;

  public static final float SCAN_MIN = 0.1f;
  public static final float SCAN_MAX = 12f;

  private static final int RINGS = 16;
  private static final int COLUMNS = 360;
  private static final double LOWEST_RING = Math.toRadians(-35);
  private static final double HIGHEST_RING = Math.toRadians(10);
  private static final double POINTS_MAX = 20;
  private static final int POINT_BYTES = 20;

  /** Camera image, pixels. */
  public static final int WIDTH = 160;

  public static final int HEIGHT = 120;

  /** Focal length in pixels: 70 degrees across. */
  public static final double FOCAL = WIDTH / 2.0 / Math.tan(Math.toRadians(35));

  private static final double CAMERA_MAX = 10;

  private static final List<PointField> FIELDS =
      List.of(
          new PointField("x", 0, PointField.FLOAT32, 1),
          new PointField("y", 4, PointField.FLOAT32, 1),
          new PointField("z", 8, PointField.FLOAT32, 1),
          new PointField("intensity", 12, PointField.FLOAT32, 1),
          new PointField("time", 16, PointField.FLOAT32, 1));

  private final EngineData data;
  private final Fan scan;
  private final Fan cloud;
  private final Fan camera;
  private final float[][] colors;
  private final int floor;

  /** A pair of eyes for robots of this model; the model is not closed with them. */
  public Eyes(EngineModel model, Humanoid body, Scene scene) {
    data = model.newData();
    boolean[] visible = new boolean[6];
    Arrays.fill(visible, true);
    visible[Mjcf.GROUP_HEAD] = false;
    scan = new Fan("lidar_link", SCAN_BEAMS, SCAN_MAX, visible);
    for (int i = 0; i < SCAN_BEAMS; i++) {
      double bearing = -Math.PI + i * 2 * Math.PI / SCAN_BEAMS;
      scan.direction(i, Math.cos(bearing), Math.sin(bearing), 0);
    }
    cloud = new Fan("lidar_link", RINGS * COLUMNS, POINTS_MAX, visible);
    for (int ring = 0; ring < RINGS; ring++) {
      double up = LOWEST_RING + ring * (HIGHEST_RING - LOWEST_RING) / (RINGS - 1);
      for (int column = 0; column < COLUMNS; column++) {
        double bearing = -Math.PI + column * 2 * Math.PI / COLUMNS;
        cloud.direction(
            ring * COLUMNS + column,
            Math.cos(up) * Math.cos(bearing),
            Math.cos(up) * Math.sin(bearing),
            Math.sin(up));
      }
    }
    camera = new Fan("camera_depth_optical_frame", WIDTH * HEIGHT, 2 * CAMERA_MAX, visible);
    for (int v = 0; v < HEIGHT; v++) {
      for (int u = 0; u < WIDTH; u++) {
        double x = (u - (WIDTH - 1) / 2.0) / FOCAL;
        double y = (v - (HEIGHT - 1) / 2.0) / FOCAL;
        double n = Math.sqrt(x * x + y * y + 1);
        camera.direction(v * WIDTH + u, x / n, y / n, 1 / n);
      }
    }
    colors = colors(model, body, scene);
    floor = model.find(EngineModel.Kind.GEOM, "floor").orElse(-1);
  }

  private static float[][] colors(EngineModel model, Humanoid body, Scene scene) {
    var colors = new float[4096][];
    for (int i = 0; i < scene.solids().size(); i++) {
      put(colors, model, Scene.geomName(i), scene.solids().get(i).color());
    }
    for (Link link : body.links()) {
      for (int i = 0; i < link.solids().size(); i++) {
        put(colors, model, Mjcf.geomName(link, i), link.solids().get(i).color());
      }
    }
    return colors;
  }

  private static void put(float[][] colors, EngineModel model, String geom, Solid.Color color) {
    model
        .find(EngineModel.Kind.GEOM, geom)
        .ifPresent(
            id -> {
              if (id < colors.length) {
                colors[id] =
                    new float[] {(float) color.red(), (float) color.green(), (float) color.blue()};
              }
            });
  }

  /** A bundle of rays fixed to a frame of the robot. */
  private final class Fan {
    private final String frame;
    private final RayCaster rays;
    private final float[] inFrame;
    private final SensorView position;
    private final SensorView orientation;
    private final double[] toWorld = new double[9];

    Fan(String frame, int count, double cutoff, boolean[] visible) {
      this.frame = frame;
      rays = data.rays(count, cutoff, visible);
      inFrame = new float[3 * count];
      position = data.sensor(frame + "_position", 3);
      orientation = data.sensor(frame + "_orientation", 4);
    }

    void direction(int i, double x, double y, double z) {
      inFrame[3 * i] = (float) x;
      inFrame[3 * i + 1] = (float) y;
      inFrame[3 * i + 2] = (float) z;
    }

    void cast() {
      double w = orientation.at(0);
      double x = orientation.at(1);
      double y = orientation.at(2);
      double z = orientation.at(3);
      double[] r = toWorld;
      r[0] = 1 - 2 * (y * y + z * z);
      r[1] = 2 * (x * y - w * z);
      r[2] = 2 * (x * z + w * y);
      r[3] = 2 * (x * y + w * z);
      r[4] = 1 - 2 * (x * x + z * z);
      r[5] = 2 * (y * z - w * x);
      r[6] = 2 * (x * z - w * y);
      r[7] = 2 * (y * z + w * x);
      r[8] = 1 - 2 * (x * x + y * y);
      for (int i = 0; i < rays.count(); i++) {
        float a = inFrame[3 * i];
        float b = inFrame[3 * i + 1];
        float c = inFrame[3 * i + 2];
        rays.direction(
            i,
            r[0] * a + r[1] * b + r[2] * c,
            r[3] * a + r[4] * b + r[5] * c,
            r[6] * a + r[7] * b + r[8] * c);
      }
      rays.cast(position.at(0), position.at(1), position.at(2));
    }

    /** World coordinate of where ray {@code i} ends; {@code axis} 0..2. */
    double hit(int i, int axis) {
      double d =
          toWorld[3 * axis] * inFrame[3 * i]
              + toWorld[3 * axis + 1] * inFrame[3 * i + 1]
              + toWorld[3 * axis + 2] * inFrame[3 * i + 2];
      return position.at(axis) + rays.distance(i) * d;
    }
  }

  /** Takes over a state: positions of root and joints as the engine has them; not kept. */
  public void see(double[] positions) {
    data.set(StateField.QPOS, positions);
    data.forward();
  }

  /** One turn in the plane of lidar_link; inf: no return, -inf: nearer than the range begins. */
  public LaserScan scan(Time stamp) {
    scan.cast();
    var ranges = new float[SCAN_BEAMS];
    for (int i = 0; i < SCAN_BEAMS; i++) {
      double distance = scan.rays.distance(i);
      ranges[i] =
          distance < 0 || distance > SCAN_MAX
              ? Float.POSITIVE_INFINITY
              : distance < SCAN_MIN ? Float.NEGATIVE_INFINITY : (float) distance;
    }
    float increment = (float) (2 * Math.PI / SCAN_BEAMS);
    return new LaserScan(
        new Header(stamp, scan.frame),
        (float) -Math.PI,
        (float) (Math.PI - 2 * Math.PI / SCAN_BEAMS),
        increment,
        0,
        0.1f,
        SCAN_MIN,
        SCAN_MAX,
        Float32s.of(ranges),
        Float32s.EMPTY);
  }

  /** Points that returned, in lidar_link; time 0 because all rays leave at once. */
  public PointCloud2 points(Time stamp) {
    cloud.cast();
    var bytes =
        ByteBuffer.allocate(POINT_BYTES * cloud.rays.count()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < cloud.rays.count(); i++) {
      float distance = (float) cloud.rays.distance(i);
      if (distance < 0 || distance > POINTS_MAX) continue;
      bytes
          .putFloat(distance * cloud.inFrame[3 * i])
          .putFloat(distance * cloud.inFrame[3 * i + 1])
          .putFloat(distance * cloud.inFrame[3 * i + 2])
          .putFloat((float) cloud.rays.incidence(i))
          .putFloat(0);
    }
    int count = bytes.position() / POINT_BYTES;
    return new PointCloud2(
        new Header(stamp, cloud.frame),
        1,
        count,
        FIELDS,
        false,
        POINT_BYTES,
        (long) POINT_BYTES * count,
        Bytes.of(Arrays.copyOf(bytes.array(), bytes.position())),
        true);
  }

  /** Casts the camera's rays; {@link #depth} and {@link #color} are of this moment. */
  public void shoot() {
    camera.cast();
  }

  /** REP-118: millimetres along the optical axis, 0: nothing measured. */
  public Image depth(Time stamp) {
    var bytes = new byte[2 * WIDTH * HEIGHT];
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
      double distance = camera.rays.distance(i);
      double z = distance * camera.inFrame[3 * i + 2];
      int millimetres = distance < 0 || z > CAMERA_MAX ? 0 : (int) Math.round(1000 * z);
      bytes[2 * i] = (byte) millimetres;
      bytes[2 * i + 1] = (byte) (millimetres >> 8);
    }
    return new Image(
        new Header(stamp, "camera_depth_optical_frame"),
        HEIGHT,
        WIDTH,
        "16UC1",
        0,
        2L * WIDTH,
        Bytes.of(bytes));
  }

  /** Colour of what is hit, brighter where the surface faces the camera; a chequered floor. */
  public Image color(Time stamp) {
    var bytes = new byte[3 * WIDTH * HEIGHT];
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
      int geom = camera.rays.distance(i) < 0 ? -1 : camera.rays.geom(i);
      float red;
      float green;
      float blue;
      if (geom < 0) {
        float up = 0.15f * (1 - (float) (i / WIDTH) / HEIGHT);
        red = 0.62f + up;
        green = 0.70f + up;
        blue = 0.80f + up;
      } else {
        float light = 0.35f + 0.65f * (float) camera.rays.incidence(i);
        if (geom == floor) {
          long tile =
              Math.floorMod(
                  (long) Math.floor(2 * camera.hit(i, 0)) + (long) Math.floor(2 * camera.hit(i, 1)),
                  2L);
          red = green = blue = light * (tile == 0 ? 0.50f : 0.62f);
        } else {
          float[] color = geom < colors.length ? colors[geom] : null;
          red = light * (color == null ? 0.5f : color[0]);
          green = light * (color == null ? 0.5f : color[1]);
          blue = light * (color == null ? 0.5f : color[2]);
        }
      }
      bytes[3 * i] = (byte) Math.round(255 * red);
      bytes[3 * i + 1] = (byte) Math.round(255 * green);
      bytes[3 * i + 2] = (byte) Math.round(255 * blue);
    }
    return new Image(
        new Header(stamp, "camera_color_optical_frame"),
        HEIGHT,
        WIDTH,
        "rgb8",
        0,
        3L * WIDTH,
        Bytes.of(bytes));
  }

  /** An ideal pinhole; {@code frame} is the image's. */
  public CameraInfo info(Time stamp, String frame) {
    double cx = (WIDTH - 1) / 2.0;
    double cy = (HEIGHT - 1) / 2.0;
    return new CameraInfo(
        new Header(stamp, frame),
        HEIGHT,
        WIDTH,
        "plumb_bob",
        Float64s.of(0, 0, 0, 0, 0),
        Float64s.of(FOCAL, 0, cx, 0, FOCAL, cy, 0, 0, 1),
        Float64s.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
        Float64s.of(FOCAL, 0, cx, 0, 0, FOCAL, cy, 0, 0, 0, 1, 0),
        0,
        0,
        RegionOfInterest.WHOLE);
  }

  @Override
  public void close() {
    data.close();
  }
}
