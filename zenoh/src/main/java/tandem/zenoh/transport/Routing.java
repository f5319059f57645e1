package tandem.zenoh.transport;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import tandem.zenoh.GetOptions;
import tandem.zenoh.IngressPolicy;
import tandem.zenoh.PutOptions;
import tandem.zenoh.keyexpr.KeyExpr;
import tandem.zenoh.wire.Declaration;
import tandem.zenoh.wire.NetworkCodec;
import tandem.zenoh.wire.NetworkMessage;
import tandem.zenoh.wire.NetworkMessage.Declare;
import tandem.zenoh.wire.NetworkMessage.Interest;
import tandem.zenoh.wire.NetworkMessage.Push;
import tandem.zenoh.wire.NetworkMessage.Request;
import tandem.zenoh.wire.NetworkMessage.Response;
import tandem.zenoh.wire.NetworkMessage.ResponseFinal;
import tandem.zenoh.wire.PushView;
import tandem.zenoh.wire.WireKey;
import tandem.zenoh.wire.WireReader;
import tandem.zenoh.wire.WireWriter;

/**
 * Who gets what in one router. Pushes take a route remembered with their key, without a lock; it is
 * made anew when a subscriber came or went. Declarations, interests and open questions change
 * tables under one lock, in which nobody waits and no callback runs.
 *
 * <p>Towards each session a key is declared once, however many others declared it, under a number
 * of ours; it is undeclared when the last of them took it back or left.
 */
final class Routing {
  private static final System.Logger LOG = System.getLogger("tandem.zenoh.router");
  private static final int MAX_OPEN_QUESTIONS = 4096;
  private static final long DEFAULT_QUERY_MILLIS = 10_000;
  private static final long LONGEST_QUERY_MILLIS = 24 * 3_600_000L;
  private static final int[] KINDS = {Interest.SUBSCRIBERS, Interest.QUERYABLES, Interest.TOKENS};

  /** Where the pushes of one key of one session go. */
  private record Route(SessionCore.Subscription[] local, Face[] remote) {}

  /** A request on its way: who asked under which number, who has not finished. */
  static final class Question {
    final Face from;
    final int fromId;
    final int qos;
    final Map<Face, Integer> open = new HashMap<>();
    java.util.concurrent.ScheduledFuture<?> timer;

    Question(Face from, int fromId, int qos) {
      this.from = from;
      this.fromId = fromId;
      this.qos = qos;
    }
  }

  private final IngressPolicy policy;
  private final int maxDeclarations;
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<Face> faces = new java.util.LinkedHashSet<>();
  private final Declarers subscribers = new Declarers();
  private final Declarers queryables = new Declarers();
  private final Declarers tokens = new Declarers();
  private volatile long version;
  private LocalSession localSession;

  Routing(IngressPolicy policy, int maxDeclarations) {
    this.policy = policy;
    this.maxDeclarations = maxDeclarations;
  }

  void localSession(LocalSession session) {
    localSession = session;
  }

  /** Logs what a peer did wrong, ever more rarely. */
  static void complain(Face of, String what, Object... values) {
    if (of.complaints.next())
      LOG.log(
          Level.WARNING,
          "peer %s (%s), complaint %d: %s"
              .formatted(
                  of.peer.zid(), of.peer.remote(), of.complaints.count(), what.formatted(values)));
  }

  // ---- faces

  void add(Face face) {
    lock.lock();
    try {
      faces.add(face);
    } finally {
      lock.unlock();
    }
  }

  /** Takes back all that a session that ended had declared, and ends its questions. */
  void remove(Face face) {
    var finals = new ArrayList<Question>();
    lock.lock();
    try {
      if (!faces.remove(face)) return;
      face.gone = true;
      for (int kind : KINDS) {
        var gone = new ArrayList<>(face.entities(kind).keySet());
        for (int id : gone) undeclare(face, kind, id);
      }
      for (var question : new ArrayList<>(face.asked.values())) {
        question.open.remove(face);
        if (question.open.isEmpty()) finals.add(question);
      }
      face.asked.clear();
      for (var question : new ArrayList<>(face.asking.values())) forget(question);
      face.wishes.clear();
    } finally {
      lock.unlock();
    }
    for (var question : finals) finish(question);
  }

  // ---- pushes

  /** A push that arrived on the face's receiving thread. */
  void push(Face from, PushView push, boolean reliable, long receivedNanos) {
    var key = from.keys.find(push);
    if (key == null) {
      complain(from, "push on key number %d, which is unknown, dropped", push.scope());
      return;
    }
    var kind = push.isDelete() ? IngressPolicy.Kind.DELETE : IngressPolicy.Kind.PUT;
    if (!policy.accept(from.peer, kind, key.text)) return;
    var route = route(from, key);
    if (route.local.length > 0)
      localSession.deliver(
          route.local,
          ClientSession.sample(push, key.text, from.peer.zid(), reliable, receivedNanos));
    if (route.remote.length > 0) forward(from, push, key, kind, route.remote, reliable);
  }

  private void forward(
      Face from,
      PushView push,
      KeyMap.Key key,
      IngressPolicy.Kind kind,
      Face[] to,
      boolean reliable) {
    if (push.hasNodeId()) {
      var whole = push.toPush();
      var stripped =
          new Push(WireKey.full(key.text), whole.qos(), whole.timestamp(), 0, whole.body());
      var bytes = new WireWriter();
      NetworkCodec.write(bytes, stripped);
      forward(from, new PushView().read(WireReader.of(bytes.toBytes())), key, kind, to, reliable);
      return;
    }
    var head = Outgoing.mine().pushHead(key.utf8, push.hasExtensions());
    // Who has no room for a block-class message waits in a second round: all others come first.
    List<Face> later = null;
    for (var face : to) {
      if (!policy.route(from.peer, face.peer, kind, key.text)) continue;
      if (face.forward(head, push, reliable, false) != Outbox.Sent.TIMED_OUT) continue;
      if (later == null) later = new ArrayList<>();
      later.add(face);
    }
    if (later != null) for (var face : later) face.forward(head, push, reliable, true);
  }

  private Route route(Face from, KeyMap.Key key) {
    long now = version;
    if (key.routeVersion == now) return (Route) key.route;
    Route route;
    lock.lock();
    try {
      now = version;
      route = new Route(localSession.matching(key.expr), remote(from, key.expr));
    } finally {
      lock.unlock();
    }
    key.route = route;
    key.routeVersion = now;
    return route;
  }

  /** With the lock held. */
  private Face[] remote(Face from, KeyExpr key) {
    var found = new java.util.LinkedHashSet<Face>();
    subscribers.meeting(
        key,
        (expr, faces) -> {
          for (var face : faces) if (face != from && !face.local) found.add(face);
        });
    return found.toArray(Face[]::new);
  }

  private Declarers declarers(int kind) {
    return switch (kind) {
      case Interest.SUBSCRIBERS -> subscribers;
      case Interest.QUERYABLES -> queryables;
      default -> tokens;
    };
  }

  /** A push of the router's own session, whose own subscribers have had it. */
  boolean pushLocal(
      Face local, KeyExpr key, byte[] utf8, boolean delete, byte[] payload, PutOptions options) {
    var to = localSession.remoteRoute(key, version);
    if (to == null) {
      lock.lock();
      try {
        to = remote(local, key);
        localSession.rememberRoute(key, version, to);
      } finally {
        lock.unlock();
      }
    }
    if (to.length == 0) return true;
    int length = delete ? 0 : payload.length;
    var head = Outgoing.mine().push(utf8, delete, length, options);
    int qos = Outgoing.qos(options.qos());
    boolean reliable = options.qos().reliable();
    boolean all = true;
    var later = new ArrayList<Face>(0);
    for (var face : to) {
      var sent = face.forward(head, payload, length, qos, reliable, false);
      if (sent == Outbox.Sent.TIMED_OUT) later.add(face);
      all &= sent != Outbox.Sent.DROPPED;
    }
    for (var face : later)
      all &= face.forward(head, payload, length, qos, reliable, true) == Outbox.Sent.QUEUED;
    return all;
  }

  boolean accepts(Face from, IngressPolicy.Kind kind, String key) {
    return policy.accept(from.peer, kind, key);
  }

  private boolean routes(Face from, Face to, IngressPolicy.Kind kind, String key) {
    return from.local || to.local || policy.route(from.peer, to.peer, kind, key);
  }

  // ---- everything else

  /** Handles any message but a push, on the thread that brought it. */
  void handle(Face from, NetworkMessage message) {
    switch (message) {
      case Declare declare -> declare(from, declare);
      case Interest interest -> interest(from, interest);
      case Request request -> request(from, request);
      case Response response -> response(from, response);
      case ResponseFinal last -> {
        Question done = null;
        lock.lock();
        try {
          var question = from.asked.remove(last.id());
          if (question != null) {
            question.open.remove(from);
            if (question.open.isEmpty()) done = question;
          }
        } finally {
          lock.unlock();
        }
        if (done != null) finish(done);
      }
      case Push push -> {}
      case NetworkMessage.Oam oam -> {}
    }
  }

  private void declare(Face from, Declare declare) {
    lock.lock();
    try {
      if (from.gone) return;
      switch (declare.declaration()) {
        case Declaration.Key(int id, WireKey key) -> {
          String text = from.keys.text(key);
          if (text != null && roomFor(from, text)) {
            KeyExpr.of(text);
            from.keys.declare(id, text);
          }
        }
        case Declaration.UndeclareKey(int id) -> from.keys.undeclare(id);
        case Declaration.Subscriber(int id, WireKey key) ->
            declare(from, Interest.SUBSCRIBERS, id, key, false, 0);
        case Declaration.UndeclareSubscriber(int id, WireKey key) ->
            undeclare(from, Interest.SUBSCRIBERS, id);
        case Declaration.Queryable(int id, WireKey key, boolean complete, int distance) ->
            declare(from, Interest.QUERYABLES, id, key, complete, distance);
        case Declaration.UndeclareQueryable(int id, WireKey key) ->
            undeclare(from, Interest.QUERYABLES, id);
        case Declaration.Token(int id, WireKey key) ->
            declare(from, Interest.TOKENS, id, key, false, 0);
        case Declaration.UndeclareToken(int id, WireKey key) ->
            undeclare(from, Interest.TOKENS, id);
        case Declaration.Final last -> {}
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean roomFor(Face from, String what) {
    if (from.declared() < maxDeclarations) return true;
    complain(
        from,
        "expected at most %d declarations, found one more (%s); not taken",
        maxDeclarations,
        what);
    return false;
  }

  private void declare(Face from, int kind, int id, WireKey key, boolean complete, int distance) {
    String text = from.keys.text(key);
    if (text == null) {
      complain(
          from, "declaration on key number %d, which it has not declared, dropped", key.scope());
      return;
    }
    if (!roomFor(from, text)) return;
    var expr = KeyExpr.of(text);
    var old = from.entities(kind).get(id);
    if (old != null && !old.expr().equals(expr)) undeclare(from, kind, id);
    boolean again = old != null && old.expr().equals(expr);
    from.entities(kind).put(id, new Face.Entity(expr, complete, distance));
    if (!again) declarers(kind).add(expr, from);
    if (kind == Interest.SUBSCRIBERS && !again) version++;
    if (kind == Interest.TOKENS && !again) policy.token(from.peer, text, true);
    for (var face : faces) {
      if (face == from || !face.wants(kind, expr) || !announces(from, face, expr)) continue;
      boolean news = !face.told(kind).containsKey(expr.toString());
      if (!news && kind != Interest.QUERYABLES) continue;
      int number = face.told(kind).computeIfAbsent(expr.toString(), k -> face.nextId++);
      face.tell(new Declare(Declare.NO_INTEREST, declaration(kind, number, expr, face)));
    }
  }

  private boolean announces(Face from, Face to, KeyExpr expr) {
    return from.local || to.local || policy.announce(from.peer, to.peer, expr.toString());
  }

  /** With the lock held. */
  private void undeclare(Face from, int kind, int id) {
    var entity = from.entities(kind).remove(id);
    if (entity == null) return;
    var expr = entity.expr();
    declarers(kind).remove(expr, from);
    if (kind == Interest.SUBSCRIBERS) version++;
    if (kind == Interest.TOKENS) policy.token(from.peer, expr.toString(), false);
    for (var face : faces) {
      if (face == from) continue;
      boolean wanted = face.wants(kind, expr);
      Integer number = face.told(kind).get(expr.toString());
      if (number == null && !(wanted && kind == Interest.TOKENS && announces(from, face, expr)))
        continue;
      if (isVisible(kind, expr, face)) {
        if (number != null && kind == Interest.QUERYABLES)
          face.tell(new Declare(Declare.NO_INTEREST, declaration(kind, number, expr, face)));
        continue;
      }
      if (number == null) {
        // Never told because it was there before the wish, which asked for the future only.
        int once = face.nextId++;
        face.tell(
            new Declare(
                Declare.NO_INTEREST,
                new Declaration.UndeclareToken(once, WireKey.full(expr.toString()))));
        continue;
      }
      face.told(kind).remove(expr.toString());
      face.tell(
          new Declare(
              Declare.NO_INTEREST,
              switch (kind) {
                case Interest.SUBSCRIBERS -> new Declaration.UndeclareSubscriber(number, null);
                case Interest.QUERYABLES -> new Declaration.UndeclareQueryable(number, null);
                default -> new Declaration.UndeclareToken(number, null);
              }));
    }
  }

  /** Whether anybody else than {@code to} declares the key. */
  private boolean isVisible(int kind, KeyExpr expr, Face to) {
    for (var face : declarers(kind).of(expr)) if (face != to) return true;
    return false;
  }

  private Declaration declaration(int kind, int number, KeyExpr expr, Face to) {
    var key = WireKey.full(expr.toString());
    if (kind == Interest.SUBSCRIBERS) return new Declaration.Subscriber(number, key);
    if (kind == Interest.TOKENS) return new Declaration.Token(number, key);
    boolean complete = false;
    int distance = 0xFFFF;
    for (var face : queryables.of(expr))
      if (face != to)
        for (var entity : face.queryables.values())
          if (entity.expr().equals(expr)) {
            complete |= entity.complete();
            distance = Math.min(distance, entity.distance() + 1);
          }
    return new Declaration.Queryable(number, key, complete, distance == 0xFFFF ? 1 : distance);
  }

  private void interest(Face from, Interest interest) {
    lock.lock();
    try {
      if (from.gone) return;
      int id = interest.id();
      if (interest.mode() == Interest.FINAL) {
        from.wishes.remove(id);
        forgetUnwanted(from);
        return;
      }
      KeyExpr expr = null;
      boolean known = true;
      if (interest.key() != null) {
        String text = from.keys.text(interest.key());
        known = text != null;
        if (known) expr = KeyExpr.of(text);
      }
      var wish = new Face.Wish(interest.options(), expr);
      boolean future = (interest.mode() & Interest.FUTURE) != 0;
      if (known && future && roomFor(from, "interest " + id)) from.wishes.put(id, wish);
      if ((interest.mode() & Interest.CURRENT) == 0) return;
      long answers = Integer.toUnsignedLong(id);
      if (known)
        for (int kind : KINDS)
          if ((wish.options() & kind) != 0) tellCurrent(from, kind, wish, answers, future);
      from.tell(new Declare(answers, new Declaration.Final()));
    } finally {
      lock.unlock();
    }
  }

  private void tellCurrent(Face to, int kind, Face.Wish wish, long interestId, boolean future) {
    var keys = new LinkedHashMap<String, KeyExpr>();
    // A session that asks what is alive now is also told of itself, as the core does.
    boolean ownToo = kind == Interest.TOKENS && !future;
    declarers(kind)
        .meeting(
            wish.expr(),
            (expr, declaring) -> {
              for (var face : declaring)
                if (face == to ? ownToo : announces(face, to, expr))
                  keys.put(expr.toString(), expr);
            });
    for (var expr : keys.values()) {
      int number = future ? to.told(kind).computeIfAbsent(expr.toString(), k -> to.nextId++) : 0;
      to.tell(new Declare(interestId, declaration(kind, number, expr, to)));
    }
  }

  /** Numbers that no wish needs any more. */
  private void forgetUnwanted(Face face) {
    for (int kind : KINDS)
      face.told(kind).keySet().removeIf(key -> !face.wants(kind, KeyExpr.of(key)));
  }

  // ---- questions

  private void request(Face from, Request request) {
    String text = from.keys.text(request.key());
    int qos = request.qos() | NetworkMessage.DO_NOT_DROP;
    if (text == null || !policy.accept(from.peer, IngressPolicy.Kind.QUERY, text)) {
      from.pass(new ResponseFinal(request.id(), qos, null), from);
      return;
    }
    var expr = KeyExpr.of(text);
    var question = new Question(from, request.id(), qos);
    var sends = new LinkedHashMap<Face, Request>();
    lock.lock();
    try {
      if (from.gone) return;
      if (from.asking.size() >= MAX_OPEN_QUESTIONS) {
        complain(
            from,
            "expected at most %d open questions, found one more (%s); not asked",
            MAX_OPEN_QUESTIONS,
            text);
      } else {
        var before = from.asking.get(request.id());
        if (before != null) forget(before);
        for (var face : answerers(from, expr, request.target())) {
          int id = face.nextRequest++;
          question.open.put(face, id);
          face.asked.put(id, question);
          sends.put(
              face,
              new Request(
                  id,
                  WireKey.full(expr.toString()),
                  request.qos(),
                  request.timestamp(),
                  0,
                  request.target(),
                  request.budget(),
                  request.timeoutMillis(),
                  request.query()));
        }
        if (!sends.isEmpty()) {
          from.asking.put(request.id(), question);
          long millis = request.timeoutMillis();
          question.timer =
              SessionCore.TIMER.schedule(
                  () -> Thread.startVirtualThread(() -> finish(question)),
                  queryMillis(millis),
                  TimeUnit.MILLISECONDS);
        }
      }
    } finally {
      lock.unlock();
    }
    if (sends.isEmpty()) from.pass(new ResponseFinal(request.id(), qos, null), from);
    else sends.forEach((face, message) -> face.pass(message, from));
  }

  /** With the lock held. */
  private List<Face> answerers(Face from, KeyExpr asked, int target) {
    var meeting = new java.util.LinkedHashSet<Face>();
    queryables.meeting(asked, (expr, answering) -> meeting.addAll(answering));
    meeting.remove(from);
    meeting.removeIf(face -> !routes(from, face, IngressPolicy.Kind.QUERY, asked.toString()));
    var all = List.copyOf(meeting);
    var complete = new ArrayList<Face>();
    for (var face : all)
      for (var one : face.queryables.values())
        if (one.complete() && one.expr().includes(asked)) {
          complete.add(face);
          break;
        }
    if (target == GetOptions.Target.ALL_COMPLETE.ordinal()) return complete;
    if (target == GetOptions.Target.BEST_MATCHING.ordinal() && !complete.isEmpty())
      return complete.subList(0, 1);
    return all;
  }

  private void response(Face from, Response response) {
    Question question;
    lock.lock();
    try {
      question = from.asked.get(response.id());
    } finally {
      lock.unlock();
    }
    if (question == null) return;
    String text = from.keys.text(response.key());
    if (text == null
        || !policy.accept(from.peer, IngressPolicy.Kind.REPLY, text)
        || !routes(from, question.from, IngressPolicy.Kind.REPLY, text)) return;
    question.from.pass(
        new Response(
            question.fromId,
            WireKey.full(text),
            response.qos(),
            response.timestamp(),
            response.responder(),
            response.body()),
        from);
  }

  /** With the lock held. */
  private void forget(Question question) {
    if (question.timer != null) question.timer.cancel(false);
    question.open.forEach((face, id) -> face.asked.remove(id));
    question.open.clear();
    question.from.asking.remove(question.fromId, question);
  }

  /** How long a query may stay open; "no limit" (all ones, as rmw_zenoh asks) is a day. */
  static long queryMillis(long asked) {
    if (asked == 0) return DEFAULT_QUERY_MILLIS;
    return asked < 0 ? LONGEST_QUERY_MILLIS : Math.min(asked, LONGEST_QUERY_MILLIS);
  }

  /** All have finished, or the time is out: the asker is told, once. */
  private void finish(Question question) {
    lock.lock();
    try {
      if (!question.from.asking.containsKey(question.fromId)
          || question.from.asking.get(question.fromId) != question) return;
      forget(question);
    } finally {
      lock.unlock();
    }
    question.from.pass(new ResponseFinal(question.fromId, question.qos, null), question.from);
  }
}
