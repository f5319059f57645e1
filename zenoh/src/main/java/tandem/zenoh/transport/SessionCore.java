package tandem.zenoh.transport;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import tandem.zenoh.Declared;
import tandem.zenoh.Encoding;
import tandem.zenoh.GetOptions;
import tandem.zenoh.Publisher;
import tandem.zenoh.PutOptions;
import tandem.zenoh.Qos;
import tandem.zenoh.Query;
import tandem.zenoh.Replies;
import tandem.zenoh.Reply;
import tandem.zenoh.Sample;
import tandem.zenoh.Session;
import tandem.zenoh.ZenohException;
import tandem.zenoh.keyexpr.KeyExpr;
import tandem.zenoh.wire.Declaration;
import tandem.zenoh.wire.NetworkMessage;
import tandem.zenoh.wire.NetworkMessage.Declare;
import tandem.zenoh.wire.NetworkMessage.Del;
import tandem.zenoh.wire.NetworkMessage.Err;
import tandem.zenoh.wire.NetworkMessage.Interest;
import tandem.zenoh.wire.NetworkMessage.Put;
import tandem.zenoh.wire.NetworkMessage.QueryBody;
import tandem.zenoh.wire.NetworkMessage.Request;
import tandem.zenoh.wire.NetworkMessage.Responder;
import tandem.zenoh.wire.NetworkMessage.Response;
import tandem.zenoh.wire.NetworkMessage.ResponseFinal;
import tandem.zenoh.wire.WireKey;
import tandem.zenoh.wire.Zid;

/**
 * What a session knows of itself: its subscribers, queryables, tokens, publishers, open questions.
 * The way to the others is left open: a link for {@link ClientSession}, direct calls for the
 * router's own session. Puts and gets reach the session's own subscribers and queryables too.
 */
abstract class SessionCore implements Session {
  static final System.Logger LOG = System.getLogger("tandem.zenoh.session");
  private static final int MAX_CACHED_KEYS = 8192;
  private static final byte[] EMPTY = {};
  private static final Subscription[] NOBODY = {};
  static final ScheduledThreadPoolExecutor TIMER = timer();

  private final AtomicInteger ids = new AtomicInteger(1);
  private final Map<Integer, Subscription> subscribers = new LinkedHashMap<>();
  private final Map<Integer, Answerer> queryables = new LinkedHashMap<>();
  private final Map<Integer, KeyExpr> tokens = new LinkedHashMap<>();
  private final Map<Integer, Advertiser> publishers = new LinkedHashMap<>();
  private final Map<Integer, TokenWatch> watches = new LinkedHashMap<>();
  private final ConcurrentHashMap<Integer, PendingGet> gets = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Integer, OpenQuery> asked = new ConcurrentHashMap<>();
  private final CopyOnWriteArrayList<IdentityWatch> identityWatches = new CopyOnWriteArrayList<>();
  private final CopyOnWriteArrayList<ConnectionWatch> connectionWatches =
      new CopyOnWriteArrayList<>();
  private final Map<Integer, KeyExpr> remoteSubscribers = new HashMap<>();
  private final Map<Integer, String> remoteTokens = new HashMap<>();
  private volatile ConcurrentHashMap<String, Subscription[]> matching = new ConcurrentHashMap<>();

  /** Grows with each change of the session's own subscribers. */
  volatile long subscriberVersion;

  final AtomicLong failedCallbacks = new AtomicLong();
  final AtomicLong droppedWithoutLink = new AtomicLong();
  private volatile boolean closed;

  /** Guards the declarations and what is known of the other side; never held in a callback. */
  final Object state = new Object();

  private static ScheduledThreadPoolExecutor timer() {
    var timer =
        new ScheduledThreadPoolExecutor(
            1, work -> Thread.ofPlatform().daemon().name("zenoh-timer").unstarted(work));
    timer.setRemoveOnCancelPolicy(true);
    return timer;
  }

  // ---- the way to the others

  /** Sends a declaration, interest, request, response or final; false: there is no way now. */
  abstract boolean sendUp(NetworkMessage message);

  /** As {@link #sendUp}, but false at once where there is no room. */
  abstract boolean trySendUp(NetworkMessage message);

  /** Sends a put or delete; false: dropped. May wait for block-class. */
  abstract boolean pushUp(
      KeyExpr key, byte[] utf8, boolean delete, byte[] payload, PutOptions options);

  /** Identity of the session as it is now. */
  abstract Zid identity();

  abstract Duration blockTimeout();

  // ---- a declared thing

  /** Closes once. */
  abstract static class Entity implements Declared {
    final int id;
    final KeyExpr expr;
    private boolean open = true;

    Entity(int id, KeyExpr expr) {
      this.id = id;
      this.expr = expr;
    }

    @Override
    public String key() {
      return expr.toString();
    }

    synchronized boolean closeOnce() {
      boolean was = open;
      open = false;
      return was;
    }
  }

  final class Subscription extends Entity {
    final Consumer<Sample> callback;

    Subscription(int id, KeyExpr expr, Consumer<Sample> callback) {
      super(id, expr);
      this.callback = callback;
    }

    @Override
    public void close() {
      if (!closeOnce()) return;
      synchronized (state) {
        subscribers.remove(id);
        forgetMatches();
      }
      declareUp(new Declaration.UndeclareSubscriber(id, null));
    }
  }

  private final class Answerer extends Entity {
    final boolean complete;
    final Consumer<Query> callback;

    Answerer(int id, KeyExpr expr, boolean complete, Consumer<Query> callback) {
      super(id, expr);
      this.complete = complete;
      this.callback = callback;
    }

    @Override
    public void close() {
      if (!closeOnce()) return;
      synchronized (state) {
        queryables.remove(id);
      }
      declareUp(new Declaration.UndeclareQueryable(id, null));
    }
  }

  private final class Token extends Entity {
    Token(int id, KeyExpr expr) {
      super(id, expr);
    }

    @Override
    public void close() {
      if (!closeOnce()) return;
      synchronized (state) {
        tokens.remove(id);
      }
      declareUp(new Declaration.UndeclareToken(id, null));
      if (!tokens(key()).contains(key())) tokenGone(0, key(), zid(), System.nanoTime());
    }
  }

  /** Tokens of one expression; {@code alive} and {@code stale} under {@link #state}. */
  private final class TokenWatch extends Entity {
    final boolean history;
    final Consumer<Sample> callback;
    final PendingGet get;
    final java.util.HashSet<String> alive = new java.util.HashSet<>();
    final java.util.HashSet<String> stale = new java.util.HashSet<>();

    TokenWatch(int id, KeyExpr expr, boolean history, Consumer<Sample> callback, PendingGet get) {
      super(id, expr);
      this.history = history;
      this.callback = callback;
      this.get = get;
    }

    Interest interest(boolean again) {
      int mode =
          get != null
              ? Interest.CURRENT
              : history || again ? Interest.CURRENT | Interest.FUTURE : Interest.FUTURE;
      return new Interest(
          id,
          mode,
          Interest.KEYS | Interest.TOKENS,
          WireKey.full(key()),
          NetworkMessage.DECLARATION_QOS);
    }

    @Override
    public void close() {
      if (!closeOnce()) return;
      synchronized (state) {
        watches.remove(id);
      }
      if (get == null) endInterest(id);
    }
  }

  private final class Advertiser extends Entity implements Publisher {
    final Qos qos;
    final byte[] utf8;

    /** Whether the other side has said all it knows of subscribers. */
    volatile boolean answered;

    volatile boolean remote;
    volatile boolean local;

    Advertiser(int id, KeyExpr expr, Qos qos) {
      super(id, expr);
      this.qos = qos;
      this.utf8 = expr.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    Interest interest() {
      return new Interest(
          id,
          Interest.CURRENT | Interest.FUTURE,
          Interest.KEYS | Interest.SUBSCRIBERS,
          WireKey.full(key()),
          NetworkMessage.DECLARATION_QOS);
    }

    @Override
    public boolean put(byte[] payload, PutOptions options) {
      return publish(expr, utf8, false, payload, with(options), local, remote || !answered);
    }

    @Override
    public boolean delete(PutOptions options) {
      return publish(expr, utf8, true, EMPTY, with(options), local, remote || !answered);
    }

    private PutOptions with(PutOptions options) {
      return options.qos() == qos ? options : options.withQos(qos);
    }

    @Override
    public boolean matched() {
      return local || remote;
    }

    @Override
    public void close() {
      if (!closeOnce()) return;
      synchronized (state) {
        publishers.remove(id);
      }
      endInterest(id);
    }
  }

  private final class IdentityWatch implements Declared {
    private final Consumer<String> listener;

    IdentityWatch(Consumer<String> listener) {
      this.listener = listener;
    }

    @Override
    public String key() {
      return "";
    }

    @Override
    public void close() {
      identityWatches.remove(this);
    }
  }

  private final class ConnectionWatch implements Declared {
    private final Consumer<Boolean> listener;
    private Boolean told;

    ConnectionWatch(Consumer<Boolean> listener) {
      this.listener = listener;
    }

    void tell(boolean up) {
      if (told != null && told == up) return;
      told = up;
      guarded(() -> listener.accept(up));
    }

    @Override
    public String key() {
      return "";
    }

    @Override
    public void close() {
      connectionWatches.remove(this);
    }
  }

  private void endInterest(int id) {
    sendUp(new Interest(id, Interest.FINAL, 0, null, NetworkMessage.DECLARATION_QOS));
  }

  private void declareUp(Declaration declaration) {
    sendUp(new Declare(Declare.NO_INTEREST, declaration));
  }

  void checkOpen() {
    if (closed) throw new ZenohException("session " + zid() + " is closed; nothing was sent");
  }

  boolean isClosed() {
    return closed;
  }

  // ---- API

  @Override
  public Declared onConnection(Consumer<Boolean> listener) {
    var watch = new ConnectionWatch(listener);
    synchronized (connectionWatches) {
      connectionWatches.add(watch);
      watch.tell(connected());
    }
    return watch;
  }

  @Override
  public Declared onIdentity(Consumer<String> listener) {
    var watch = new IdentityWatch(listener);
    identityWatches.add(watch);
    return watch;
  }

  /** Tells the zid of the link that is about to be used. */
  final void tellIdentity() {
    String now = zid();
    for (var watch : identityWatches) guarded(() -> watch.listener.accept(now));
  }

  /** Tells who listens how it is now, if that is news. */
  final void tellConnection() {
    synchronized (connectionWatches) {
      boolean up = connected();
      for (var watch : connectionWatches) watch.tell(up);
    }
  }

  void guarded(Runnable callback) {
    try {
      callback.run();
    } catch (RuntimeException | Error e) {
      failedCallbacks.incrementAndGet();
      LOG.log(Level.WARNING, "a callback of session " + zid() + " failed; the session goes on", e);
      if (e instanceof VirtualMachineError fatal) throw fatal;
    }
  }

  @Override
  public boolean put(String key, byte[] payload, PutOptions options) {
    var expr = KeyExpr.of(key);
    return publish(expr, bytesOf(expr), false, payload, options, true, true);
  }

  @Override
  public boolean delete(String key, PutOptions options) {
    var expr = KeyExpr.of(key);
    return publish(expr, bytesOf(expr), true, EMPTY, options, true, true);
  }

  private static byte[] bytesOf(KeyExpr expr) {
    return expr.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  private boolean publish(
      KeyExpr expr,
      byte[] utf8,
      boolean delete,
      byte[] payload,
      PutOptions options,
      boolean local,
      boolean remote) {
    checkOpen();
    if (!mayPut(expr, delete)) return false;
    if (local) {
      var own = matching(expr);
      if (own.length > 0) {
        var sample =
            new Sample(
                expr.toString(),
                delete ? Sample.Kind.DELETE : Sample.Kind.PUT,
                payload.clone(),
                options.encoding() == null ? Encoding.BYTES : options.encoding(),
                options.attachment(),
                options.timestamp(),
                options.sourceInfo(),
                zid(),
                options.qos(),
                System.nanoTime());
        deliver(own, sample);
      }
    }
    return !remote || pushUp(expr, utf8, delete, payload, options);
  }

  /** Whether this session may put on the key at all. */
  boolean mayPut(KeyExpr expr, boolean delete) {
    return true;
  }

  /** Own subscribers that get samples of this key. */
  final Subscription[] matching(KeyExpr key) {
    var cache = matching;
    var found = cache.get(key.toString());
    if (found != null) return found;
    var all = new ArrayList<Subscription>();
    synchronized (state) {
      for (var one : subscribers.values()) if (one.expr.intersects(key)) all.add(one);
    }
    found = all.isEmpty() ? NOBODY : all.toArray(Subscription[]::new);
    if (cache.size() < MAX_CACHED_KEYS) cache.put(key.toString(), found);
    return found;
  }

  /** With {@link #state} held. */
  private void forgetMatches() {
    matching = new ConcurrentHashMap<>();
    subscriberVersion++;
    for (var publisher : publishers.values()) rematch(publisher);
  }

  /** With {@link #state} held. */
  private void rematch(Advertiser publisher) {
    boolean local = false;
    for (var one : subscribers.values()) local |= one.expr.intersects(publisher.expr);
    boolean remote = false;
    for (var one : remoteSubscribers.values()) remote |= one.intersects(publisher.expr);
    publisher.local = local;
    publisher.remote = remote;
  }

  final void deliver(Subscription[] to, Sample sample) {
    for (var one : to) {
      try {
        one.callback.accept(sample);
      } catch (RuntimeException | Error e) {
        failedCallbacks.incrementAndGet();
        LOG.log(
            Level.WARNING,
            "the subscriber of " + one.key() + " failed on a sample of " + sample.key(),
            e);
        if (e instanceof VirtualMachineError fatal) throw fatal;
      }
    }
  }

  @Override
  public Publisher declarePublisher(String key, Qos qos) {
    checkOpen();
    var publisher = new Advertiser(ids.getAndIncrement(), KeyExpr.of(key), qos);
    synchronized (state) {
      publishers.put(publisher.id, publisher);
      rematch(publisher);
    }
    sendUp(publisher.interest());
    return publisher;
  }

  @Override
  public Declared declareSubscriber(String keyExpr, Consumer<Sample> callback) {
    checkOpen();
    var subscriber = new Subscription(ids.getAndIncrement(), KeyExpr.of(keyExpr), callback);
    synchronized (state) {
      subscribers.put(subscriber.id, subscriber);
      forgetMatches();
    }
    declareUp(new Declaration.Subscriber(subscriber.id, WireKey.full(subscriber.key())));
    return subscriber;
  }

  @Override
  public Declared declareQueryable(String keyExpr, boolean complete, Consumer<Query> callback) {
    checkOpen();
    var queryable = new Answerer(ids.getAndIncrement(), KeyExpr.of(keyExpr), complete, callback);
    synchronized (state) {
      queryables.put(queryable.id, queryable);
    }
    declareUp(new Declaration.Queryable(queryable.id, WireKey.full(queryable.key()), complete, 0));
    return queryable;
  }

  @Override
  public Declared declareToken(String key) {
    checkOpen();
    var token = new Token(ids.getAndIncrement(), KeyExpr.of(key));
    synchronized (state) {
      tokens.put(token.id, token.expr);
    }
    declareUp(new Declaration.Token(token.id, WireKey.full(token.key())));
    tokenAlive(Declare.NO_INTEREST, 0, token.key(), zid(), System.nanoTime());
    return token;
  }

  @Override
  public Declared subscribeTokens(String keyExpr, boolean history, Consumer<Sample> callback) {
    checkOpen();
    var watch = new TokenWatch(ids.getAndIncrement(), KeyExpr.of(keyExpr), history, callback, null);
    synchronized (state) {
      watches.put(watch.id, watch);
    }
    sendUp(watch.interest(false));
    if (history)
      for (var key : tokens(watch.key()))
        tokenAlive(Integer.toUnsignedLong(watch.id), 0, key, zid(), System.nanoTime());
    return watch;
  }

  /** Keys of the session's own tokens that meet the expression. */
  private List<String> tokens(String keyExpr) {
    var expr = KeyExpr.of(keyExpr);
    var found = new ArrayList<String>();
    synchronized (state) {
      for (var one : tokens.values()) if (one.intersects(expr)) found.add(one.toString());
    }
    return found;
  }

  @Override
  public void getTokens(String keyExpr, Duration timeout, Replies replies) {
    checkOpen();
    int id = ids.getAndIncrement();
    var expr = KeyExpr.of(keyExpr);
    var get = new PendingGet(id, expr, GetOptions.Consolidation.NONE, true, replies);
    get.parts = 1;
    var watch = new TokenWatch(id, expr, true, sample -> {}, get);
    get.cleanup = watch::close;
    synchronized (state) {
      watches.put(id, watch);
    }
    gets.put(id, get);
    get.arm(timeout);
    if (!sendUp(watch.interest(false))) get.finish(true);
  }

  @Override
  public void get(String selector, GetOptions options, Replies replies) {
    checkOpen();
    int mark = selector.indexOf('?');
    var expr = KeyExpr.of(mark < 0 ? selector : selector.substring(0, mark));
    String parameters = mark < 0 ? "" : selector.substring(mark + 1);
    var consolidation = options.consolidation();
    if (consolidation == GetOptions.Consolidation.AUTO)
      consolidation =
          parameters.contains("_time=")
              ? GetOptions.Consolidation.NONE
              : GetOptions.Consolidation.LATEST;
    int id = ids.getAndIncrement();
    var get = new PendingGet(id, expr, consolidation, options.anyReplyKey(), replies);
    var own = ownAnswerers(expr, options.target().ordinal());
    get.parts = 1 + own.size();
    gets.put(id, get);
    get.arm(options.timeout());
    var query =
        new QueryBody(
            consolidation.ordinal(),
            parameters,
            null,
            options.encoding(),
            options.payload(),
            options.attachment());
    for (var one : own)
      ask(one, new OpenQuery(expr, query, zid(), options.qos(), get, null, 1), options.timeout());
    var request =
        new Request(
            id,
            WireKey.full(expr.toString()),
            Outgoing.qos(options.qos()) | NetworkMessage.DO_NOT_DROP,
            null,
            0,
            options.target().ordinal(),
            0,
            Math.max(1, options.timeout().toMillis()),
            query);
    boolean wait = options.qos().congestion() == Qos.Congestion.BLOCK;
    if (!(wait ? sendUp(request) : trySendUp(request))) get.finish(true);
  }

  private List<Answerer> ownAnswerers(KeyExpr asked, int target) {
    var found = new ArrayList<Answerer>();
    synchronized (state) {
      for (var one : queryables.values())
        if (one.expr.intersects(asked)
            && (target != GetOptions.Target.ALL_COMPLETE.ordinal()
                || one.complete && one.expr.includes(asked))) found.add(one);
    }
    return found;
  }

  private void ask(Answerer queryable, OpenQuery query, Duration timeout) {
    query.arm(timeout);
    guardedQuery(queryable, query);
  }

  private void guardedQuery(Answerer queryable, OpenQuery query) {
    try {
      queryable.callback.accept(query);
    } catch (RuntimeException | Error e) {
      failedCallbacks.incrementAndGet();
      LOG.log(
          Level.WARNING, "the queryable of " + queryable.key() + " failed on " + query.key(), e);
      query.close();
      if (e instanceof VirtualMachineError fatal) throw fatal;
    }
  }

  /**
   * One get that waits for answers. {@code parts}: how many answerers (the others together count as
   * one) have not finished.
   */
  private final class PendingGet {
    final int id;
    final KeyExpr expr;
    final GetOptions.Consolidation consolidation;
    final boolean anyKey;
    final Replies replies;
    final LinkedHashMap<String, Reply.Value> newest = new LinkedHashMap<>();
    Runnable cleanup = () -> {};
    int parts;
    private boolean done;
    private ScheduledFuture<?> timer;

    PendingGet(
        int id,
        KeyExpr expr,
        GetOptions.Consolidation consolidation,
        boolean anyKey,
        Replies replies) {
      this.id = id;
      this.expr = expr;
      this.consolidation = consolidation;
      this.anyKey = anyKey;
      this.replies = replies;
    }

    synchronized void arm(Duration timeout) {
      timer =
          TIMER.schedule(
              () -> Thread.startVirtualThread(() -> finish(true)),
              timeout.toNanos(),
              TimeUnit.NANOSECONDS);
    }

    synchronized void answer(Reply reply) {
      if (done) return;
      if (!(reply instanceof Reply.Value value)) {
        guarded(() -> replies.reply(reply));
        return;
      }
      String key = value.sample().key();
      if (!anyKey && !KeyExpr.of(key).intersects(expr)) {
        LOG.log(Level.DEBUG, "reply on {0} to a get of {1} ignored: keys are disjoint", key, expr);
        return;
      }
      switch (consolidation) {
        case NONE -> guarded(() -> replies.reply(value));
        case MONOTONIC -> {
          if (isOlder(value, newest.get(key))) return;
          newest.put(key, value);
          guarded(() -> replies.reply(value));
        }
        case AUTO, LATEST -> {
          if (!isOlder(value, newest.get(key))) newest.put(key, value);
        }
      }
    }

    private static boolean isOlder(Reply.Value value, Reply.Value than) {
      if (than == null) return false;
      var mine = value.sample().timestamp();
      var other = than.sample().timestamp();
      if (mine == null || other == null) return mine == null && other != null;
      return Long.compareUnsigned(mine.ntp64(), other.ntp64()) <= 0;
    }

    synchronized void partDone() {
      if (--parts <= 0) finish(false);
    }

    synchronized void finish(boolean timedOut) {
      if (done) return;
      done = true;
      if (timer != null) timer.cancel(false);
      gets.remove(id, this);
      cleanup.run();
      if (consolidation == GetOptions.Consolidation.LATEST)
        for (var value : newest.values()) guarded(() -> replies.reply(value));
      guarded(() -> replies.done(timedOut));
    }
  }

  /**
   * A question to one or more of our queryables: answers go to a get of our own ({@code local}) or
   * back up under the asker's number.
   */
  private final class OpenQuery implements Query {
    private final KeyExpr expr;
    private final QueryBody body;
    private final String sourceZid;
    private final Qos qos;
    private final PendingGet local;
    private final Integer requestId;
    private int holders;
    private boolean finished;
    private ScheduledFuture<?> timer;

    OpenQuery(
        KeyExpr expr,
        QueryBody body,
        String sourceZid,
        Qos qos,
        PendingGet local,
        Integer requestId,
        int holders) {
      this.expr = expr;
      this.body = body;
      this.sourceZid = sourceZid;
      this.qos = qos;
      this.local = local;
      this.requestId = requestId;
      this.holders = holders;
    }

    synchronized void arm(Duration timeout) {
      timer =
          TIMER.schedule(
              () -> Thread.startVirtualThread(this::end), timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public String key() {
      return expr.toString();
    }

    @Override
    public String parameters() {
      return body.parameters();
    }

    @Override
    public byte[] payload() {
      return body.payload();
    }

    @Override
    public Encoding encoding() {
      return body.encoding();
    }

    @Override
    public byte[] attachment() {
      return body.attachment();
    }

    @Override
    public String sourceZid() {
      return sourceZid;
    }

    @Override
    public void reply(String key, byte[] payload, PutOptions options) {
      answer(key, false, payload, options);
    }

    @Override
    public void replyDelete(String key, PutOptions options) {
      answer(key, true, EMPTY, options);
    }

    private void answer(String key, boolean delete, byte[] payload, PutOptions options) {
      var answered = KeyExpr.of(key);
      if (!answered.intersects(expr) && !body.parameters().contains("_anyke"))
        throw new IllegalArgumentException(
            "reply key: expected one that meets '%s', found '%s'; reply not sent"
                .formatted(expr, answered));
      if (isFinished()) return;
      var encoding = options.encoding() == null ? Encoding.BYTES : options.encoding();
      if (local != null) {
        var sample =
            new Sample(
                answered.toString(),
                delete ? Sample.Kind.DELETE : Sample.Kind.PUT,
                payload.clone(),
                encoding,
                options.attachment(),
                options.timestamp(),
                options.sourceInfo(),
                zid(),
                qos,
                System.nanoTime());
        local.answer(new Reply.Value(sample, zid()));
        return;
      }
      var content =
          delete
              ? new Del(options.timestamp(), options.sourceInfo(), options.attachment())
              : new Put(
                  options.timestamp(),
                  encoding,
                  options.sourceInfo(),
                  options.attachment(),
                  payload);
      respond(answered.toString(), new NetworkMessage.Reply(0, content));
    }

    @Override
    public void replyError(byte[] payload, Encoding encoding) {
      if (isFinished()) return;
      var named = encoding == null ? Encoding.BYTES : encoding;
      if (local != null) local.answer(new Reply.Failure(payload.clone(), named, zid()));
      else respond(expr.toString(), new Err(named, null, payload));
    }

    private void respond(String key, NetworkMessage.ResponseBody content) {
      sendUp(
          new Response(
              requestId,
              WireKey.full(key),
              wireQos(),
              null,
              new Responder(identity(), 1),
              content));
    }

    private int wireQos() {
      return Outgoing.qos(qos) | NetworkMessage.DO_NOT_DROP;
    }

    private synchronized boolean isFinished() {
      return finished;
    }

    @Override
    public void close() {
      synchronized (this) {
        if (--holders > 0) return;
      }
      end();
    }

    void end() {
      synchronized (this) {
        if (finished) return;
        finished = true;
        if (timer != null) timer.cancel(false);
      }
      if (local != null) local.partDone();
      else if (asked.remove(requestId, this)) sendUp(new ResponseFinal(requestId, wireQos(), null));
    }

    void abandon() {
      synchronized (this) {
        finished = true;
        if (timer != null) timer.cancel(false);
      }
    }
  }

  // ---- what comes from the others

  /** Handles anything but a push; {@code from}: printed zid of the session that delivered it. */
  final void receive(NetworkMessage message, KeyMap keys, String from, long receivedNanos) {
    switch (message) {
      case Declare declare -> declared(declare, keys, from, receivedNanos);
      case Request request -> requested(request, keys, from);
      case Response response -> responded(response, keys, from, receivedNanos);
      case ResponseFinal last -> {
        var get = gets.get(last.id());
        if (get != null) get.partDone();
      }
      case Interest interest -> answerInterest(interest, keys);
      case NetworkMessage.Push push -> {}
      case NetworkMessage.Oam oam -> {}
    }
  }

  /** A router has no need to ask a client; if it does, it is told that this is all. */
  private void answerInterest(Interest interest, KeyMap keys) {
    if ((interest.mode() & Interest.CURRENT) == 0) return;
    long id = Integer.toUnsignedLong(interest.id());
    sendUp(new Declare(id, new Declaration.Final()));
  }

  private void requested(Request request, KeyMap keys, String from) {
    String text = keys.text(request.key());
    int qos = request.qos() | NetworkMessage.DO_NOT_DROP;
    if (text == null) {
      sendUp(new ResponseFinal(request.id(), qos, null));
      return;
    }
    var expr = KeyExpr.of(text);
    var own = ownAnswerers(expr, request.target());
    if (own.isEmpty()) {
      sendUp(new ResponseFinal(request.id(), qos, null));
      return;
    }
    var query =
        new OpenQuery(
            expr,
            request.query(),
            from,
            Outgoing.qos(request.qos(), true),
            null,
            request.id(),
            own.size());
    asked.put(request.id(), query);
    query.arm(Duration.ofMillis(Routing.queryMillis(request.timeoutMillis())));
    for (var one : own) guardedQuery(one, query);
  }

  private void responded(Response response, KeyMap keys, String from, long receivedNanos) {
    var get = gets.get(response.id());
    if (get == null) return;
    switch (response.body()) {
      case Err(Encoding encoding, var source, byte[] payload) ->
          get.answer(new Reply.Failure(payload, encoding, from));
      case NetworkMessage.Reply(int consolidation, var body) -> {
        String key = keys.text(response.key());
        if (key == null) return;
        var sample =
            switch (body) {
              case Put put ->
                  new Sample(
                      key,
                      Sample.Kind.PUT,
                      put.payload(),
                      put.encoding(),
                      put.attachment(),
                      put.timestamp(),
                      put.sourceInfo(),
                      from,
                      Outgoing.qos(response.qos(), true),
                      receivedNanos);
              case Del del ->
                  new Sample(
                      key,
                      Sample.Kind.DELETE,
                      EMPTY,
                      Encoding.BYTES,
                      del.attachment(),
                      del.timestamp(),
                      del.sourceInfo(),
                      from,
                      Outgoing.qos(response.qos(), true),
                      receivedNanos);
            };
        get.answer(new Reply.Value(sample, from));
      }
    }
  }

  private void declared(Declare declare, KeyMap keys, String from, long receivedNanos) {
    switch (declare.declaration()) {
      case Declaration.Key(int id, WireKey key) -> {
        String text = keys.text(key);
        if (text != null) keys.declare(id, text);
      }
      case Declaration.UndeclareKey(int id) -> keys.undeclare(id);
      case Declaration.Subscriber(int id, WireKey key) -> {
        String text = keys.text(key);
        if (text == null) return;
        var expr = KeyExpr.of(text);
        synchronized (state) {
          remoteSubscribers.put(id, expr);
          for (var publisher : publishers.values())
            if (expr.intersects(publisher.expr)) publisher.remote = true;
        }
      }
      case Declaration.UndeclareSubscriber(int id, WireKey key) -> {
        synchronized (state) {
          remoteSubscribers.remove(id);
          for (var publisher : publishers.values()) rematch(publisher);
        }
      }
      case Declaration.Queryable queryable -> {}
      case Declaration.UndeclareQueryable queryable -> {}
      case Declaration.Token(int id, WireKey key) -> {
        String text = keys.text(key);
        if (text != null) tokenAlive(declare.interestId(), id, text, from, receivedNanos);
      }
      case Declaration.UndeclareToken(int id, WireKey key) -> {
        String told = key == null ? null : keys.text(key);
        tokenGone(id, told, from, receivedNanos);
      }
      case Declaration.Final last -> interestAnswered(declare.interestId(), from, receivedNanos);
    }
  }

  private Sample tokenSample(String key, boolean alive, String from, long receivedNanos) {
    return new Sample(
        key,
        alive ? Sample.Kind.PUT : Sample.Kind.DELETE,
        EMPTY,
        Encoding.BYTES,
        null,
        null,
        null,
        from,
        Qos.DATA_BLOCK,
        receivedNanos);
  }

  private void tokenAlive(long interestId, int id, String key, String from, long receivedNanos) {
    var expr = KeyExpr.of(key);
    var told = new ArrayList<TokenWatch>();
    synchronized (state) {
      if (id != 0) remoteTokens.put(id, key);
      for (var watch : watches.values()) {
        boolean asked =
            interestId == Declare.NO_INTEREST ? watch.get == null : watch.id == (int) interestId;
        if (!asked || !watch.expr.intersects(expr)) continue;
        watch.stale.remove(key);
        if (watch.alive.add(key)) told.add(watch);
      }
    }
    if (told.isEmpty()) return;
    var sample = tokenSample(expr.toString(), true, from, receivedNanos);
    for (var watch : told) {
      if (watch.get != null) watch.get.answer(new Reply.Value(sample, from));
      else guarded(() -> watch.callback.accept(sample));
    }
  }

  private void tokenGone(int id, String told, String from, long receivedNanos) {
    String key;
    var watching = new ArrayList<TokenWatch>();
    synchronized (state) {
      String known = remoteTokens.remove(id);
      key = told != null && !told.isEmpty() ? told : known;
      if (key == null) return;
      var expr = KeyExpr.of(key);
      for (var watch : watches.values()) {
        if (watch.get != null || !watch.expr.intersects(expr)) continue;
        watch.alive.remove(key);
        watch.stale.remove(key);
        watching.add(watch);
      }
    }
    var sample = tokenSample(key, false, from, receivedNanos);
    for (var watch : watching) guarded(() -> watch.callback.accept(sample));
  }

  private void interestAnswered(long interestId, String from, long receivedNanos) {
    int id = (int) interestId;
    TokenWatch watch;
    List<String> vanished = List.of();
    synchronized (state) {
      var publisher = publishers.get(id);
      if (publisher != null) publisher.answered = true;
      watch = watches.get(id);
      if (watch != null) {
        vanished = List.copyOf(watch.stale);
        watch.stale.clear();
        watch.alive.removeAll(vanished);
      }
    }
    if (watch == null) return;
    if (watch.get != null) watch.get.partDone();
    for (String key : vanished) {
      var sample = tokenSample(key, false, from, receivedNanos);
      guarded(() -> watch.callback.accept(sample));
    }
  }

  // ---- life of the link

  /** Tells a new link everything that is declared. */
  final void declareAll() {
    var messages = new ArrayList<NetworkMessage>();
    synchronized (state) {
      for (var one : subscribers.values())
        messages.add(
            new Declare(
                Declare.NO_INTEREST, new Declaration.Subscriber(one.id, WireKey.full(one.key()))));
      for (var one : queryables.values())
        messages.add(
            new Declare(
                Declare.NO_INTEREST,
                new Declaration.Queryable(one.id, WireKey.full(one.key()), one.complete, 0)));
      tokens.forEach(
          (id, expr) ->
              messages.add(
                  new Declare(
                      Declare.NO_INTEREST,
                      new Declaration.Token(id, WireKey.full(expr.toString())))));
      for (var one : publishers.values()) messages.add(one.interest());
      for (var one : watches.values()) messages.add(one.interest(true));
    }
    for (var message : messages) sendUp(message);
  }

  /** Forgets what a lost link had told; questions that were on their way end. */
  final void linkLost() {
    synchronized (state) {
      remoteSubscribers.clear();
      remoteTokens.clear();
      for (var publisher : publishers.values()) {
        publisher.answered = false;
        publisher.remote = false;
      }
      for (var watch : watches.values()) watch.stale.addAll(watch.alive);
    }
    for (var query : asked.values()) query.abandon();
    asked.clear();
    for (var get : gets.values()) get.finish(true);
  }

  /** First half of closing: no more calls, open questions end. */
  final boolean closeCore() {
    synchronized (state) {
      if (closed) return false;
      closed = true;
    }
    for (var query : asked.values()) query.end();
    for (var get : gets.values()) get.finish(true);
    return true;
  }
}
