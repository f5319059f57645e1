package tandem.ros2.node;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import tandem.ros2.Attachment;
import tandem.ros2.TopicKey;
import tandem.zenoh.Declared;
import tandem.zenoh.Sample;
import tandem.zenoh.Session;

/**
 * Hears every sample of a ROS domain, undecoded: live, and what transient local publishers have
 * kept, now and whenever one appears. A sample with source information or timestamp that came both
 * ways is heard once; of one publisher, history may come after newer live samples and says so.
 *
 * <p>The listener runs on receiving threads, several at a time, and must not block.
 */
public final class DomainTap implements AutoCloseable {
  private static final int MAX_KEYS_KEPT = 16_384;
  private static final int HISTORY_DEPTH = 1_000;

  /** Told of everything that is heard. */
  public interface Listener {
    void heard(Heard sample);

    /** Something on a key of the domain that is no ROS sample. */
    void unreadable(Sample sample, String why);
  }

  /**
   * One sample.
   *
   * @param key domain, topic, type and hash
   * @param attachment null where it is missing or not readable
   * @param attachmentProblem what is wrong with the attachment; null where nothing is
   * @param history kept by its publisher, not live
   * @param sample as it came: payload byte for byte, session, time of receipt
   */
  public record Heard(
      TopicKey key,
      Attachment attachment,
      String attachmentProblem,
      boolean history,
      Sample sample) {}

  private final Listener listener;
  private final Declared subscriber;
  private volatile History history;
  private final Duplicates duplicates = new Duplicates();
  private final Map<String, Object> keys = new ConcurrentHashMap<>();
  private final AtomicLong repeated = new AtomicLong();

  /** Listens from now on; call it at the start of a link, before robots are known. */
  public DomainTap(Session session, int domain, Listener listener) {
    this.listener = listener;
    String all = domain + "/**";
    this.subscriber = session.declareSubscriber(all, sample -> heard(sample, false));
    this.history = new History(session, all, HISTORY_DEPTH, new Receiver());
  }

  private final class Receiver implements History.Receiver {
    @Override
    public void asked() {}

    @Override
    public void sample(Sample sample) {
      heard(sample, true);
    }

    @Override
    public void answered() {}
  }

  private void heard(Sample sample, boolean fromHistory) {
    History asking = history; // null while the constructor runs
    boolean mayRepeat =
        fromHistory
            || sample.sourceInfo() != null
            || asking != null && asking.latched(sample.key());
    if (mayRepeat && !duplicates.first(sample)) {
      repeated.incrementAndGet();
      return;
    }
    if (sample.kind() == Sample.Kind.DELETE) {
      listener.unreadable(sample, "a delete, which ROS 2 does not send");
      return;
    }
    switch (parsed(sample.key())) {
      case TopicKey key -> {
        String problem = Attachment.problem(sample.attachment());
        Attachment attachment = problem == null ? Attachment.parse(sample.attachment()) : null;
        listener.heard(new Heard(key, attachment, problem, fromHistory, sample));
      }
      case Object why -> listener.unreadable(sample, why.toString());
    }
  }

  /** A {@link TopicKey}, or why it is none. */
  private Object parsed(String key) {
    Object known = keys.get(key);
    if (known != null) return known;
    Object parsed = parse(key);
    if (keys.size() < MAX_KEYS_KEPT) keys.put(key, parsed);
    return parsed;
  }

  private static Object parse(String key) {
    try {
      return TopicKey.parse(key);
    } catch (IllegalArgumentException e) {
      return Optional.ofNullable(e.getMessage()).orElse("not a ROS key");
    }
  }

  /** How many samples came a second time and were not handed on. */
  public long repeated() {
    return repeated.get();
  }

  @Override
  public void close() {
    history.close();
    subscriber.close();
  }
}
