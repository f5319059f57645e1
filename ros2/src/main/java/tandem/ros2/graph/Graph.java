package tandem.ros2.graph;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import tandem.ros2.Gid;
import tandem.ros2.TopicKey;
import tandem.ros2.graph.LivelinessToken.Kind;

/**
 * The nodes and endpoints whose tokens are there now.
 *
 * <p>Bounded: tokens beyond {@link #MAX_ENTITIES} and malformed ones are counted, the last one's
 * reason is kept. Thread-safe; listeners are told in order, under no lock but this graph's own
 * order, on the thread that brought the change, and must not block.
 */
public final class Graph {
  public static final int MAX_ENTITIES = 20_000;

  /** Told of entities that come and go. */
  public interface Listener {
    void appeared(LivelinessToken entity);

    void vanished(LivelinessToken entity);
  }

  /** Ends what {@link #listen} began. */
  public interface Listening extends AutoCloseable {
    @Override
    void close();
  }

  /** How a sample's sender was found. */
  public enum Match {
    /** Its gid is that of a publisher's token. */
    GID,
    /** Its gid is unknown, but its session has only one publisher on that key. */
    ONLY_ONE_OF_SESSION,
    /** Its gid is unknown, but there is only one publisher on that key at all. */
    ONLY_ONE
  }

  /** A publisher and how sure we are. */
  public record Publisher(LivelinessToken token, Match match) {}

  private record Entry(LivelinessToken entity, Gid gid) {}

  private final Object lock = new Object();
  private final Map<String, Entry> byKey = new LinkedHashMap<>();
  private final Map<Gid, LivelinessToken> byGid = new LinkedHashMap<>();
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private volatile List<LivelinessToken> snapshot = List.of();
  private boolean stale;
  private long refused;
  private String lastRefusal;

  /** A token is there. Malformed ones are counted, never thrown. */
  public void appeared(String tokenKey) {
    synchronized (lock) {
      if (byKey.containsKey(tokenKey)) return;
      LivelinessToken entity;
      try {
        entity = LivelinessToken.parse(tokenKey);
      } catch (IllegalArgumentException e) {
        refuse(e.getMessage());
        return;
      }
      if (byKey.size() >= MAX_ENTITIES) {
        refuse("graph is full with %d entities; not added: %s".formatted(MAX_ENTITIES, tokenKey));
        return;
      }
      Gid gid = Gid.ofToken(tokenKey);
      byKey.put(tokenKey, new Entry(entity, gid));
      byGid.put(gid, entity);
      stale = true;
      for (Listener listener : listeners) listener.appeared(entity);
    }
  }

  private void refuse(String why) {
    refused++;
    lastRefusal = why;
  }

  /** A token is gone. */
  public void vanished(String tokenKey) {
    synchronized (lock) {
      Entry entry = byKey.remove(tokenKey);
      if (entry == null) return;
      byGid.remove(entry.gid());
      stale = true;
      for (Listener listener : listeners) listener.vanished(entry.entity());
    }
  }

  /** Told at once of what is there, then of changes. Closing ends it. */
  public Listening listen(Listener listener) {
    synchronized (lock) {
      for (Entry entry : byKey.values()) listener.appeared(entry.entity());
      listeners.add(listener);
    }
    return () -> listeners.remove(listener);
  }

  /** All entities now, in order of appearance. */
  public List<LivelinessToken> entities() {
    synchronized (lock) {
      if (stale) {
        snapshot = byKey.values().stream().map(Entry::entity).toList();
        stale = false;
      }
      return snapshot;
    }
  }

  private List<LivelinessToken> where(Predicate<LivelinessToken> condition) {
    return entities().stream().filter(condition).toList();
  }

  /** Nodes by full name. */
  public List<LivelinessToken> nodes() {
    return entities().stream()
        .filter(entity -> entity.kind() == Kind.NODE)
        .sorted(Comparator.comparing(LivelinessToken::fullNodeName))
        .toList();
  }

  /** Endpoints of one kind on a topic or service, whatever type and hash. */
  public List<LivelinessToken> endpoints(Kind kind, String name) {
    return where(entity -> entity.kind() == kind && entity.name().equals(name));
  }

  /** All endpoints of one kind. */
  public List<LivelinessToken> endpoints(Kind kind) {
    return where(entity -> entity.kind() == kind);
  }

  /** The endpoint with that gid. */
  public Optional<LivelinessToken> find(Gid gid) {
    synchronized (lock) {
      return Optional.ofNullable(byGid.get(gid));
    }
  }

  /**
   * Who published a sample. A gid need not be the hash of a token (the Python SDK's is random):
   * then the only publisher of that key of that session is taken, then the only one at all.
   *
   * @param gid null where the sample had no attachment
   * @param sourceZid session that the sample came from; null where unknown
   */
  public Optional<Publisher> publisher(TopicKey key, Gid gid, String sourceZid) {
    if (gid != null) {
      Optional<LivelinessToken> exact = find(gid);
      if (exact.isPresent()) return exact.map(token -> new Publisher(token, Match.GID));
    }
    List<LivelinessToken> onKey =
        where(
            entity ->
                entity.kind() == Kind.PUBLISHER
                    && entity.domain() == key.domain()
                    && entity.name().equals(key.name())
                    && entity.ddsType().equals(key.ddsType())
                    && entity.hash().equals(key.hash()));
    List<LivelinessToken> ofSession =
        onKey.stream().filter(entity -> entity.zid().equals(sourceZid)).toList();
    if (ofSession.size() == 1) {
      return Optional.of(new Publisher(ofSession.get(0), Match.ONLY_ONE_OF_SESSION));
    }
    return onKey.size() == 1
        ? Optional.of(new Publisher(onKey.get(0), Match.ONLY_ONE))
        : Optional.empty();
  }

  /** Tokens that were not taken. */
  public long refused() {
    synchronized (lock) {
      return refused;
    }
  }

  /** Why the last one was not taken. */
  public Optional<String> lastRefusal() {
    synchronized (lock) {
      return Optional.ofNullable(lastRefusal);
    }
  }
}
