package tandem.deploy.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import tandem.proto.v1.StreamView;
import tandem.ros2.cdr.Float64s;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.JointState;
import tandem.ros2.msg.Time;
import tandem.twin.stream.RawSample;
import tandem.twin.stream.StreamDeclaration;
import tandem.twin.stream.StreamInlet;

/**
 * Joint states a second that one node records, counts and carries into twins, from one thread,
 * without a wire. Each rate is held for the given time; what was dropped, and how long after
 * receipt samples stood in the twin, is told.
 */
final class SamplesBench implements Bench {
  private static final int[] RATES = {2_000, 10_000, 25_000, 50_000, 100_000, 200_000};
  private static final int ROBOTS = 10;

  @Override
  public String name() {
    return "samples";
  }

  @Override
  public String about() {
    return "joint states (27 joints) of 10 robots into one node: recorded, counted, newest"
        + " queryable";
  }

  @Override
  public void run(double seconds, Consumer<Map<String, Object>> report) throws Exception {
    Path data = Files.createTempDirectory("tandem-bench-samples-");
    try (var node = BenchNode.start(data)) {
      var inlets = new ArrayList<StreamInlet>();
      for (int i = 0; i < ROBOTS; i++) {
        String robot = "bench" + i;
        node.admit(robot);
        inlets.add(
            node.runtime()
                .streams()
                .open(
                    new StreamDeclaration(
                        robot,
                        "/" + robot + "/joint_states",
                        JointState.TYPE.name().toString(),
                        JointState.TYPE.hash().toString(),
                        JointState.TYPE.schema(),
                        "reliable",
                        "",
                        false,
                        false)));
      }
      var sequences = new long[ROBOTS];
      for (int rate : RATES) hold(node, inlets, rate, sequences, seconds, report);
    } finally {
      BenchNode.delete(data);
    }
  }

  private void hold(
      BenchNode node,
      List<StreamInlet> inlets,
      int rate,
      long[] sequences,
      double seconds,
      Consumer<Map<String, Object>> report)
      throws Exception {
    var before = totals(node);
    long begin = System.nanoTime(), sent = 0, now = begin;
    byte[] payload = payload();
    for (; now - begin < seconds * 1e9; now = System.nanoTime()) {
      long due = (long) ((now - begin) / 1e9 * rate);
      if (sent >= due) LockSupport.parkNanos(200_000);
      for (; sent < due; sent++) {
        int robot = (int) (sent % ROBOTS);
        long wall = System.currentTimeMillis() * 1_000_000;
        inlets
            .get(robot)
            .receive(
                new RawSample(
                    payload,
                    "gid" + robot,
                    ++sequences[robot],
                    wall,
                    System.nanoTime(),
                    wall,
                    false));
      }
    }
    double took = (System.nanoTime() - begin) / 1e9;
    var after = totals(node);
    report.accept(
        line(
            "robots",
            ROBOTS,
            "payloadBytes",
            payload.length,
            "askedPerSecond",
            rate,
            "samplesPerSecond",
            Math.rint((after.delivered - before.delivered) / took),
            "dropped",
            after.dropped - before.dropped,
            "toTwinP50Ms",
            after.p50,
            "toTwinP99Ms",
            after.p99));
  }

  private record Totals(long delivered, long dropped, double p50, double p99) {}

  private static Totals totals(BenchNode node) throws Exception {
    long delivered = 0, dropped = 0;
    double p50 = 0, p99 = 0;
    for (StreamView stream : BenchNode.get(node.runtime().twins().streams(null))) {
      delivered += stream.getDelivered();
      dropped += stream.getDropped();
      p50 = Math.max(p50, stream.getLatencyMs().getP50());
      p99 = Math.max(p99, stream.getLatencyMs().getP99());
    }
    return new Totals(delivered, dropped, p50, p99);
  }

  private static byte[] payload() {
    var names = IntStream.range(0, 27).mapToObj(i -> "joint_number_" + i).toList();
    var values = Float64s.of(new double[27]);
    return JointState.TYPE.encode(
        new JointState(new Header(Time.ofNanos(1), ""), names, values, values, values));
  }
}
