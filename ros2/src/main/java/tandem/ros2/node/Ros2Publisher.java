package tandem.ros2.node;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;
import tandem.ros2.Attachment;
import tandem.ros2.Gid;
import tandem.ros2.Qos;
import tandem.ros2.TopicKey;
import tandem.ros2.graph.LivelinessToken;
import tandem.zenoh.Declared;
import tandem.zenoh.Encoding;
import tandem.zenoh.Publisher;
import tandem.zenoh.PutOptions;
import tandem.zenoh.Query;
import tandem.zenoh.Session;
import tandem.zenoh.SourceInfo;

/**
 * A publisher of a node. Numbers its samples from 1; after a new link it is a new publisher to
 * others (new zid, so new token and gid) and numbers from 1 again.
 *
 * <p>A transient local one keeps its newest samples (history depth; with keep-all at most {@link
 * #MAX_KEPT}) and answers those who ask for them. Thread-safe; samples leave in the order of their
 * numbers.
 */
public final class Ros2Publisher<T> implements AutoCloseable {
  /** Most samples that are kept, whatever the history depth says. */
  public static final int MAX_KEPT = 1_000;

  /** Who we are on the present link, and how many samples left. */
  private static final class Identity {
    final String zid;
    final Gid gid;
    long published;

    Identity(LivelinessToken token) {
      this.zid = token.zid();
      this.gid = token.gid();
    }

    PutOptions options(tandem.zenoh.Qos qos, long sourceNanos, boolean advanced, long entityId) {
      long sequence = ++published;
      return PutOptions.DEFAULT
          .withQos(qos)
          .withEncoding(Encoding.BYTES)
          .withAttachment(new Attachment(sequence, sourceNanos, gid).toBytes())
          .withSourceInfo(advanced ? new SourceInfo(zid, entityId, sequence - 1) : null);
    }
  }

  private record Kept(byte[] cdr, long sourceNanos, PutOptions options) {}

  private final Session session;
  private final TopicKey key;
  private final Qos qos;
  private final tandem.zenoh.Qos zenohQos;
  private final long entityId;
  private final Function<T, byte[]> encoder;
  private final LongSupplier epochNanos;
  private final Runnable onClose;
  private final Endpoint token;
  private final Publisher publisher;

  /** Held while a sample is numbered and handed over, so that numbers leave in order. */
  private final Object order = new Object();

  /** Guards identity, kept samples and declarations; never held while putting. */
  private final Object state = new Object();

  private final Deque<Kept> kept = new ArrayDeque<>();
  private Identity identity;
  private Declared cache;
  private Declared cacheToken;
  private boolean closed;

  Ros2Publisher(
      Session session,
      TopicKey key,
      Qos qos,
      tandem.zenoh.Qos zenohQos,
      long entityId,
      Endpoint token,
      Function<T, byte[]> encoder,
      LongSupplier epochNanos,
      Runnable onClose) {
    this.session = session;
    this.key = key;
    this.qos = qos;
    this.zenohQos = zenohQos;
    this.entityId = entityId;
    this.token = token;
    this.encoder = encoder;
    this.epochNanos = epochNanos;
    this.onClose = onClose;
    this.publisher = session.declarePublisher(key.key(), zenohQos);
    identify();
  }

  /** How a publisher of that quality sends over Zenoh (as rmw_zenoh does). */
  static tandem.zenoh.Qos zenoh(Qos qos) {
    if (!qos.isReliable()) return tandem.zenoh.Qos.BEST_EFFORT;
    return qos.history() == Qos.History.KEEP_ALL
        ? tandem.zenoh.Qos.DATA_BLOCK
        : tandem.zenoh.Qos.DATA;
  }

  /** The session may have a new zid. */
  void renew() {
    if (token.renew()) identify();
  }

  /** Takes the identity of the present token; what was kept is numbered anew. */
  private void identify() {
    synchronized (state) {
      if (closed) return;
      Identity now = new Identity(token.token());
      identity = now;
      List<Kept> again = new ArrayList<>(kept);
      kept.clear();
      for (Kept sample : again) {
        PutOptions options = now.options(zenohQos, sample.sourceNanos(), true, entityId);
        kept.add(new Kept(sample.cdr(), sample.sourceNanos(), options));
      }
      if (!qos.isTransientLocal()) return;
      String cacheKey = AdvancedKeys.publisher(key.key(), now.zid, entityId);
      Declared oldCache = cache;
      Declared oldToken = cacheToken;
      cache = session.declareQueryable(cacheKey, true, this::answer);
      cacheToken = session.declareToken(cacheKey);
      if (oldToken != null) oldToken.close();
      if (oldCache != null) oldCache.close();
    }
  }

  /** Publishes; false: dropped, because the way was full and the congestion rule says drop. */
  public boolean publish(T message) {
    return publishCdr(encoder.apply(message));
  }

  /** Publishes a message with its 4-byte header as it is; the array must not be modified. */
  public boolean publishCdr(byte[] cdr) {
    synchronized (order) {
      PutOptions options;
      synchronized (state) {
        long now = epochNanos.getAsLong();
        options = identity.options(zenohQos, now, qos.isTransientLocal(), entityId);
        if (qos.isTransientLocal()) keep(new Kept(cdr, now, options));
      }
      return publisher.put(cdr, options);
    }
  }

  private void keep(Kept sample) {
    kept.addLast(sample);
    int most =
        qos.history() == Qos.History.KEEP_ALL
            ? MAX_KEPT
            : Math.min(MAX_KEPT, Math.max(1, qos.depth()));
    while (kept.size() > most) kept.removeFirst();
  }

  private void answer(Query query) {
    try (query) {
      Map<String, String> parameters = parameters(query.parameters());
      long max = number(parameters.get("_max"), MAX_KEPT);
      String range = parameters.get("_sn");
      List<Kept> chosen = new ArrayList<>();
      synchronized (state) {
        for (Kept sample : kept) {
          if (within(range, sample.options().sourceInfo().sequence())) chosen.add(sample);
        }
      }
      int skip = (int) Math.max(0, chosen.size() - max);
      for (Kept sample : chosen.subList(skip, chosen.size())) {
        query.reply(key.key(), sample.cdr(), sample.options());
      }
    }
  }

  private static Map<String, String> parameters(String text) {
    Map<String, String> parameters = new HashMap<>();
    for (String part : text.split(";")) {
      int equals = part.indexOf('=');
      if (equals < 0) parameters.put(part, "");
      else parameters.put(part.substring(0, equals), part.substring(equals + 1));
    }
    return parameters;
  }

  /** Whether a number lies in {@code a..b}, {@code a..}, {@code ..b} or {@code ..}. */
  private static boolean within(String range, long sequence) {
    if (range == null) return true;
    int dots = range.indexOf("..");
    if (dots < 0) return number(range, -1) == sequence;
    return sequence >= number(range.substring(0, dots), 0)
        && sequence <= number(range.substring(dots + 2), Long.MAX_VALUE);
  }

  private static long number(String digits, long otherwise) {
    if (digits == null || digits.isEmpty() || digits.length() > 18) return otherwise;
    return digits.chars().allMatch(c -> c >= '0' && c <= '9') ? Long.parseLong(digits) : otherwise;
  }

  public TopicKey key() {
    return key;
  }

  public Qos qos() {
    return qos;
  }

  /** Its liveliness token now. */
  public LivelinessToken token() {
    return token.token();
  }

  /** Its gid on the present link. */
  public Gid gid() {
    synchronized (state) {
      return identity.gid;
    }
  }

  /** How many samples left on the present link; the number of the last one. */
  public long published() {
    synchronized (state) {
      return identity.published;
    }
  }

  /** Whether anybody subscribes now. */
  public boolean matched() {
    return publisher.matched();
  }

  @Override
  public void close() {
    synchronized (state) {
      if (closed) return;
      closed = true;
      if (cacheToken != null) cacheToken.close();
      if (cache != null) cache.close();
    }
    publisher.close();
    token.close();
    onClose.run();
  }
}
