package tandem.zenoh.wire;

import tandem.zenoh.Encoding;
import tandem.zenoh.SourceInfo;
import tandem.zenoh.Timestamp;
import tandem.zenoh.wire.NetworkMessage.Declare;
import tandem.zenoh.wire.NetworkMessage.Del;
import tandem.zenoh.wire.NetworkMessage.Err;
import tandem.zenoh.wire.NetworkMessage.Interest;
import tandem.zenoh.wire.NetworkMessage.Oam;
import tandem.zenoh.wire.NetworkMessage.Push;
import tandem.zenoh.wire.NetworkMessage.PushBody;
import tandem.zenoh.wire.NetworkMessage.Put;
import tandem.zenoh.wire.NetworkMessage.QueryBody;
import tandem.zenoh.wire.NetworkMessage.Reply;
import tandem.zenoh.wire.NetworkMessage.Request;
import tandem.zenoh.wire.NetworkMessage.Responder;
import tandem.zenoh.wire.NetworkMessage.Response;
import tandem.zenoh.wire.NetworkMessage.ResponseBody;
import tandem.zenoh.wire.NetworkMessage.ResponseFinal;

/** Network messages to bytes and back. Stateless. Unknown optional extensions are skipped. */
public final class NetworkCodec {
  static final int INTEREST = 0x19;
  static final int RESPONSE_FINAL = 0x1A;
  static final int RESPONSE = 0x1B;
  static final int REQUEST = 0x1C;
  public static final int PUSH = 0x1D;
  static final int DECLARE = 0x1E;
  static final int OAM = 0x1F;

  static final int PUT = 0x01;
  static final int DEL = 0x02;
  static final int QUERY = 0x03;
  static final int REPLY = 0x04;
  static final int ERR = 0x05;

  private static final int Z = TransportCodec.Z;
  private static final int ID = TransportCodec.ID;
  static final int TIMESTAMP_FLAG = 0x20;
  static final int ENCODING_FLAG = 0x40;

  // Extensions without their more and mandatory bits.
  static final int QOS = 0x21;
  static final int TIMESTAMP = 0x42;
  static final int NODE_ID = 0x23;
  private static final int TARGET = 0x24;
  private static final int BUDGET = 0x25;
  private static final int TIMEOUT = 0x26;
  private static final int RESPONDER = 0x43;
  static final int SOURCE_INFO = 0x41;
  static final int PUT_ATTACHMENT = 0x43;
  static final int DEL_ATTACHMENT = 0x42;
  private static final int QUERY_BODY = 0x43;
  private static final int QUERY_ATTACHMENT = 0x45;
  private static final int QUERYABLE_INFO = 0x21;
  private static final int UNDECLARED_KEY = 0x4F;
  private static final int UNDECLARED_KEY_WIRE = 0x5F;

  private static final int INTEREST_ID = 0x20;
  private static final byte[] EMPTY = {};

  private NetworkCodec() {}

  /** Whether a network message begins at the reader's position. */
  public static boolean isNetwork(WireReader in) {
    return (in.peek() & ID) >= INTEREST;
  }

  /** Whether a push begins at the reader's position. */
  public static boolean isPush(WireReader in) {
    return (in.peek() & ID) == PUSH;
  }

  static int known(int extension) {
    return extension & ~Z & ~Extension.MANDATORY;
  }

  /** The extensions that all network messages share, and those of requests and responses. */
  private static final class Common {
    int qos = NetworkMessage.DEFAULT_QOS;
    Timestamp timestamp;
    int nodeId;
    int target;
    int budget;
    long timeoutMillis;
    Responder responder;

    Common read(WireReader in, boolean any, String message, boolean request, boolean response) {
      boolean z = any;
      while (z) {
        int header = in.u8("extension header");
        z = (header & Z) != 0;
        int id = known(header);
        if (id == QOS) qos = (int) in.varint("qos") & 0xFF;
        else if (id == TIMESTAMP) timestamp = Fields.timestamp(Fields.body(in, "timestamp"));
        else if (id == NODE_ID) nodeId = in.varint32("node id");
        else if (request && id == TARGET) target = in.varint32("target");
        else if (request && id == BUDGET) budget = in.varint32("budget");
        else if (request && id == TIMEOUT) timeoutMillis = in.varint("timeout");
        else if (response && id == RESPONDER) {
          var body = Fields.body(in, "responder");
          Zid zid = body.zid(body.u8("responder"), "responder zid");
          responder = new Responder(zid, body.varint32("responder entity"));
        } else Extension.skip(in, header, message);
      }
      return this;
    }
  }

  public static NetworkMessage read(WireReader in) {
    int at = in.position();
    int header = in.u8("network header");
    boolean z = (header & Z) != 0;
    return switch (header & ID) {
      case PUSH -> {
        in.position(at);
        yield new PushView().read(in).toPush();
      }
      case REQUEST -> {
        int id = in.varint32("request id");
        var key = key(in, header);
        var x = new Common().read(in, z, "Request", true, false);
        yield new Request(
            id,
            key,
            x.qos,
            x.timestamp,
            x.nodeId,
            x.target,
            x.budget,
            x.timeoutMillis,
            readQuery(in));
      }
      case RESPONSE -> {
        int id = in.varint32("request id");
        var key = key(in, header);
        var x = new Common().read(in, z, "Response", false, true);
        yield new Response(id, key, x.qos, x.timestamp, x.responder, readResponseBody(in));
      }
      case RESPONSE_FINAL -> {
        int id = in.varint32("request id");
        var x = new Common().read(in, z, "ResponseFinal", false, false);
        yield new ResponseFinal(id, x.qos, x.timestamp);
      }
      case DECLARE -> {
        long interest =
            (header & INTEREST_ID) != 0
                ? Integer.toUnsignedLong(in.varint32("interest id"))
                : Declare.NO_INTEREST;
        var x = new Common().read(in, z, "Declare", false, false);
        yield new Declare(interest, x.qos, x.timestamp, x.nodeId, readDeclaration(in));
      }
      case INTEREST -> readInterest(in, header);
      case OAM -> {
        int id = in.varint32("oam id");
        var x = new Common().read(in, z, "Oam", false, false);
        Extension.skipBody(in, header & 0x60, at);
        yield new Oam(id, x.qos);
      }
      default ->
          throw new MalformedFrame(
              "network message", "id 0x19..0x1f", TransportCodec.hex(header & ID), at);
    };
  }

  private static WireKey key(WireReader in, int header) {
    return WireKey.read(in, (header & WireKey.NAMED) != 0, (header & WireKey.BY_SENDER) != 0);
  }

  private static Interest readInterest(WireReader in, int header) {
    int mode = header >>> 5 & 3;
    int id = in.varint32("interest id");
    int options = 0;
    WireKey key = null;
    if (mode != Interest.FINAL) {
      int at = in.position();
      int all = in.u8("interest options");
      options =
          all
              & (Interest.KEYS
                  | Interest.SUBSCRIBERS
                  | Interest.QUERYABLES
                  | Interest.TOKENS
                  | Interest.AGGREGATE);
      if ((all & Interest.RESTRICTED) != 0) key = key(in, all);
      else if ((all & (WireKey.NAMED | WireKey.BY_SENDER)) != 0)
        throw new MalformedFrame(
            "interest options", "no key flags without a key", TransportCodec.hex(all), at);
    }
    var x = new Common().read(in, (header & Z) != 0, "Interest", false, false);
    return new Interest(id, mode, options, key, x.qos);
  }

  private static Declaration readDeclaration(WireReader in) {
    int at = in.position();
    int header = in.u8("declaration header");
    boolean z = (header & Z) != 0;
    switch (header & ID) {
      case 0x00 -> {
        int id = number(in);
        var key = WireKey.read(in, (header & WireKey.NAMED) != 0, true);
        TransportCodec.skipAll(in, z, "DeclareKey");
        return new Declaration.Key(id, key);
      }
      case 0x01 -> {
        int id = number(in);
        TransportCodec.skipAll(in, z, "UndeclareKey");
        return new Declaration.UndeclareKey(id);
      }
      case 0x02 -> {
        int id = in.varint32("subscriber id");
        var key = key(in, header);
        TransportCodec.skipAll(in, z, "DeclareSubscriber");
        return new Declaration.Subscriber(id, key);
      }
      case 0x03 -> {
        int id = in.varint32("subscriber id");
        return new Declaration.UndeclareSubscriber(id, undeclaredKey(in, z));
      }
      case 0x04 -> {
        int id = in.varint32("queryable id");
        var key = key(in, header);
        long info = 0;
        boolean more = z;
        while (more) {
          int extension = in.u8("extension header");
          more = (extension & Z) != 0;
          if (known(extension) == QUERYABLE_INFO) info = in.varint("queryable info");
          else Extension.skip(in, extension, "DeclareQueryable");
        }
        return new Declaration.Queryable(
            id, key, (info & 1) != 0, (int) Math.min(0xFFFF, info >>> 8));
      }
      case 0x05 -> {
        int id = in.varint32("queryable id");
        return new Declaration.UndeclareQueryable(id, undeclaredKey(in, z));
      }
      case 0x06 -> {
        int id = in.varint32("token id");
        var key = key(in, header);
        TransportCodec.skipAll(in, z, "DeclareToken");
        return new Declaration.Token(id, key);
      }
      case 0x07 -> {
        int id = in.varint32("token id");
        return new Declaration.UndeclareToken(id, undeclaredKey(in, z));
      }
      case 0x1A -> {
        TransportCodec.skipAll(in, z, "DeclareFinal");
        return new Declaration.Final();
      }
      default ->
          throw new MalformedFrame(
              "declaration", "id 0x00..0x07 or 0x1a", TransportCodec.hex(header & ID), at);
    }
  }

  private static int number(WireReader in) {
    int at = in.position();
    int id = in.varint32("key number");
    if (id < 0 || id > 0xFFFF)
      throw new MalformedFrame("key number", "0..65535", Integer.toUnsignedString(id), at);
    return id;
  }

  private static WireKey undeclaredKey(WireReader in, boolean any) {
    WireKey key = null;
    boolean z = any;
    while (z) {
      int header = in.u8("extension header");
      z = (header & Z) != 0;
      if (known(header) == UNDECLARED_KEY) {
        var body = Fields.body(in, "undeclared key");
        int flags = body.u8("undeclared key flags");
        int scope = number(body);
        String suffix = "";
        if ((flags & 1) != 0) {
          int length = body.remaining();
          suffix = WireReader.text(body.buffer(), body.position(), length, "undeclared key");
        }
        key = new WireKey(scope, suffix, (flags & 2) != 0);
      } else Extension.skip(in, header, "Undeclare");
    }
    return key;
  }

  private static QueryBody readQuery(WireReader in) {
    int at = in.position();
    int header = in.u8("query header");
    if ((header & ID) != QUERY)
      throw new MalformedFrame("request body", "0x03", TransportCodec.hex(header & ID), at);
    int consolidation = (header & 0x20) != 0 ? in.u8("consolidation") : 0;
    String parameters =
        (header & 0x40) != 0 ? in.string("parameters", WireReader.MAX_KEY_BYTES) : "";
    SourceInfo source = null;
    Encoding encoding = null;
    byte[] payload = null;
    byte[] attachment = null;
    boolean z = (header & Z) != 0;
    while (z) {
      int extension = in.u8("extension header");
      z = (extension & Z) != 0;
      switch (known(extension)) {
        case SOURCE_INFO -> source = Fields.sourceInfo(Fields.body(in, "source info"));
        case QUERY_BODY -> {
          var body = Fields.body(in, "query body");
          encoding = Fields.encoding(body);
          payload = body.take(body.remaining());
        }
        case QUERY_ATTACHMENT -> attachment = in.bytes("attachment");
        default -> Extension.skip(in, extension, "Query");
      }
    }
    return new QueryBody(consolidation, parameters, source, encoding, payload, attachment);
  }

  private static ResponseBody readResponseBody(WireReader in) {
    int at = in.position();
    int header = in.u8("response body header");
    boolean z = (header & Z) != 0;
    switch (header & ID) {
      case REPLY -> {
        int consolidation = (header & 0x20) != 0 ? in.u8("consolidation") : 0;
        TransportCodec.skipAll(in, z, "Reply");
        return new Reply(consolidation, new PushView().readBody(in).toBody());
      }
      case ERR -> {
        Encoding encoding = (header & ENCODING_FLAG) != 0 ? Fields.encoding(in) : Encoding.BYTES;
        SourceInfo source = null;
        while (z) {
          int extension = in.u8("extension header");
          z = (extension & Z) != 0;
          if (known(extension) == SOURCE_INFO)
            source = Fields.sourceInfo(Fields.body(in, "source info"));
          else Extension.skip(in, extension, "Err");
        }
        return new Err(encoding, source, in.bytes("error payload"));
      }
      default ->
          throw new MalformedFrame(
              "response body", "0x04 or 0x05", TransportCodec.hex(header & ID), at);
    }
  }

  public static void write(WireWriter out, NetworkMessage message) {
    switch (message) {
      case Push push -> {
        boolean z = hasCommon(push.qos(), push.timestamp(), push.nodeId());
        out.u8(PUSH | push.key().flags() | (z ? Z : 0));
        push.key().write(out);
        writeCommon(out, push.qos(), push.timestamp(), push.nodeId(), false);
        writeBody(out, push.body());
      }
      case Request request -> writeRequest(out, request);
      case Response response -> writeResponse(out, response);
      case ResponseFinal last -> {
        boolean z = hasCommon(last.qos(), last.timestamp(), 0);
        out.u8(RESPONSE_FINAL | (z ? Z : 0)).varint32(last.id());
        writeCommon(out, last.qos(), last.timestamp(), 0, false);
      }
      case Declare declare -> {
        boolean z = hasCommon(declare.qos(), declare.timestamp(), declare.nodeId());
        boolean answers = declare.interestId() != Declare.NO_INTEREST;
        out.u8(DECLARE | (answers ? INTEREST_ID : 0) | (z ? Z : 0));
        if (answers) out.varint(declare.interestId());
        writeCommon(out, declare.qos(), declare.timestamp(), declare.nodeId(), false);
        writeDeclaration(out, declare.declaration());
      }
      case Interest interest -> {
        boolean z = hasCommon(interest.qos(), null, 0);
        out.u8(INTEREST | interest.mode() << 5 | (z ? Z : 0)).varint32(interest.id());
        if (interest.mode() != Interest.FINAL) {
          var key = interest.key();
          out.u8(interest.options() | (key == null ? 0 : Interest.RESTRICTED | key.flags()));
          if (key != null) key.write(out);
        }
        writeCommon(out, interest.qos(), null, 0, false);
      }
      case Oam oam -> {
        boolean z = hasCommon(oam.qos(), null, 0);
        out.u8(OAM | (z ? Z : 0)).varint32(oam.id());
        writeCommon(out, oam.qos(), null, 0, false);
      }
    }
  }

  private static boolean hasCommon(int qos, Timestamp timestamp, int nodeId) {
    return qos != NetworkMessage.DEFAULT_QOS || timestamp != null || nodeId != 0;
  }

  private static void writeCommon(
      WireWriter out, int qos, Timestamp timestamp, int nodeId, boolean more) {
    boolean hasQos = qos != NetworkMessage.DEFAULT_QOS;
    boolean hasTimestamp = timestamp != null;
    boolean hasNode = nodeId != 0;
    if (hasQos) out.u8(QOS | (hasTimestamp || hasNode || more ? Z : 0)).varint(qos);
    if (hasTimestamp) {
      out.u8(TIMESTAMP | (hasNode || more ? Z : 0));
      var body = new WireWriter(32);
      Fields.write(body, timestamp);
      out.varint(body.size()).raw(body.array(), 0, body.size());
    }
    if (hasNode) out.u8(NODE_ID | Extension.MANDATORY | (more ? Z : 0)).varint32(nodeId);
  }

  private static void writeRequest(WireWriter out, Request request) {
    boolean target = request.target() != 0;
    boolean budget = request.budget() != 0;
    boolean timeout = request.timeoutMillis() != 0;
    boolean own = target || budget || timeout;
    boolean z = own || hasCommon(request.qos(), request.timestamp(), request.nodeId());
    out.u8(REQUEST | request.key().flags() | (z ? Z : 0)).varint32(request.id());
    request.key().write(out);
    writeCommon(out, request.qos(), request.timestamp(), request.nodeId(), own);
    if (target)
      out.u8(TARGET | Extension.MANDATORY | (budget || timeout ? Z : 0)).varint32(request.target());
    if (budget) out.u8(BUDGET | (timeout ? Z : 0)).varint32(request.budget());
    if (timeout) out.u8(TIMEOUT).varint(request.timeoutMillis());
    writeQuery(out, request.query());
  }

  private static void writeQuery(WireWriter out, QueryBody query) {
    boolean consolidation = query.consolidation() != 0;
    boolean parameters = !query.parameters().isEmpty();
    boolean source = query.sourceInfo() != null;
    boolean payload = query.payload() != null;
    boolean attachment = query.attachment() != null;
    out.u8(
        QUERY
            | (consolidation ? 0x20 : 0)
            | (parameters ? 0x40 : 0)
            | (source || payload || attachment ? Z : 0));
    if (consolidation) out.u8(query.consolidation());
    if (parameters) out.string(query.parameters());
    if (source) {
      out.u8(SOURCE_INFO | (payload || attachment ? Z : 0));
      Fields.write(out, query.sourceInfo());
    }
    if (payload) {
      out.u8(QUERY_BODY | (attachment ? Z : 0));
      var encoding = new WireWriter(16);
      Fields.write(encoding, query.encoding() == null ? Encoding.BYTES : query.encoding());
      out.varint(encoding.size() + query.payload().length)
          .raw(encoding.array(), 0, encoding.size())
          .raw(query.payload());
    }
    if (attachment) out.u8(QUERY_ATTACHMENT).bytes(query.attachment());
  }

  private static void writeResponse(WireWriter out, Response response) {
    boolean responder = response.responder() != null;
    boolean z = responder || hasCommon(response.qos(), response.timestamp(), 0);
    out.u8(RESPONSE | response.key().flags() | (z ? Z : 0)).varint32(response.id());
    response.key().write(out);
    writeCommon(out, response.qos(), response.timestamp(), 0, responder);
    if (responder) {
      var zid = response.responder().zid();
      long entity = Integer.toUnsignedLong(response.responder().entityId());
      out.u8(RESPONDER)
          .varint(1 + zid.length() + WireWriter.varintSize(entity))
          .u8(zid.length() - 1 << 4)
          .zid(zid)
          .varint(entity);
    }
    switch (response.body()) {
      case Reply(int consolidation, PushBody body) -> {
        out.u8(REPLY | (consolidation != 0 ? 0x20 : 0));
        if (consolidation != 0) out.u8(consolidation);
        writeBody(out, body);
      }
      case Err(Encoding encoding, SourceInfo source, byte[] payload) -> {
        boolean named = !Fields.isDefault(encoding);
        out.u8(ERR | (named ? ENCODING_FLAG : 0) | (source != null ? Z : 0));
        if (named) Fields.write(out, encoding);
        if (source != null) {
          out.u8(SOURCE_INFO);
          Fields.write(out, source);
        }
        out.bytes(payload);
      }
    }
  }

  private static void writeBody(WireWriter out, PushBody body) {
    switch (body) {
      case Put put -> {
        writePutHead(
            out,
            put.timestamp(),
            put.encoding(),
            put.sourceInfo(),
            put.attachment(),
            put.payload().length);
        out.raw(put.payload());
      }
      case Del(Timestamp timestamp, SourceInfo source, byte[] attachment) ->
          writeDel(out, timestamp, source, attachment);
    }
  }

  /** A put up to and with the length of its payload, which must follow. */
  private static void writePutHead(
      WireWriter out,
      Timestamp timestamp,
      Encoding encoding,
      SourceInfo source,
      byte[] attachment,
      int payloadLength) {
    boolean named = !Fields.isDefault(encoding);
    boolean z = source != null || attachment != null;
    out.u8(
        PUT | (timestamp != null ? TIMESTAMP_FLAG : 0) | (named ? ENCODING_FLAG : 0) | (z ? Z : 0));
    if (timestamp != null) Fields.write(out, timestamp);
    if (named) Fields.write(out, encoding);
    if (source != null) {
      out.u8(SOURCE_INFO | (attachment != null ? Z : 0));
      Fields.write(out, source);
    }
    if (attachment != null) out.u8(PUT_ATTACHMENT).bytes(attachment);
    out.varint(payloadLength);
  }

  private static void writeDel(
      WireWriter out, Timestamp timestamp, SourceInfo source, byte[] attachment) {
    boolean z = source != null || attachment != null;
    out.u8(DEL | (timestamp != null ? TIMESTAMP_FLAG : 0) | (z ? Z : 0));
    if (timestamp != null) Fields.write(out, timestamp);
    if (source != null) {
      out.u8(SOURCE_INFO | (attachment != null ? Z : 0));
      Fields.write(out, source);
    }
    if (attachment != null) out.u8(DEL_ATTACHMENT).bytes(attachment);
  }

  /**
   * What follows the key of a push: extensions, and the body without its payload bytes.
   *
   * @return whether there are extensions, that is whether the header needs its Z flag
   */
  public static boolean writePushTail(
      WireWriter out,
      int qos,
      boolean delete,
      Timestamp timestamp,
      Encoding encoding,
      SourceInfo source,
      byte[] attachment,
      int payloadLength) {
    boolean z = qos != NetworkMessage.DEFAULT_QOS;
    if (z) out.u8(QOS).varint(qos);
    if (delete) writeDel(out, timestamp, source, attachment);
    else writePutHead(out, timestamp, encoding, source, attachment, payloadLength);
    return z;
  }

  /** Header and full key of a push whose tail follows. */
  public static void writePushHead(WireWriter out, byte[] key, boolean extensions) {
    out.u8(PUSH | WireKey.NAMED | WireKey.BY_SENDER | (extensions ? Z : 0)).u8(0).bytes(key);
  }

  private static void writeDeclaration(WireWriter out, Declaration declaration) {
    switch (declaration) {
      case Declaration.Key(int id, WireKey key) -> {
        out.u8(key.suffix().isEmpty() ? 0 : WireKey.NAMED).varint(id);
        key.write(out);
      }
      case Declaration.UndeclareKey(int id) -> out.u8(0x01).varint(id);
      case Declaration.Subscriber(int id, WireKey key) -> {
        out.u8(0x02 | key.flags()).varint32(id);
        key.write(out);
      }
      case Declaration.UndeclareSubscriber(int id, WireKey key) ->
          writeUndeclare(out, 0x03, id, key);
      case Declaration.Queryable(int id, WireKey key, boolean complete, int distance) -> {
        long info = (long) distance << 8 | (complete ? 1 : 0);
        out.u8(0x04 | key.flags() | (info != 0 ? Z : 0)).varint32(id);
        key.write(out);
        if (info != 0) out.u8(QUERYABLE_INFO).varint(info);
      }
      case Declaration.UndeclareQueryable(int id, WireKey key) ->
          writeUndeclare(out, 0x05, id, key);
      case Declaration.Token(int id, WireKey key) -> {
        out.u8(0x06 | key.flags()).varint32(id);
        key.write(out);
      }
      case Declaration.UndeclareToken(int id, WireKey key) -> writeUndeclare(out, 0x07, id, key);
      case Declaration.Final last -> out.u8(0x1A);
    }
  }

  private static void writeUndeclare(WireWriter out, int header, int id, WireKey key) {
    out.u8(header | (key != null ? Z : 0)).varint32(id);
    if (key == null) return;
    byte[] suffix =
        key.suffix().isEmpty()
            ? EMPTY
            : key.suffix().getBytes(java.nio.charset.StandardCharsets.UTF_8);
    out.u8(UNDECLARED_KEY_WIRE)
        .varint(1 + WireWriter.varintSize(key.scope()) + suffix.length)
        .u8((suffix.length > 0 ? 1 : 0) | (key.bySender() ? 2 : 0))
        .varint(key.scope())
        .raw(suffix);
  }
}
