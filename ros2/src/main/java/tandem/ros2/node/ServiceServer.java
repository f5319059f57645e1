package tandem.ros2.node;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import tandem.ros2.Attachment;
import tandem.ros2.TopicKey;
import tandem.ros2.graph.LivelinessToken;
import tandem.ros2.msg.ServiceType;
import tandem.zenoh.Declared;
import tandem.zenoh.Encoding;
import tandem.zenoh.PutOptions;
import tandem.zenoh.Qos;
import tandem.zenoh.Query;
import tandem.zenoh.Session;

/**
 * A server of a service, as rmw_zenoh makes one: a complete queryable. A request may be answered
 * later and from any thread; at most {@link #MAX_OPEN} wait. What is no request is refused with an
 * error that says why, and counted.
 *
 * <p>The handler runs on receiving threads and must not block. Thread-safe.
 */
public final class ServiceServer<Q, R> implements AutoCloseable {
  /** Most requests that may wait for their answer at a time. */
  public static final int MAX_OPEN = 1_024;

  private static final PutOptions REPLY =
      PutOptions.DEFAULT.withQos(Qos.DATA_BLOCK).withEncoding(Encoding.BYTES);

  private final TopicKey key;
  private final ServiceType<Q, R> type;
  private final Endpoint token;
  private final Consumer<Request> handler;
  private final LongSupplier epochNanos;
  private final Runnable onClose;
  private final Declared queryable;
  private final Set<Request> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger openCount = new AtomicInteger();
  private final AtomicLong refused = new AtomicLong();
  private volatile String lastRefusal;

  ServiceServer(
      Session session,
      TopicKey key,
      ServiceType<Q, R> type,
      Endpoint token,
      Consumer<Request> handler,
      LongSupplier epochNanos,
      Runnable onClose) {
    this.key = key;
    this.type = type;
    this.token = token;
    this.handler = handler;
    this.epochNanos = epochNanos;
    this.onClose = onClose;
    this.queryable = session.declareQueryable(key.key(), true, this::asked);
  }

  /** One request; answered once, by {@link #respond} or {@link #refuse}. */
  public final class Request {
    private final Q message;
    private final Attachment attachment;
    private final Query query;
    private boolean answered;

    private Request(Q message, Attachment attachment, Query query) {
      this.message = message;
      this.attachment = attachment;
      this.query = query;
    }

    public Q message() {
      return message;
    }

    /** Who calls, when, and as its how-manieth call. */
    public Attachment attachment() {
      return attachment;
    }

    /** Answers; a second answer is ignored, so is one after the caller's time is over. */
    public void respond(R response) {
      byte[] cdr = type.response().encode().apply(response);
      if (!take()) return;
      var stamp =
          new Attachment(attachment.sequence(), epochNanos.getAsLong(), attachment.gid()).toBytes();
      try (query) {
        query.reply(key.key(), cdr, REPLY.withAttachment(stamp));
      }
    }

    /** Answers with an error; callers with rmw_zenoh only log it and never get a response. */
    public void refuse(String why) {
      if (take()) error(query, why);
    }

    private boolean take() {
      synchronized (this) {
        if (answered) return false;
        answered = true;
      }
      open.remove(this);
      openCount.decrementAndGet();
      return true;
    }
  }

  private void asked(Query query) {
    String wrong = Attachment.problem(query.attachment());
    if (wrong == null && query.payload() == null) wrong = "request: expected CDR, found no bytes";
    if (wrong == null && openCount.get() >= MAX_OPEN) wrong = MAX_OPEN + " requests wait already";
    Q message = null;
    if (wrong == null) {
      try {
        message = type.request().decode().apply(query.payload());
      } catch (IllegalArgumentException e) {
        wrong = e.getMessage();
      }
    }
    if (wrong != null) {
      refused.incrementAndGet();
      lastRefusal = "request on %s not served: %s".formatted(key.key(), wrong);
      error(query, lastRefusal);
      return;
    }
    var request = new Request(message, Attachment.parse(query.attachment()), query);
    open.add(request);
    openCount.incrementAndGet();
    try {
      handler.accept(request);
    } catch (RuntimeException e) {
      request.refuse("the server of %s failed: %s".formatted(key.name(), e));
      throw e; // counted by the session
    }
  }

  private static void error(Query query, String why) {
    try (query) {
      query.replyError(why.getBytes(StandardCharsets.UTF_8), Encoding.STRING);
    }
  }

  /** The session may have a new zid. */
  void renew() {
    token.renew();
  }

  public TopicKey key() {
    return key;
  }

  /** Its liveliness token now. */
  public LivelinessToken token() {
    return token.token();
  }

  /** Requests that were not handed on. */
  public long refused() {
    return refused.get();
  }

  /** Why the last one was not. */
  public Optional<String> lastRefusal() {
    return Optional.ofNullable(lastRefusal);
  }

  /** Requests that wait are refused. */
  @Override
  public void close() {
    queryable.close();
    token.close();
    for (Request request : open) request.refuse("the server of " + key.name() + " closed");
    onClose.run();
  }
}
