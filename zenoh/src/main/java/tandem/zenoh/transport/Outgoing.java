package tandem.zenoh.transport;

import tandem.zenoh.PutOptions;
import tandem.zenoh.Qos;
import tandem.zenoh.wire.NetworkCodec;
import tandem.zenoh.wire.NetworkMessage;
import tandem.zenoh.wire.WireWriter;

/** Bytes of what we publish ourselves. One per thread; re-used from put to put. */
final class Outgoing {
  private static final ThreadLocal<Outgoing> MINE = ThreadLocal.withInitial(Outgoing::new);

  private final WireWriter head = new WireWriter(256);
  private final WireWriter tail = new WireWriter(128);

  static Outgoing mine() {
    return MINE.get();
  }

  /** A push with a full key, without its payload bytes. */
  WireWriter push(byte[] key, boolean delete, int payloadLength, PutOptions options) {
    tail.clear();
    boolean extensions =
        NetworkCodec.writePushTail(
            tail,
            qos(options.qos()),
            delete,
            options.timestamp(),
            options.encoding(),
            options.sourceInfo(),
            options.attachment(),
            payloadLength);
    head.clear();
    NetworkCodec.writePushHead(head, key, extensions);
    return head.raw(tail.array(), 0, tail.size());
  }

  /** Header and key only, for a push whose tail is at hand. */
  WireWriter pushHead(byte[] key, boolean extensions) {
    NetworkCodec.writePushHead(head.clear(), key, extensions);
    return head;
  }

  /** The byte of the wire. */
  static int qos(Qos qos) {
    return qos.priority() & 7
        | (qos.congestion() == Qos.Congestion.BLOCK ? NetworkMessage.DO_NOT_DROP : 0)
        | (qos.express() ? NetworkMessage.EXPRESS : 0);
  }

  private static final Qos[] ALL = new Qos[64];

  static {
    for (int i = 0; i < ALL.length; i++)
      ALL[i] =
          new Qos(
              i & 7,
              (i & NetworkMessage.DO_NOT_DROP) != 0 ? Qos.Congestion.BLOCK : Qos.Congestion.DROP,
              (i & NetworkMessage.EXPRESS) != 0,
              (i & 32) != 0);
  }

  static Qos qos(int wire, boolean reliable) {
    return ALL[wire & 31 | (reliable ? 32 : 0)];
  }
}
