package tandem.zenoh.wire;

import java.nio.ByteBuffer;
import tandem.zenoh.Encoding;
import tandem.zenoh.SourceInfo;
import tandem.zenoh.Timestamp;
import tandem.zenoh.wire.NetworkMessage.Del;
import tandem.zenoh.wire.NetworkMessage.Push;
import tandem.zenoh.wire.NetworkMessage.PushBody;
import tandem.zenoh.wire.NetworkMessage.Put;

/**
 * A window onto one push, so that a router can forward it without taking it apart. {@link #read}
 * checks everything once and allocates nothing; the accessors then only look.
 *
 * <pre>
 *  +--------+-------+----------------+------------+----------------------------------+---------+
 *  | header | scope | length, suffix | extensions | put or del: head, extensions     | payload |
 *  +--------+-------+----------------+------------+----------------------------------+---------+
 *                                    ^ tailFrom                                                ^ end
 * </pre>
 *
 * Not thread-safe; valid as long as the buffer is not written to. May be re-used.
 */
public final class PushView {
  private final WireReader cursor = new WireReader();
  private ByteBuffer buffer;
  private int header;
  private int scope;
  private int suffixFrom;
  private int suffixLength;
  private int tailFrom;
  private int end;
  private int qos;
  private int nodeId;
  private int messageTimestampFrom;
  private boolean delete;
  private int timestampFrom;
  private int encodingFrom;
  private int sourceFrom;
  private int sourceEnd;
  private int attachmentFrom;
  private int attachmentLength;
  private int payloadFrom;
  private int payloadLength;

  /** Moves onto the push at the reader's position and the reader behind it. */
  public PushView read(WireReader in) {
    buffer = in.buffer();
    header = in.u8("push header");
    int at = in.position();
    scope = in.varint32("key number");
    if (scope < 0 || scope > 0xFFFF)
      throw new MalformedFrame("key number", "0..65535", Integer.toUnsignedString(scope), at);
    suffixLength = 0;
    if ((header & WireKey.NAMED) != 0) {
      at = in.position();
      suffixLength = in.length("key suffix");
      if (suffixLength > WireReader.MAX_KEY_BYTES)
        throw new MalformedFrame(
            "key suffix length", "0.." + WireReader.MAX_KEY_BYTES, suffixLength, at);
    }
    suffixFrom = in.position();
    in.skip(suffixLength);
    tailFrom = in.position();
    qos = NetworkMessage.DEFAULT_QOS;
    nodeId = 0;
    messageTimestampFrom = -1;
    boolean z = (header & TransportCodec.Z) != 0;
    while (z) {
      int extension = in.u8("extension header");
      z = (extension & TransportCodec.Z) != 0;
      switch (NetworkCodec.known(extension)) {
        case NetworkCodec.QOS -> qos = (int) in.varint("qos") & 0xFF;
        case NetworkCodec.NODE_ID -> nodeId = in.varint32("node id");
        case NetworkCodec.TIMESTAMP -> {
          int length = in.length("timestamp");
          messageTimestampFrom = in.position();
          cursor.wrap(buffer, in.position(), in.position() + length);
          Fields.skipTimestamp(cursor);
          Fields.expectEnd(cursor, "timestamp");
          in.skip(length);
        }
        default -> Extension.skip(in, extension, "Push");
      }
    }
    return readBody(in);
  }

  /** Moves onto a put or del that stands alone, as in a reply. */
  PushView readBody(WireReader in) {
    buffer = in.buffer();
    int at = in.position();
    int body = in.u8("put or del header");
    int id = body & TransportCodec.ID;
    if (id != NetworkCodec.PUT && id != NetworkCodec.DEL)
      throw new MalformedFrame("push body", "0x01 or 0x02", TransportCodec.hex(id), at);
    delete = id == NetworkCodec.DEL;
    timestampFrom = -1;
    encodingFrom = -1;
    sourceFrom = -1;
    attachmentFrom = -1;
    if ((body & NetworkCodec.TIMESTAMP_FLAG) != 0) {
      timestampFrom = in.position();
      Fields.skipTimestamp(in);
    }
    if (!delete && (body & NetworkCodec.ENCODING_FLAG) != 0) {
      encodingFrom = in.position();
      Fields.skipEncoding(in);
    }
    int attachment = delete ? NetworkCodec.DEL_ATTACHMENT : NetworkCodec.PUT_ATTACHMENT;
    boolean z = (body & TransportCodec.Z) != 0;
    while (z) {
      int extension = in.u8("extension header");
      z = (extension & TransportCodec.Z) != 0;
      int known = NetworkCodec.known(extension);
      if (known == NetworkCodec.SOURCE_INFO) {
        int length = in.length("source info");
        sourceFrom = in.position();
        sourceEnd = sourceFrom + length;
        Fields.skipSourceInfo(cursor.wrap(buffer, sourceFrom, sourceEnd));
        Fields.expectEnd(cursor, "source info");
        in.skip(length);
      } else if (known == attachment) {
        attachmentLength = in.length("attachment");
        attachmentFrom = in.position();
        in.skip(attachmentLength);
      } else Extension.skip(in, extension, delete ? "Del" : "Put");
    }
    payloadLength = delete ? 0 : in.length("payload");
    payloadFrom = in.position();
    in.skip(payloadLength);
    end = in.position();
    return this;
  }

  public ByteBuffer buffer() {
    return buffer;
  }

  public int scope() {
    return scope;
  }

  public boolean bySender() {
    return (header & WireKey.BY_SENDER) != 0;
  }

  public int suffixFrom() {
    return suffixFrom;
  }

  public int suffixLength() {
    return suffixLength;
  }

  public boolean hasExtensions() {
    return (header & TransportCodec.Z) != 0;
  }

  /** A node id is meant for the next hop only, so such a push cannot be forwarded as it stands. */
  public boolean hasNodeId() {
    return nodeId != 0;
  }

  public int tailFrom() {
    return tailFrom;
  }

  public int end() {
    return end;
  }

  public int qos() {
    return qos;
  }

  public boolean isDelete() {
    return delete;
  }

  public int payloadLength() {
    return payloadLength;
  }

  /** The key as it stood on the wire. */
  public WireKey key() {
    return new WireKey(
        scope, WireReader.text(buffer, suffixFrom, suffixLength, "key suffix"), bySender());
  }

  /** A copy. */
  public byte[] payload() {
    var bytes = new byte[payloadLength];
    buffer.get(payloadFrom, bytes);
    return bytes;
  }

  /** A copy; null where there is none. */
  public byte[] attachment() {
    if (attachmentFrom < 0) return null;
    var bytes = new byte[attachmentLength];
    buffer.get(attachmentFrom, bytes);
    return bytes;
  }

  /** Null where there is none. */
  public Timestamp timestamp() {
    return timestampFrom < 0
        ? null
        : Fields.timestamp(cursor.wrap(buffer, timestampFrom, payloadFrom));
  }

  public Encoding encoding() {
    return encodingFrom < 0
        ? Encoding.BYTES
        : Fields.encoding(cursor.wrap(buffer, encodingFrom, payloadFrom));
  }

  /** Null where there is none. */
  public SourceInfo sourceInfo() {
    return sourceFrom < 0 ? null : Fields.sourceInfo(cursor.wrap(buffer, sourceFrom, sourceEnd));
  }

  public Push toPush() {
    Timestamp of =
        messageTimestampFrom < 0
            ? null
            : Fields.timestamp(cursor.wrap(buffer, messageTimestampFrom, end));
    return new Push(key(), qos, of, nodeId, toBody());
  }

  PushBody toBody() {
    return delete
        ? new Del(timestamp(), sourceInfo(), attachment())
        : new Put(timestamp(), encoding(), sourceInfo(), attachment(), payload());
  }
}
