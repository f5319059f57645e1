package tandem.zenoh.transport;

import java.util.HashMap;
import java.util.Map;
import tandem.zenoh.Router;
import tandem.zenoh.keyexpr.KeyExpr;
import tandem.zenoh.wire.NetworkMessage;
import tandem.zenoh.wire.PushView;
import tandem.zenoh.wire.WireWriter;

/**
 * One member of the router as its tables see it: a session over a link, or the router's own. The
 * maps belong to {@link Routing} and are guarded by its lock.
 */
abstract class Face {
  /** Somebody listens, answers, or is alive, under the number its session gave. */
  record Entity(KeyExpr expr, boolean complete, int distance) {}

  /** What a session wants to be told; a null expression means everything. */
  record Wish(int options, KeyExpr expr) {
    boolean wants(int kind, KeyExpr key) {
      return (options & kind) != 0 && (expr == null || expr.intersects(key));
    }
  }

  final Router.Peer peer;
  final boolean local;
  final KeyMap keys = new KeyMap();
  final Complaints complaints = new Complaints();

  final Map<Integer, Entity> subscribers = new HashMap<>();
  final Map<Integer, Entity> queryables = new HashMap<>();
  final Map<Integer, Entity> tokens = new HashMap<>();

  /** Wishes that go on. */
  final Map<Integer, Wish> wishes = new HashMap<>();

  /** What this session has been told, by key, under which number of ours. */
  final Map<String, Integer> toldSubscribers = new HashMap<>();

  final Map<String, Integer> toldQueryables = new HashMap<>();
  final Map<String, Integer> toldTokens = new HashMap<>();

  /** Questions we asked this session, by our number. */
  final Map<Integer, Routing.Question> asked = new HashMap<>();

  /** Questions this session has asked and that are open, by its number. */
  final Map<Integer, Routing.Question> asking = new HashMap<>();

  int nextId = 1;
  int nextRequest = 1;
  boolean gone;

  Face(Router.Peer peer, boolean local) {
    this.peer = peer;
    this.local = local;
  }

  Map<Integer, Entity> entities(int kind) {
    return switch (kind) {
      case NetworkMessage.Interest.SUBSCRIBERS -> subscribers;
      case NetworkMessage.Interest.QUERYABLES -> queryables;
      default -> tokens;
    };
  }

  Map<String, Integer> told(int kind) {
    return switch (kind) {
      case NetworkMessage.Interest.SUBSCRIBERS -> toldSubscribers;
      case NetworkMessage.Interest.QUERYABLES -> toldQueryables;
      default -> toldTokens;
    };
  }

  boolean wants(int kind, KeyExpr key) {
    for (var wish : wishes.values()) if (wish.wants(kind, key)) return true;
    return false;
  }

  int declared() {
    return subscribers.size() + queryables.size() + tokens.size() + wishes.size() + keys.declared();
  }

  /** Sends a declaration, in order and without waiting; called with the lock of the tables held. */
  abstract void tell(NetworkMessage.Declare declare);

  /** Sends a request, response or final that {@code from} caused; may wait for room. */
  abstract void pass(NetworkMessage message, Face from);

  /**
   * Forwards a push: {@code head} up to the key, then the bytes that follow it.
   *
   * @param wait whether block-class may wait for room; else it answers {@link
   *     Outbox.Sent#TIMED_OUT}
   */
  abstract Outbox.Sent forward(WireWriter head, PushView push, boolean reliable, boolean wait);

  /** Sends a push of the router's own session. */
  abstract Outbox.Sent forward(
      WireWriter head, byte[] payload, int length, int qos, boolean reliable, boolean wait);
}
