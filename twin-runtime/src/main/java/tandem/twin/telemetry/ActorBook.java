package tandem.twin.telemetry;

import akka.actor.ActorPath;
import akka.actor.ActorSystem;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The actors of one system that were seen by {@link CountingMailbox}, by path. Thread-safe. An
 * actor is in the book from its first message queue to its stop.
 */
final class ActorBook {
  private static final Map<ActorSystem, ActorBook> BOOKS =
      Collections.synchronizedMap(new WeakHashMap<>());

  private final ConcurrentSkipListMap<String, ActorStats> actors = new ConcurrentSkipListMap<>();

  static ActorBook of(ActorSystem system) {
    return BOOKS.computeIfAbsent(system, unused -> new ActorBook());
  }

  static String key(ActorPath path) {
    return path.toStringWithoutAddress();
  }

  void enter(ActorStats stats) {
    actors.put(stats.path, stats);
  }

  void leave(ActorStats stats) {
    actors.remove(stats.path, stats);
  }

  /** The actor's counters; makes some without mailbox where it has another kind of mailbox. */
  ActorStats find(ActorPath path) {
    return actors.computeIfAbsent(key(path), name -> new ActorStats(name, null));
  }

  List<ActorView> views() {
    long now = System.nanoTime();
    return actors.values().stream().map(stats -> stats.view(now)).toList();
  }
}
