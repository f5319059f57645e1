package tandem.ros2.node;

import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicLong;
import tandem.zenoh.Session;

/** One counter per session, from which nodes and endpoints take their numbers. */
final class EntityIds {
  private static final Map<Session, AtomicLong> COUNTERS = new WeakHashMap<>();

  private EntityIds() {}

  static synchronized long next(Session session) {
    return COUNTERS.computeIfAbsent(session, key -> new AtomicLong()).getAndIncrement();
  }
}
