package tandem.zenoh.wire;

import java.util.List;

/**
 * What stands directly in a batch. The header byte holds the id in its low five bits.
 *
 * <pre>
 *  Init      0x01   A ack, S sizes, Z
 *  Open      0x02   A ack, T lease in seconds, Z
 *  Close     0x03   0x20 whole session
 *  KeepAlive 0x04
 *  Frame     0x05   0x20 reliable, Z
 *  Fragment  0x06   0x20 reliable, 0x40 more follow, Z
 *  Oam       0x00
 * </pre>
 */
public sealed interface TransportMessage {
  /**
   * First word of each side.
   *
   * @param whatami 0 router, 1 peer, 2 client
   * @param resolution bits 0-1 sequence number, bits 2-3 request id: 0=8, 1=16, 2=32, 3=64 bit
   * @param batchSize bytes, the 2-byte length prefix included
   * @param cookie of the acceptor; null in a syn
   */
  record Init(
      boolean ack,
      int version,
      int whatami,
      Zid zid,
      int resolution,
      int batchSize,
      byte[] cookie,
      List<Extension> extensions)
      implements TransportMessage {
    public static final int VERSION = 9;
    public static final int DEFAULT_RESOLUTION = 0x0A;
    public static final int DEFAULT_BATCH_SIZE = 65_535;
    public static final int QOS = 0x01;
    public static final int PATCH = 0x27;

    public boolean offers(int extension) {
      for (var one : extensions) if (one.header() == extension) return true;
      return false;
    }

    /** Agreed patch level of a side that sent this; 0 where it said nothing. */
    public long patch() {
      for (var one : extensions) if (one.header() == PATCH) return one.value();
      return 0;
    }
  }

  /**
   * Second word of each side.
   *
   * @param cookie as the acceptor gave it; null in an ack
   */
  record Open(
      boolean ack, long leaseMillis, long initialSn, byte[] cookie, List<Extension> extensions)
      implements TransportMessage {}

  /** The end, with its reason. */
  record Close(boolean session, int reason) implements TransportMessage {
    public static final int GENERIC = 0;
    public static final int UNSUPPORTED = 1;
    public static final int INVALID = 2;
    public static final int MAX_SESSIONS = 3;
    public static final int MAX_LINKS = 4;
    public static final int EXPIRED = 5;
    public static final int UNRESPONSIVE = 6;
    public static final int TO_SELF = 7;

    private static final String[] NAMES = {
      "generic",
      "unsupported",
      "invalid",
      "max sessions",
      "max links",
      "expired",
      "unresponsive",
      "connection to self"
    };

    public static String name(int reason) {
      return reason < NAMES.length ? NAMES[reason] : "reason " + reason;
    }
  }

  /** Still here. */
  record KeepAlive() implements TransportMessage {}

  /**
   * Network messages of one lane.
   *
   * @param priority 0..7; 5 is not sent
   */
  record Frame(boolean reliable, long sn, int priority, List<NetworkMessage> messages)
      implements TransportMessage {}

  /**
   * A piece of one encoded network message.
   *
   * @param first marks the first piece (patch 1)
   * @param dropped the sender gave the chain up (patch 1)
   */
  record Fragment(
      boolean reliable,
      boolean more,
      long sn,
      int priority,
      boolean first,
      boolean dropped,
      byte[] piece)
      implements TransportMessage {}

  /** Operation and maintenance: carried by the core, ignored by us; nothing of it is kept. */
  record Oam(int id) implements TransportMessage {}
}
