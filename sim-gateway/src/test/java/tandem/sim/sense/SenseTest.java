package tandem.sim.sense;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.ros2.msg.Image;
import tandem.ros2.msg.MessageType;
import tandem.ros2.msg.PointCloud2;
import tandem.ros2.msg.Time;
import tandem.sim.Peers;
import tandem.sim.body.Humanoid;
import tandem.sim.body.Mjcf;
import tandem.sim.body.Pose;
import tandem.sim.body.Scene;
import tandem.sim.body.Shape;
import tandem.sim.body.Solid;
import tandem.sim.control.Pushes;
import tandem.sim.control.SimulatedHumanoid;
import tandem.sim.engine.EngineModel;

/** Sensors in a world of one wall whose distances are known. */
class SenseTest {
  private static final Humanoid BODY = Humanoid.standard();
  private static final Time STAMP = new Time(1_700_000_000, 5);
  private static final double WALL_AT = 3.0;
  private static final Scene WALL =
      new Scene(
          List.of(
              new Solid(
                  new Shape.Box(0.2, 2.0, 4.0),
                  Pose.at(WALL_AT + 0.1, 0, 2),
                  new Solid.Color(0.8, 0.2, 0.1))));
  private EngineModel model;
  private SimulatedHumanoid robot;
  private Eyes eyes;

  @BeforeEach
  void stand() {
    model = Peers.engine().compile("wall", Mjcf.write(BODY, WALL, 0.002, false));
    robot = new SimulatedHumanoid(BODY, model, 0.002, Pushes.none());
    eyes = new Eyes(model, BODY, WALL);
    eyes.see(robot.positions());
  }

  @AfterEach
  void close() {
    if (model == null) return;
    eyes.close();
    robot.close();
    model.close();
  }

  @Test
  void shouldScanTheWallAndNothingElse() {
    var scan = eyes.scan(STAMP);

    assertThat(scan.ranges().size()).isEqualTo(Eyes.SCAN_BEAMS);
    assertThat(scan.header().frameId()).isEqualTo("lidar_link");
    for (int i = 0; i < scan.ranges().size(); i++) {
      double bearing = scan.angleMin() + i * scan.angleIncrement();
      boolean onWall = Math.cos(bearing) > 0 && Math.abs(WALL_AT * Math.tan(bearing)) < 0.98;
      boolean beside = Math.cos(bearing) <= 0 || Math.abs(WALL_AT * Math.tan(bearing)) > 1.05;
      if (onWall) {
        assertThat(scan.ranges().get(i))
            .isCloseTo((float) (WALL_AT / Math.cos(bearing)), offset(0.01f));
      } else if (beside) {
        assertThat(scan.ranges().get(i)).isEqualTo(Float.POSITIVE_INFINITY);
      }
    }
  }

  @Test
  void shouldMeasureDepthAlongTheOpticalAxisAndZeroWhereNothingIs() {
    eyes.shoot();
    Image depth = eyes.depth(STAMP);
    Image color = eyes.color(STAMP);

    assertThat(depth.encoding()).isEqualTo("16UC1");
    int row = Eyes.HEIGHT / 2;
    for (int u = 60; u < 100; u++) {
      assertThat(millimetres(depth, row, u))
          .isCloseTo((int) Math.round(1000 * (WALL_AT - 0.105)), offset(15));
      int at = 3 * (row * Eyes.WIDTH + u);
      assertThat(color.data().unsigned(at)).isGreaterThan(2 * color.data().unsigned(at + 1));
    }
    assertThat(millimetres(depth, 0, 0)).as("sky beside the wall").isZero();
    assertThat(millimetres(depth, Eyes.HEIGHT - 1, Eyes.WIDTH / 2)).as("floor").isPositive();
    assertThat(color.data().size()).isEqualTo(3 * Eyes.WIDTH * Eyes.HEIGHT);
    var info = eyes.info(STAMP, "camera_depth_optical_frame");
    assertThat(info.k().get(0)).isCloseTo(114.25, offset(0.01));
    assertThat(info.header().stamp()).isEqualTo(depth.header().stamp());
  }

  private static int millimetres(Image depth, int v, int u) {
    int at = 2 * (v * Eyes.WIDTH + u);
    return depth.data().unsigned(at) | depth.data().unsigned(at + 1) << 8;
  }

  @Test
  void shouldGiveOnlyPointsThatReturned() {
    PointCloud2 cloud = eyes.points(STAMP);

    assertThat(cloud.width()).isBetween(1000L, 16 * 360L);
    assertThat(cloud.data().size()).isEqualTo((int) (cloud.width() * cloud.pointStep()));
    ByteBuffer points = cloud.data().buffer();
    int wall = 0;
    double height = 1.0;
    for (int i = 0; i < cloud.width(); i++) {
      float x = points.getFloat(20 * i);
      float y = points.getFloat(20 * i + 4);
      float z = points.getFloat(20 * i + 8);
      assertThat(Math.sqrt(x * x + y * y + z * z)).isLessThan(20.001);
      if (Math.abs(x - WALL_AT) < 0.01 && Math.abs(y) < 1) wall++;
      height = Math.max(height, -z);
    }
    assertThat(wall).isGreaterThan(100);
    assertThat(height).as("lidar over the floor").isCloseTo(1.54, offset(0.03));
  }

  @Test
  void shouldDrainTheBattery() {
    var battery = new Battery();
    double before = battery.percentage();
    for (int i = 0; i < 500; i++) robot.step();
    battery.drain(robot, 600);

    assertThat(battery.percentage()).isBetween(before - 0.1, before - 0.01);
    assertThat(battery.message(STAMP).current()).isNegative();
  }

  @Test
  void shouldBeUnderstoodByAForeignReader(@TempDir Path folder) throws Exception {
    for (int i = 0; i < 10; i++) robot.step();
    eyes.shoot();
    var messages = new Messages(BODY);
    write(
        folder, "joint_states", tandem.ros2.msg.JointState.TYPE, messages.jointState(robot, STAMP));
    write(folder, "imu", tandem.ros2.msg.Imu.TYPE, messages.imu(robot, STAMP));
    write(folder, "odom", tandem.ros2.msg.Odometry.TYPE, messages.odometry(robot, STAMP));
    write(folder, "tf", tandem.ros2.msg.TFMessage.TYPE, messages.transforms(robot, STAMP));
    write(folder, "tf_static", tandem.ros2.msg.TFMessage.TYPE, messages.fixedTransforms(STAMP));
    write(folder, "left", tandem.ros2.msg.WrenchStamped.TYPE, messages.leftWrench(robot, STAMP));
    write(folder, "scan", tandem.ros2.msg.LaserScan.TYPE, eyes.scan(STAMP));
    write(folder, "points", PointCloud2.TYPE, eyes.points(STAMP));
    write(folder, "depth", Image.TYPE, eyes.depth(STAMP));
    write(folder, "color", Image.TYPE, eyes.color(STAMP));
    write(folder, "info", tandem.ros2.msg.CameraInfo.TYPE, eyes.info(STAMP, "camera"));
    write(folder, "battery", tandem.ros2.msg.BatteryState.TYPE, new Battery().message(STAMP));

    String said = Peers.python("cdr_round_trip.py", folder);

    assertThat(said.lines().filter(line -> line.startsWith("{"))).hasSize(12);
    assertThat(said).doesNotContain("\"equal\": false");
    assertThat(said).contains("\"frame\": \"imu_link\", \"stamp\": 1700000000");
  }

  private static <T> void write(Path folder, String topic, MessageType<T> type, T message)
      throws Exception {
    String name = type.name().toString().replace('/', '.');
    Files.write(folder.resolve(name + "." + topic + ".cdr"), type.encode(message));
  }
}
