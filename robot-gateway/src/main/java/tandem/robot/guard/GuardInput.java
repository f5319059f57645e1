package tandem.robot.guard;

import java.util.List;
import java.util.Optional;
import tandem.proto.v1.GuardRequest;

/** Everything that can happen to a guard; its samples come beside it, as {@link Body}. */
public sealed interface GuardInput {
  /**
   * Somebody asks.
   *
   * @param fromGateway it came over a link to a gateway, not over the guard's own listener, where
   *     only stop and cancel are taken
   * @param replyTo number that the answer carries
   */
  record Request(GuardRequest request, boolean fromGateway, long replyTo) implements GuardInput {}

  /**
   * How a {@link GuardEffect.Store} ended, by its number; {@code why} is empty when it is on disk.
   */
  record Stored(long number, boolean ok, String why) implements GuardInput {}

  /** How the publication of a command ended; {@code why} is empty when it went out. */
  record Published(String commandId, boolean ok, String why) implements GuardInput {}

  /**
   * An action goal ended.
   *
   * @param commandId empty for a hold of the guard's own, which is told only where it was rejected;
   *     one that is not running any more is no news
   * @param status {@code succeeded}, {@code aborted}, {@code canceled}, {@code rejected}; {@code
   *     gone} where the server knows nothing that runs; {@code lost} where what became of it cannot
   *     be heard
   * @param why the action's own words; may be empty
   */
  record GoalEnded(String commandId, String status, String why) implements GuardInput {}

  /** Time went on; at least every 50 ms. */
  record Tick() implements GuardInput {}

  /** Who listens on the robot's side, newly looked at. */
  record Seen(Presence presence) implements GuardInput {}

  /** A publisher that is not this guard, on a command topic; {@code refused}: it reached nobody. */
  record Foreign(String topic, String publisher, boolean refused) implements GuardInput {}

  /** The process is asked to end: nothing new moves, what moves is brought to hold. */
  record Ending(String why) implements GuardInput {}

  /** The robot described its body. */
  record Described(tandem.proto.body.Body model) implements GuardInput {}

  /**
   * The robot's subscribers and action servers that the guard sees, and who else publishes there.
   *
   * @param path {@code robot} or {@code node}: the one link on which it publishes
   * @param foreigners who else is seen as a publisher of what these listen to
   */
  record Presence(String path, List<Listener> listeners, List<String> foreigners) {
    public static final Presence NONE = new Presence("node", List.of());

    public Presence {
      listeners = List.copyOf(listeners);
      foreigners = List.copyOf(foreigners);
    }

    public Presence(String path, List<Listener> listeners) {
      this(path, listeners, List.of());
    }

    Optional<Listener> on(String topic, String type) {
      return listeners.stream()
          .filter(listener -> listener.topic().equals(topic) && listener.type().equals(type))
          .findFirst();
    }
  }

  /**
   * One subscriber of the robot: ROS name with leading slash, {@code pkg/msg/Type}, RIHS01 text.
   */
  record Listener(String topic, String type, String typeHash) {}
}
