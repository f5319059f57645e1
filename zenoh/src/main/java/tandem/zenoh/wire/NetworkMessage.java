package tandem.zenoh.wire;

import tandem.zenoh.Encoding;
import tandem.zenoh.SourceInfo;
import tandem.zenoh.Timestamp;

/**
 * What stands in a {@link TransportMessage.Frame}. {@code qos} is the byte of extension 0x21: bits
 * 0-2 priority, 0x08 do not drop, 0x10 express; {@link #DEFAULT_QOS} is not sent. {@code timestamp}
 * is that of extension 0x42, mostly null.
 *
 * <pre>
 *  Interest 0x19   ResponseFinal 0x1A   Response 0x1B   Request 0x1C   Push 0x1D   Declare 0x1E   Oam 0x1F
 * </pre>
 */
public sealed interface NetworkMessage {
  int DEFAULT_QOS = 5;

  /** What the core sends with declarations: control priority, do not drop. */
  int DECLARATION_QOS = 8;

  int DO_NOT_DROP = 0x08;
  int EXPRESS = 0x10;

  int qos();

  /** A put or delete on its way. */
  record Push(WireKey key, int qos, Timestamp timestamp, int nodeId, PushBody body)
      implements NetworkMessage {
    public Push(WireKey key, int qos, PushBody body) {
      this(key, qos, null, 0, body);
    }
  }

  /** A value or its removal. */
  sealed interface PushBody {}

  /** {@code timestamp}, {@code sourceInfo}, {@code attachment}: null where absent. */
  record Put(
      Timestamp timestamp,
      Encoding encoding,
      SourceInfo sourceInfo,
      byte[] attachment,
      byte[] payload)
      implements PushBody {}

  /** Null where absent. */
  record Del(Timestamp timestamp, SourceInfo sourceInfo, byte[] attachment) implements PushBody {}

  /**
   * A question.
   *
   * @param id unsigned 32 bits, per session and direction
   * @param target 0 best matching, 1 all, 2 all complete
   * @param budget 0: absent
   * @param timeoutMillis 0: absent
   */
  record Request(
      int id,
      WireKey key,
      int qos,
      Timestamp timestamp,
      int nodeId,
      int target,
      int budget,
      long timeoutMillis,
      QueryBody query)
      implements NetworkMessage {}

  /**
   * Body of a question.
   *
   * @param consolidation 0 auto (not sent), 1 none, 2 monotonic, 3 latest
   * @param encoding null where there is no payload
   */
  record QueryBody(
      int consolidation,
      String parameters,
      SourceInfo sourceInfo,
      Encoding encoding,
      byte[] payload,
      byte[] attachment) {}

  /**
   * One answer.
   *
   * @param responder null where absent
   */
  record Response(
      int id, WireKey key, int qos, Timestamp timestamp, Responder responder, ResponseBody body)
      implements NetworkMessage {}

  /** Who answered. */
  record Responder(Zid zid, int entityId) {}

  /** A value or an error. */
  sealed interface ResponseBody {}

  /** {@code consolidation} 0: not sent. */
  record Reply(int consolidation, PushBody body) implements ResponseBody {}

  /** The answerer's error. */
  record Err(Encoding encoding, SourceInfo sourceInfo, byte[] payload) implements ResponseBody {}

  /** No more answers. */
  record ResponseFinal(int id, int qos, Timestamp timestamp) implements NetworkMessage {}

  /**
   * A declaration.
   *
   * @param interestId the interest it answers, {@link #NO_INTEREST} where it answers none
   */
  record Declare(long interestId, int qos, Timestamp timestamp, int nodeId, Declaration declaration)
      implements NetworkMessage {
    public static final long NO_INTEREST = -1;

    public Declare(long interestId, Declaration declaration) {
      this(interestId, DECLARATION_QOS, null, 0, declaration);
    }
  }

  /**
   * Asks for declarations.
   *
   * @param mode bits: 1 current, 2 future; 0 ends an interest
   * @param options what is asked: {@link #KEYS} and so on, without the key's own flags
   * @param key null: everything
   */
  record Interest(int id, int mode, int options, WireKey key, int qos) implements NetworkMessage {
    public static final int FINAL = 0;
    public static final int CURRENT = 1;
    public static final int FUTURE = 2;
    public static final int KEYS = 0x01;
    public static final int SUBSCRIBERS = 0x02;
    public static final int QUERYABLES = 0x04;
    public static final int TOKENS = 0x08;
    public static final int AGGREGATE = 0x80;
    static final int RESTRICTED = 0x10;
  }

  /** Link state of peers and the like: ignored. */
  record Oam(int id, int qos) implements NetworkMessage {}
}
