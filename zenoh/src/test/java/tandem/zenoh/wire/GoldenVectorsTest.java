package tandem.zenoh.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tandem.zenoh.wire.NetworkMessage.Declare;
import tandem.zenoh.wire.NetworkMessage.Interest;
import tandem.zenoh.wire.NetworkMessage.Push;
import tandem.zenoh.wire.NetworkMessage.Put;
import tandem.zenoh.wire.NetworkMessage.Reply;
import tandem.zenoh.wire.NetworkMessage.Request;
import tandem.zenoh.wire.NetworkMessage.Response;
import tandem.zenoh.wire.NetworkMessage.ResponseFinal;
import tandem.zenoh.wire.TransportMessage.Close;
import tandem.zenoh.wire.TransportMessage.Fragment;
import tandem.zenoh.wire.TransportMessage.Frame;
import tandem.zenoh.wire.TransportMessage.Init;
import tandem.zenoh.wire.TransportMessage.KeepAlive;
import tandem.zenoh.wire.TransportMessage.Open;

/** Captured messages of the real core 1.10.2: every byte is understood and written again. */
class GoldenVectorsTest {
  record Vector(String name, byte[] bytes, JsonNode decoded) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Vector> all() throws IOException {
    try (var in = GoldenVectorsTest.class.getResourceAsStream("/vectors/zenoh-vectors.json")) {
      var vectors = new ArrayList<Vector>();
      for (var one : new ObjectMapper().readTree(in).get("vectors"))
        vectors.add(
            new Vector(
                one.get("name").asText(),
                HexFormat.of().parseHex(one.get("hex").asText()),
                one.get("decoded")));
      return vectors.stream();
    }
  }

  /**
   * A compressed batch: one byte, then (here) an LZ4 block; the mode is refused in the handshake.
   */
  private static final String COMPRESSED = "compressed_batch";

  private static byte[] batch(Vector vector) {
    return vector.name.equals(COMPRESSED) ? unpacked(vector.bytes) : vector.bytes;
  }

  @Test
  void shouldHaveAllThirtyVectors() throws IOException {
    assertThat(all()).hasSize(30);
  }

  @ParameterizedTest
  @MethodSource("all")
  void shouldReadAndWriteEveryVectorByteForByte(Vector vector) {
    byte[] bytes = batch(vector);

    var messages = readBatch(bytes);
    var out = new WireWriter();
    for (var one : messages) TransportCodec.write(out, one);

    assertThat(HexFormat.of().formatHex(out.toBytes())).isEqualTo(HexFormat.of().formatHex(bytes));
  }

  @ParameterizedTest
  @MethodSource("all")
  void shouldAgreeWithTheDecodedForm(Vector vector) {
    var messages = readBatch(batch(vector));
    if (vector.name.equals(COMPRESSED)) {
      assertThat(((Push) ((Frame) messages.getFirst()).messages().getFirst()).key().suffix())
          .isEqualTo("c/compression");
      return;
    }

    for (int i = 0; i < messages.size() && i < vector.decoded.size(); i++)
      agree(messages.get(i), vector.decoded.get(i));
  }

  @Test
  void shouldJoinTheThreeFragmentsToOnePush() throws IOException {
    var whole = new WireWriter();
    for (var vector : all().filter(v -> v.name.startsWith("fragment_")).toList())
      whole.raw(((Fragment) readBatch(vector.bytes).getFirst()).piece());

    var push = (Push) NetworkCodec.read(WireReader.of(whole.toBytes()));

    var put = (Put) push.body();
    assertThat(push.key().suffix()).isEqualTo("f/x");
    assertThat(put.payload()).hasSize(771).endsWith("end".getBytes());
    assertThat(put.attachment()).hasSize(33).containsOnly('A');
  }

  private static List<TransportMessage> readBatch(byte[] bytes) {
    var in = WireReader.of(bytes);
    var messages = new ArrayList<TransportMessage>();
    while (in.hasRemaining()) messages.add(TransportCodec.read(in));
    return messages;
  }

  private static void agree(TransportMessage message, JsonNode expected) {
    String type = expected.path("type").asText();
    switch (message) {
      case Init init -> {
        assertThat(type).isEqualTo(init.ack() ? "InitAck" : "InitSyn");
        assertThat(init.version()).isEqualTo(expected.get("version").asInt());
        assertThat(HexFormat.of().formatHex(init.zid().bytes()))
            .isEqualTo(expected.get("zid").asText());
        assertThat(init.batchSize()).isEqualTo(expected.get("batch_size").asInt());
        assertThat(init.whatami())
            .isEqualTo(
                List.of("router", "peer", "client").indexOf(expected.get("whatami").asText()));
        assertThat(init.extensions()).hasSize(expected.get("exts").size());
      }
      case Open open -> {
        assertThat(type).isEqualTo(open.ack() ? "OpenAck" : "OpenSyn");
        assertThat(open.initialSn()).isEqualTo(expected.get("initial_sn").asLong());
        assertThat(open.leaseMillis()).isEqualTo(1000 * expected.get("lease").asLong());
      }
      case KeepAlive alive -> assertThat(type).isEqualTo("KeepAlive");
      case Close close -> assertThat(close.reason()).isEqualTo(expected.path("reason").asInt());
      case Fragment fragment -> {
        assertThat(type).isEqualTo("Fragment");
        assertThat(fragment.sn()).isEqualTo(expected.get("sn").asLong());
      }
      case Frame frame -> {
        assertThat(type).isEqualTo("Frame");
        assertThat(frame.sn()).isEqualTo(expected.get("sn").asLong());
        assertThat(frame.reliable()).isEqualTo(expected.get("reliable").asBoolean());
        assertThat(frame.messages()).hasSize(expected.get("messages").size());
        for (int i = 0; i < frame.messages().size(); i++)
          agree(frame.messages().get(i), expected.get("messages").get(i));
      }
      case TransportMessage.Oam oam -> throw new AssertionError("no vector holds an OAM");
    }
  }

  private static void agree(NetworkMessage message, JsonNode expected) {
    assertThat(message.getClass().getSimpleName()).isEqualTo(expected.get("type").asText());
    switch (message) {
      case Push push -> {
        agree(push.key(), expected.get("wire_expr"));
        var body = expected.get("body");
        assertThat(push.body().getClass().getSimpleName()).isEqualTo(body.get("type").asText());
        if (push.body() instanceof Put put) {
          assertThat(put.payload()).hasSize(body.get("payload_len").asInt());
          if (body.has("timestamp"))
            assertThat(Long.toUnsignedString(put.timestamp().ntp64()))
                .isEqualTo(body.get("timestamp").get("ntp64").asText());
          assertThat(put.encoding().id()).isEqualTo(body.path("encoding").path("id").asInt());
          assertThat(put.encoding().schema())
              .isEqualTo(body.path("encoding").path("schema").textValue());
        }
      }
      case Request request -> agree(request.key(), expected.get("wire_expr"));
      case Response response -> {
        agree(response.key(), expected.get("wire_expr"));
        assertThat(response.body()).isInstanceOf(Reply.class);
        assertThat(response.responder()).isNotNull();
      }
      case ResponseFinal last ->
          assertThat(last.id()).isEqualTo(expected.path("rid").asInt(last.id()));
      case Declare declare ->
          assertThat(expected.get("body").get("type").asText())
              .endsWith(declare.declaration().getClass().getSimpleName().replace("Key", "KeyExpr"));
      case Interest interest -> assertThat(interest.id()).isEqualTo(expected.get("id").asInt());
      case NetworkMessage.Oam oam -> throw new AssertionError("no vector holds an OAM");
    }
  }

  private static void agree(WireKey key, JsonNode expected) {
    assertThat(key.scope()).isEqualTo(expected.get("scope").asInt());
    assertThat(key.suffix()).isEqualTo(expected.path("suffix").asText(""));
    if (expected.has("mapping"))
      assertThat(key.bySender()).isEqualTo(expected.get("mapping").asText().equals("sender"));
  }

  /** Just enough LZ4 to see what is inside the one compressed vector. */
  private static byte[] unpacked(byte[] packed) {
    assertThat(packed[0]).isEqualTo((byte) 1);
    var out = new WireWriter();
    int at = 1;
    while (at < packed.length) {
      int token = packed[at++] & 0xFF;
      int literals = token >>> 4;
      if (literals == 15) {
        int more;
        do {
          more = packed[at++] & 0xFF;
          literals += more;
        } while (more == 255);
      }
      out.raw(packed, at, literals);
      at += literals;
      if (at >= packed.length) break;
      int offset = packed[at] & 0xFF | (packed[at + 1] & 0xFF) << 8;
      at += 2;
      int length = (token & 15) + 4;
      if (length == 19) {
        int more;
        do {
          more = packed[at++] & 0xFF;
          length += more;
        } while (more == 255);
      }
      for (int i = 0; i < length; i++) out.u8(out.array()[out.size() - offset]);
    }
    return out.toBytes();
  }
}
