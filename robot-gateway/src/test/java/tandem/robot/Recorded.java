package tandem.robot;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.RobotProfile;
import tandem.twin.robot.GuardPort;
import tandem.twin.robot.RobotDoor;
import tandem.twin.stream.RawSample;
import tandem.twin.stream.StreamDeclaration;
import tandem.twin.stream.StreamInlet;
import tandem.twin.stream.Streams;

/** A twin runtime that only remembers what it was told. */
public final class Recorded implements RobotDoor, Streams {
  public final List<Admission> admitted = new CopyOnWriteArrayList<>();
  public final List<String> lost = new CopyOnWriteArrayList<>();
  public final List<String> conflicts = new CopyOnWriteArrayList<>();
  public final Map<String, RobotProfile> profiles = new ConcurrentHashMap<>();
  public final Map<String, GuardPort> ports = new ConcurrentHashMap<>();
  public final Map<String, GuardStatus> statuses = new ConcurrentHashMap<>();
  public final Map<String, List<GuardLogRecord>> logs = new ConcurrentHashMap<>();
  public final List<String> foreign = new CopyOnWriteArrayList<>();
  public final Map<String, Inlet> inlets = new ConcurrentHashMap<>();
  public final Map<String, Long> unassigned = new ConcurrentHashMap<>();

  /** So many times the twin does not wake. */
  public final AtomicInteger asleep = new AtomicInteger();

  /** One stream. */
  public static final class Inlet implements StreamInlet {
    public final StreamDeclaration declaration;
    public final List<RawSample> samples = new ArrayList<>();
    public final Map<String, Long> dropped = new ConcurrentHashMap<>();
    public final List<String> gone = new CopyOnWriteArrayList<>();
    public final List<String> poisoned = new CopyOnWriteArrayList<>();

    Inlet(StreamDeclaration declaration) {
      this.declaration = declaration;
    }

    @Override
    public synchronized void receive(RawSample sample) {
      samples.add(sample);
    }

    public synchronized List<RawSample> received() {
      return List.copyOf(samples);
    }

    @Override
    public void dropped(String place, long count) {
      dropped.merge(place, count, Long::sum);
    }

    @Override
    public void publisherGone(String publisher) {
      gone.add(publisher);
    }

    @Override
    public void reject(RawSample sample, String place, String why) {
      dropped(place, 1);
      poisoned.add(why);
    }
  }

  @Override
  public StreamInlet open(StreamDeclaration declaration) {
    return inlets.computeIfAbsent(
        declaration.robot() + " " + declaration.topic(), absent -> new Inlet(declaration));
  }

  @Override
  public void close(String robot) {}

  @Override
  public void unassigned(String topic, long samples) {
    unassigned.merge(topic, samples, Long::sum);
  }

  public List<RawSample> samples(String robot, String topic) {
    Inlet inlet = inlets.get(robot + " " + topic);
    return inlet == null ? List.of() : inlet.received();
  }

  @Override
  public CompletionStage<Void> admitted(Admission admission) {
    admitted.add(admission);
    if (asleep.getAndDecrement() > 0) {
      return CompletableFuture.failedFuture(new IllegalStateException("the twin is slow"));
    }
    return CompletableFuture.completedFuture(null);
  }

  public List<String> names() {
    return admitted.stream().map(Admission::robot).toList();
  }

  @Override
  public void contactLost(String robot, String why) {
    lost.add(robot);
  }

  @Override
  public void nameConflict(String robot, String holder, String refused) {
    conflicts.add(robot + " held by " + holder + ", refused " + refused);
  }

  @Override
  public void profile(RobotProfile profile) {
    profiles.put(profile.getRobot(), profile);
  }

  @Override
  public void guard(String robot, GuardPort port) {
    if (port == null) {
      ports.remove(robot);
    } else {
      ports.put(robot, port);
    }
  }

  @Override
  public void guardStatus(GuardStatus status) {
    statuses.put(status.getRobot(), status);
  }

  @Override
  public CompletionStage<Void> guardLog(String robot, List<GuardLogRecord> records) {
    List<GuardLogRecord> known =
        logs.computeIfAbsent(robot, absent -> new CopyOnWriteArrayList<>());
    for (GuardLogRecord record : records)
      if (known.stream().noneMatch(one -> one.getNumber() == record.getNumber())) known.add(record);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void foreignAuthority(String robot, String topic, String publisher, boolean refused) {
    foreign.add(robot + " " + topic + " " + publisher + " refused=" + refused);
  }

  /** Waits for a condition, at most 20 s, and says on failure what it saw. */
  public void await(String what, BooleanSupplier condition) {
    awaiting(what, condition, this::toString);
  }

  public static void awaiting(
      String what, BooleanSupplier condition, java.util.function.Supplier<?> seen) {
    long end = System.nanoTime() + 20_000_000_000L;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not within 20 s: " + what + "; seen: " + seen.get());
      }
      java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
    }
  }

  @Override
  public String toString() {
    return "admitted "
        + admitted
        + ", lost "
        + lost
        + ", conflicts "
        + conflicts
        + ", streams "
        + inlets.entrySet().stream()
            .map(one -> one.getKey() + ":" + one.getValue().received().size())
            .sorted()
            .toList()
        + ", unassigned "
        + unassigned
        + ", foreign "
        + foreign
        + ", profiles "
        + profiles.keySet()
        + ", guards "
        + statuses
        + ", logs "
        + logs;
  }
}
