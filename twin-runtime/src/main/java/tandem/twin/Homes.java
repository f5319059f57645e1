package tandem.twin;

import akka.actor.Address;
import akka.actor.typed.ActorSystem;
import akka.cluster.sharding.ShardCoordinator.ShardAllocationStrategy;
import akka.cluster.sharding.external.ExternalShardAllocation;
import akka.cluster.sharding.external.ExternalShardAllocationStrategy;
import akka.cluster.sharding.typed.ShardingEnvelope;
import akka.cluster.sharding.typed.ShardingMessageExtractor;
import akka.cluster.typed.Cluster;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import tandem.twin.robot.RobotTwin;

/**
 * Which twins live on this node, and how one comes here: with its robot's gateway. Each robot is a
 * shard of its own, whose place is said by the node that has the robot in contact; a twin whose
 * node is gone starts where it is next asked for. Thread-safe.
 */
final class Homes {
  /** Code of a refusal: the twin lives elsewhere by now. */
  static final String MOVED = "tandem.twin.moved";

  private static final Duration COMES_WITHIN = Duration.ofSeconds(10);
  private static final Duration ASKED_EVERY = Duration.ofMillis(50);

  private final ActorSystem<?> system;
  private final Address self;
  private final boolean alone;
  private final Set<String> here = ConcurrentHashMap.newKeySet();
  private final ConcurrentMap<String, CompletableFuture<Void>> coming = new ConcurrentHashMap<>();

  /**
   * @param alone this site has one node: every twin lives here
   */
  Homes(ActorSystem<?> system, boolean alone) {
    this.system = system;
    this.alone = alone;
    self = Cluster.get(system).selfMember().address();
  }

  boolean isAlone() {
    return alone;
  }

  /** For people: host and port of this node. */
  String node() {
    return self.hostPort();
  }

  /** A shard for each robot. */
  static final class Shards
      extends ShardingMessageExtractor<ShardingEnvelope<RobotTwin.Message>, RobotTwin.Message> {
    @Override
    public String entityId(ShardingEnvelope<RobotTwin.Message> envelope) {
      return envelope.entityId();
    }

    @Override
    public String shardId(String robot) {
      return robot;
    }

    @Override
    public RobotTwin.Message unwrapMessage(ShardingEnvelope<RobotTwin.Message> envelope) {
      return envelope.message();
    }
  }

  /** Where a twin is put that runs nowhere. */
  ShardAllocationStrategy allocation() {
    return ExternalShardAllocationStrategy.create(system, TwinRegion.KEY.name());
  }

  boolean isHere(String robot) {
    return alone || here.contains(robot);
  }

  void began(String robot) {
    here.add(robot);
    CompletableFuture<Void> waiting = coming.remove(robot);
    if (waiting != null) waiting.complete(null);
  }

  void ended(String robot) {
    here.remove(robot);
  }

  /**
   * Brings a twin to this node.
   *
   * @param wake sends the twin a message, which starts it where it belongs
   */
  CompletionStage<Void> bring(String robot, Consumer<String> wake) {
    if (isHere(robot)) return CompletableFuture.completedStage(null);
    ExternalShardAllocation.get(system)
        .getClient(TwinRegion.KEY.name())
        .setShardLocation(robot, self);
    var comes =
        coming.computeIfAbsent(
            robot,
            name ->
                new CompletableFuture<Void>()
                    .orTimeout(COMES_WITHIN.toMillis(), TimeUnit.MILLISECONDS));
    wakeUntil(robot, wake, comes);
    if (here.contains(robot)) began(robot); // it came in between
    return comes.whenComplete((done, late) -> coming.remove(robot, comes));
  }

  private void wakeUntil(String robot, Consumer<String> wake, CompletableFuture<Void> comes) {
    if (comes.isDone()) return;
    wake.accept(robot);
    system
        .scheduler()
        .scheduleOnce(ASKED_EVERY, () -> wakeUntil(robot, wake, comes), system.executionContext());
  }
}
