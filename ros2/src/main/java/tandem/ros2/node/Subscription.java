package tandem.ros2.node;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import tandem.ros2.Attachment;
import tandem.ros2.Qos;
import tandem.ros2.graph.LivelinessToken;
import tandem.zenoh.Declared;
import tandem.zenoh.Sample;
import tandem.zenoh.Session;

/**
 * A subscription of a node. A sample without a readable attachment, or that its decoder refuses, is
 * counted and not handed on, as rmw_zenoh does.
 *
 * <p>A transient local one asks publishers for what they kept. Each sample comes once, those of one
 * publisher in order: live samples wait (at most {@link #MAX_WAITING}) while an answer is
 * outstanding.
 */
public final class Subscription<T> implements AutoCloseable {
  static final int MAX_WAITING = 1_024;

  /** Makes a message of CDR bytes. */
  @FunctionalInterface
  interface Decoder<T> {
    T decode(byte[] cdr);
  }

  private record Waiting(Sample sample, boolean history) {}

  private final String keyExpr;
  private final Decoder<T> decoder;
  private final Consumer<Ros2Sample<T>> callback;
  private final Runnable onClose;
  private final Endpoint token;
  private final Declared subscriber;
  private final History history;
  private final Duplicates duplicates = new Duplicates();
  private final Object lock = new Object();
  private final List<Waiting> waiting = new ArrayList<>();
  private int outstanding;
  private final AtomicLong refused = new AtomicLong();
  private volatile String lastRefusal;

  Subscription(
      Session session,
      String keyExpr,
      Qos qos,
      Endpoint token,
      Decoder<T> decoder,
      Consumer<Ros2Sample<T>> callback,
      Runnable onClose) {
    this.keyExpr = keyExpr;
    this.token = token;
    this.decoder = decoder;
    this.callback = callback;
    this.onClose = onClose;
    if (qos.isTransientLocal()) {
      synchronized (lock) {
        outstanding++; // until the first question is out, live samples wait
      }
      this.subscriber = session.declareSubscriber(keyExpr, sample -> ordered(sample, false));
      this.history = new History(session, keyExpr, Math.max(1, qos.depth()), new Receiver());
      history.ask(AdvancedKeys.caches(keyExpr));
      answered();
    } else {
      this.history = null;
      this.subscriber = session.declareSubscriber(keyExpr, sample -> deliver(sample, false));
    }
  }

  private final class Receiver implements History.Receiver {
    @Override
    public void asked() {
      synchronized (lock) {
        outstanding++;
      }
    }

    @Override
    public void sample(Sample sample) {
      ordered(sample, true);
    }

    @Override
    public void answered() {
      Subscription.this.answered();
    }
  }

  private void ordered(Sample sample, boolean fromHistory) {
    synchronized (lock) {
      if (!duplicates.first(sample)) return;
      if (outstanding == 0) {
        deliver(sample, fromHistory);
        return;
      }
      waiting.add(new Waiting(sample, fromHistory));
      if (waiting.size() >= MAX_WAITING) flush();
    }
  }

  private void answered() {
    synchronized (lock) {
      if (--outstanding == 0) flush();
    }
  }

  /** Hands on what waited, by sequence number: of each source in order. */
  private void flush() {
    List<Waiting> all = new ArrayList<>(waiting);
    waiting.clear();
    all.sort(
        Comparator.comparingLong(
            one -> one.sample().sourceInfo() == null ? 0 : one.sample().sourceInfo().sequence()));
    for (Waiting one : all) deliver(one.sample(), one.history());
  }

  private void deliver(Sample sample, boolean fromHistory) {
    if (sample.kind() == Sample.Kind.DELETE) {
      refuse(sample, "a delete, which ROS 2 does not send");
      return;
    }
    String problem = Attachment.problem(sample.attachment());
    if (problem != null) {
      refuse(sample, problem);
      return;
    }
    T message;
    try {
      message = decoder.decode(sample.payload());
    } catch (IllegalArgumentException e) {
      refuse(sample, e.getMessage());
      return;
    }
    callback.accept(
        new Ros2Sample<>(message, Attachment.parse(sample.attachment()), fromHistory, sample));
  }

  private void refuse(Sample sample, String why) {
    refused.incrementAndGet();
    lastRefusal = "sample on %s not delivered: %s".formatted(sample.key(), why);
  }

  /** The key expression it listens on. */
  public String keyExpr() {
    return keyExpr;
  }

  /** Its liveliness token now. */
  public LivelinessToken token() {
    return token.token();
  }

  /** Samples that were not handed on. */
  public long refused() {
    return refused.get();
  }

  /** Why the last one was not. */
  public Optional<String> lastRefusal() {
    return Optional.ofNullable(lastRefusal);
  }

  @Override
  public void close() {
    if (history != null) history.close();
    subscriber.close();
    token.close();
    onClose.run();
  }
}
