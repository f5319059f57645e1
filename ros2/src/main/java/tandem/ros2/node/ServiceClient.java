package tandem.ros2.node;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import tandem.ros2.Attachment;
import tandem.ros2.Gid;
import tandem.ros2.TopicKey;
import tandem.ros2.graph.LivelinessToken;
import tandem.ros2.msg.ServiceType;
import tandem.ros2.node.ServiceFailure.Kind;
import tandem.zenoh.Encoding;
import tandem.zenoh.GetOptions;
import tandem.zenoh.Qos;
import tandem.zenoh.Replies;
import tandem.zenoh.Reply;
import tandem.zenoh.Sample;
import tandem.zenoh.Session;

/**
 * A client of a service, as rmw_zenoh makes one: each call is a query to all complete queryables,
 * numbered from 1; the first response that carries the call's number and this client's gid counts.
 *
 * <p>Futures end on receiving threads: what hangs on them must not block. Thread-safe.
 */
public final class ServiceClient<Q, R> implements AutoCloseable {
  /** Most calls that may be open at a time. */
  public static final int MAX_OPEN = 256;

  private static final int SHOWN_ERROR_BYTES = 1_000;

  private final Session session;
  private final TopicKey key;
  private final ServiceType<Q, R> type;
  private final Endpoint token;
  private final GetOptions options;
  private final LongSupplier epochNanos;
  private final Runnable onClose;
  private final AtomicLong ignored = new AtomicLong();
  private Gid gid;
  private long calls;
  private int open;
  private boolean closed;

  ServiceClient(
      Session session,
      TopicKey key,
      ServiceType<Q, R> type,
      Endpoint token,
      Qos zenohQos,
      LongSupplier epochNanos,
      Runnable onClose) {
    this.session = session;
    this.key = key;
    this.type = type;
    this.token = token;
    this.options =
        GetOptions.DEFAULT
            .withTarget(GetOptions.Target.ALL_COMPLETE)
            .withConsolidation(GetOptions.Consolidation.NONE)
            .withQos(zenohQos);
    this.epochNanos = epochNanos;
    this.onClose = onClose;
    this.gid = token.token().gid();
  }

  /** The session may have a new zid: then it is a new client, and numbers from 1. */
  void renew() {
    if (!token.renew()) return;
    synchronized (this) {
      gid = token.token().gid();
      calls = 0;
    }
  }

  /**
   * Calls. The future ends with the response, or with a {@link ServiceFailure}; a request that does
   * not fit the type is an {@link IllegalArgumentException} at once.
   *
   * @param timeout above 0; the call is over then, whatever the server does
   */
  public CompletableFuture<R> call(Q request, Duration timeout) {
    byte[] cdr = type.request().encode().apply(request);
    Attachment attachment;
    synchronized (this) {
      if (closed || open >= MAX_OPEN) {
        return CompletableFuture.failedFuture(
            failure(
                Kind.NOT_SENT,
                closed ? "the client is closed" : MAX_OPEN + " calls are open already",
                "not called"));
      }
      open++;
      attachment = new Attachment(++calls, epochNanos.getAsLong(), gid);
    }
    var call = new Call(attachment, timeout);
    try {
      session.get(
          key.key(),
          options
              .withTimeout(timeout)
              .withPayload(cdr, Encoding.BYTES)
              .withAttachment(attachment.toBytes()),
          call);
    } catch (RuntimeException e) {
      call.over();
      call.response.completeExceptionally(failure(Kind.NOT_SENT, e.getMessage(), "not called"));
    }
    return call.response;
  }

  private ServiceFailure failure(Kind kind, String what, String consequence) {
    return new ServiceFailure(
        kind, "service %s (%s): %s; %s".formatted(key.name(), type.name(), what, consequence));
  }

  private final class Call implements Replies {
    private final CompletableFuture<R> response = new CompletableFuture<>();
    private final Attachment sent;
    private final Duration timeout;
    private final long begunNanos = System.nanoTime();
    private ServiceFailure last;
    private boolean over;

    Call(Attachment sent, Duration timeout) {
      this.sent = sent;
      this.timeout = timeout;
    }

    @Override
    public void reply(Reply reply) {
      if (response.isDone()) {
        ignored.incrementAndGet();
        return;
      }
      switch (reply) {
        case Reply.Failure refused ->
            last =
                failure(
                    Kind.REFUSED,
                    "the server answered with an error: " + text(refused.payload()),
                    "no response");
        case Reply.Value value -> {
          String wrong = problem(value.sample());
          if (wrong != null) {
            ignored.incrementAndGet();
            last = failure(Kind.UNREADABLE, "answer not taken: " + wrong, "no response");
            return;
          }
          try {
            response.complete(type.response().decode().apply(value.sample().payload()));
          } catch (IllegalArgumentException e) {
            last = failure(Kind.UNREADABLE, e.getMessage(), "response not taken");
          }
        }
      }
    }

    private String problem(Sample sample) {
      if (sample.kind() == Sample.Kind.DELETE) return "it is a delete";
      String wrong = Attachment.problem(sample.attachment());
      if (wrong != null) return wrong;
      Attachment found = Attachment.parse(sample.attachment());
      if (found.sequence() != sent.sequence() || !found.gid().equals(sent.gid())) {
        return "attachment: expected call %d of client %s, found call %d of client %s"
            .formatted(sent.sequence(), sent.gid(), found.sequence(), found.gid());
      }
      return null;
    }

    @Override
    public void done(boolean timedOut) {
      over();
      if (response.isDone()) return;
      if (last != null) {
        response.completeExceptionally(last);
      } else if (timedOut && System.nanoTime() - begunNanos < timeout.toNanos() / 2) {
        response.completeExceptionally(
            failure(Kind.NOT_SENT, "no link took the call at once", "not called"));
      } else if (timedOut) {
        response.completeExceptionally(
            failure(
                Kind.TIMED_OUT,
                "no response within " + timeout.toMillis() + " ms",
                "whether the server did it is unknown"));
      } else {
        response.completeExceptionally(
            failure(Kind.NO_SERVER, "no server answers", "nothing was done"));
      }
    }

    void over() {
      synchronized (ServiceClient.this) {
        if (!over) open--;
        over = true;
      }
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, 0, Math.min(bytes.length, SHOWN_ERROR_BYTES), StandardCharsets.UTF_8);
  }

  public TopicKey key() {
    return key;
  }

  /** Its liveliness token now. */
  public LivelinessToken token() {
    return token.token();
  }

  /** Answers that were none to an open call, or came second. */
  public long ignored() {
    return ignored.get();
  }

  /** Open calls end as they would; new ones are refused. */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) return;
      closed = true;
    }
    token.close();
    onClose.run();
  }
}
