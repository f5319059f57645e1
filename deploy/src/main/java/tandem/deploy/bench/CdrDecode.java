package tandem.deploy.bench;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import tandem.ros2.cdr.Bytes;
import tandem.ros2.cdr.Float32s;
import tandem.ros2.cdr.Float64s;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.Image;
import tandem.ros2.msg.Imu;
import tandem.ros2.msg.JointState;
import tandem.ros2.msg.LaserScan;
import tandem.ros2.msg.MessageType;
import tandem.ros2.msg.PointCloud2;
import tandem.ros2.msg.PointField;
import tandem.ros2.msg.Quaternion;
import tandem.ros2.msg.Time;
import tandem.ros2.msg.Vector3;

/** CDR to records and back, one thread: the five types that make up a robot's traffic. */
final class CdrDecode implements Bench {
  private static final Header HEADER = new Header(Time.ofNanos(1), "base_link");
  private static final Float64s NINE = Float64s.of(new double[9]);
  private volatile Object sink;

  @Override
  public String name() {
    return "cdr";
  }

  @Override
  public String about() {
    return "CDR of JointState (29 joints), Imu, LaserScan (1,080), PointCloud2 (16,384), Image"
        + " (640x480)";
  }

  @Override
  public void run(double seconds, Consumer<Map<String, Object>> report) {
    var names = IntStream.range(0, 29).mapToObj(i -> "joint_number_" + i).toList();
    var joints = Float64s.of(new double[29]);
    both(JointState.TYPE, new JointState(HEADER, names, joints, joints, joints), seconds, report);
    both(
        Imu.TYPE,
        new Imu(HEADER, Quaternion.IDENTITY, NINE, Vector3.ZERO, NINE, Vector3.ZERO, NINE),
        seconds,
        report);
    both(
        LaserScan.TYPE,
        new LaserScan(
            HEADER, -1, 1, 0.01f, 0, 0.1f, 0.1f, 10, Float32s.of(new float[1080]), Float32s.EMPTY),
        seconds,
        report);
    var fields =
        List.of(
            new PointField("x", 0, PointField.FLOAT32, 1),
            new PointField("y", 4, PointField.FLOAT32, 1),
            new PointField("z", 8, PointField.FLOAT32, 1),
            new PointField("intensity", 12, PointField.FLOAT32, 1));
    both(
        PointCloud2.TYPE,
        new PointCloud2(
            HEADER,
            1,
            16_384,
            fields,
            false,
            16,
            16 * 16_384,
            Bytes.of(new byte[16 * 16_384]),
            true),
        seconds,
        report);
    both(
        Image.TYPE,
        new Image(HEADER, 480, 640, "rgb8", 0, 1920, Bytes.of(new byte[1920 * 480])),
        seconds,
        report);
  }

  private <T> void both(
      MessageType<T> type, T message, double seconds, Consumer<Map<String, Object>> report) {
    byte[] cdr = type.encode(message);
    measure(type, "decode", cdr.length, seconds, () -> sink = type.decode(cdr), report);
    measure(type, "encode", cdr.length, seconds, () -> sink = type.encode(message), report);
  }

  private void measure(
      MessageType<?> type,
      String way,
      int bytes,
      double seconds,
      Runnable once,
      Consumer<Map<String, Object>> report) {
    count(once, seconds / 2); // warms up
    double rate = count(once, seconds);
    report.accept(
        line(
            "type",
            type.name().toString(),
            "way",
            way,
            "payloadBytes",
            bytes,
            "messagesPerSecond",
            Math.rint(rate),
            "megabytesPerSecond",
            Math.rint(rate * bytes / 1e4) / 100));
  }

  private static double count(Runnable once, double seconds) {
    long begin = System.nanoTime(), now = begin, done = 0;
    for (; now - begin < seconds * 1e9; now = System.nanoTime()) {
      for (int i = 0; i < 64; i++) once.run();
      done += 64;
    }
    return done / ((now - begin) / 1e9);
  }
}
