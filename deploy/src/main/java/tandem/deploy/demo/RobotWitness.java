package tandem.deploy.demo;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.proto.v1.GuardStatus;
import tandem.ros2.Qos;
import tandem.ros2.msg.DiagnosticArray;
import tandem.ros2.node.Ros2Node;
import tandem.ros2.node.Ros2Sample;
import tandem.ros2.node.Subscription;
import tandem.zenoh.Declared;
import tandem.zenoh.Sample;
import tandem.zenoh.Session;

/**
 * Listens to what the demo's robots and guards say about themselves, for the summary: steps and
 * falls from /diagnostics, counters from the guard's status. Thread-safe.
 */
final class RobotWitness implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RobotWitness.class);

  /**
   * One reading of the robot's own count of simulation steps.
   *
   * @param atNanos {@code System.nanoTime()} at its receipt
   */
  record Steps(long count, long atNanos) {}

  private final Ros2Node node;
  private final Subscription<DiagnosticArray> diagnostics;
  private final Declared statuses;
  private final Map<String, Steps> steps = new HashMap<>();
  private final Map<String, Long> falls = new HashMap<>();
  private final Map<String, GuardStatus> guards = new HashMap<>();

  RobotWitness(Session session, int domain) {
    node = new Ros2Node(session, domain, "/", "tandem_demo");
    diagnostics =
        node.subscribe("/diagnostics", DiagnosticArray.TYPE, Qos.reliable(10), this::diagnosed);
    statuses = session.declareSubscriber("tandem/guard/*/status", this::status);
  }

  private void diagnosed(Ros2Sample<DiagnosticArray> sample) {
    synchronized (this) {
      for (var status : sample.message().status()) {
        String robot = status.hardwareId();
        for (var value : status.values()) {
          switch (value.key()) {
            case "steps" ->
                number(value.value())
                    .ifPresent(
                        n -> steps.put(robot, new Steps(n, sample.sample().receivedNanos())));
            case "falls" -> number(value.value()).ifPresent(n -> falls.put(robot, n));
            default -> {}
          }
        }
      }
      notifyAll();
    }
  }

  private void status(Sample sample) {
    if (sample.kind() != Sample.Kind.PUT) return;
    try {
      var status = GuardStatus.parseFrom(sample.payload());
      synchronized (this) {
        guards.put(status.getRobot(), status);
        notifyAll();
      }
    } catch (InvalidProtocolBufferException e) {
      LOG.warn("guard status on {} not readable: {}", sample.key(), e.getMessage());
    }
  }

  synchronized Optional<Steps> steps(String robot) {
    return Optional.ofNullable(steps.get(robot));
  }

  /** The next reading after this one, waited for. */
  synchronized Optional<Steps> stepsAfter(String robot, Steps before, long deadlineNanos) {
    while (before != null && before.equals(steps.get(robot)) || steps.get(robot) == null) {
      long left = (deadlineNanos - System.nanoTime()) / 1_000_000;
      if (left <= 0) return Optional.empty();
      try {
        wait(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Optional.empty();
      }
    }
    return steps(robot);
  }

  synchronized long falls(String robot) {
    return falls.getOrDefault(robot, 0L);
  }

  synchronized Optional<GuardStatus> guard(String robot) {
    return Optional.ofNullable(guards.get(robot));
  }

  private static Optional<Long> number(String text) {
    try {
      return Optional.of(Long.parseLong(text.strip()));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    statuses.close();
    diagnostics.close();
    node.close();
  }
}
