package tandem.zenoh.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import tandem.zenoh.Encoding;
import tandem.zenoh.SourceInfo;
import tandem.zenoh.Timestamp;
import tandem.zenoh.wire.NetworkMessage.Del;
import tandem.zenoh.wire.NetworkMessage.Err;
import tandem.zenoh.wire.NetworkMessage.Push;
import tandem.zenoh.wire.NetworkMessage.PushBody;
import tandem.zenoh.wire.NetworkMessage.Put;
import tandem.zenoh.wire.NetworkMessage.QueryBody;
import tandem.zenoh.wire.NetworkMessage.Reply;
import tandem.zenoh.wire.NetworkMessage.Request;
import tandem.zenoh.wire.NetworkMessage.Responder;
import tandem.zenoh.wire.NetworkMessage.Response;

class CodecPropertyTest {
  @Property
  void shouldReadBackEveryVarint(@ForAll long value) {
    var out = new WireWriter().varint(value);

    assertThat(out.size()).isEqualTo(WireWriter.varintSize(value)).isLessThanOrEqualTo(9);
    assertThat(WireReader.of(out.toBytes()).varint("value")).isEqualTo(value);
  }

  @Test
  void shouldWriteTheLargestVarintAsNineBytes() {
    assertThat(HexFormat.of().formatHex(new WireWriter().varint(-1).toBytes()))
        .isEqualTo("ffffffffffffffffff");
    assertThat(HexFormat.of().formatHex(new WireWriter().varint(300).toBytes())).isEqualTo("ac02");
  }

  @Property
  void shouldPrintAndParseEveryZid(@ForAll @Size(min = 1, max = 16) byte[] bytes) {
    if (bytes[bytes.length - 1] == 0) bytes[bytes.length - 1] = 7;
    var zid = Zid.of(bytes);

    assertThat(Zid.parse(zid.toString())).isEqualTo(zid);
    assertThat(zid.toString()).doesNotStartWith("0");
  }

  @Test
  void shouldPrintAZidAsTheNumberThatItIs() {
    assertThat(Zid.of(new byte[] {(byte) 0xab, 0x0c}).toString()).isEqualTo("cab");
  }

  private static <T> Arbitrary<T> orNull(Arbitrary<T> some) {
    return some.injectNull(0.4);
  }

  private static Arbitrary<byte[]> bytes(int most) {
    return Arbitraries.bytes().array(byte[].class).ofMaxSize(most);
  }

  private static Arbitrary<String> zids() {
    return Arbitraries.bytes()
        .array(byte[].class)
        .ofMinSize(1)
        .ofMaxSize(16)
        .map(
            b -> {
              b[b.length - 1] |= 1;
              return Zid.of(b).toString();
            });
  }

  private static Arbitrary<Timestamp> timestamps() {
    return Combinators.combine(Arbitraries.longs(), zids()).as(Timestamp::new);
  }

  private static Arbitrary<SourceInfo> sources() {
    var unsigned = Arbitraries.longs().between(0, 0xFFFF_FFFFL);
    return Combinators.combine(zids(), unsigned, unsigned).as(SourceInfo::new);
  }

  private static Arbitrary<Encoding> encodings() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 65_535),
            orNull(Arbitraries.strings().alpha().ofMinLength(1).ofMaxLength(20)))
        .as(Encoding::new);
  }

  private static Arbitrary<WireKey> keys() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 65_535),
            Arbitraries.strings().all().excludeChars('\0').ofMaxLength(30),
            Arbitraries.of(true, false))
        .as(WireKey::new)
        .filter(k -> !k.suffix().chars().anyMatch(c -> Character.isSurrogate((char) c)));
  }

  private static Arbitrary<PushBody> bodies() {
    var puts =
        Combinators.combine(
                orNull(timestamps()), encodings(), orNull(sources()), orNull(bytes(40)), bytes(300))
            .as((t, e, s, a, p) -> (PushBody) new Put(t, e, s, a, p));
    var dels =
        Combinators.combine(orNull(timestamps()), orNull(sources()), orNull(bytes(40)))
            .as((t, s, a) -> (PushBody) new Del(t, s, a));
    return Arbitraries.oneOf(puts, dels);
  }

  @Provide
  Arbitrary<NetworkMessage> messages() {
    var qos = Arbitraries.integers().between(0, 31);
    var ids = Arbitraries.integers();
    Arbitrary<NetworkMessage> pushes =
        Combinators.combine(keys(), qos, orNull(timestamps()), Arbitraries.of(0, 3), bodies())
            .as(Push::new);
    var queries =
        Combinators.combine(
                Arbitraries.integers().between(0, 3),
                Arbitraries.strings().alpha().ofMaxLength(20),
                orNull(sources()),
                encodings(),
                orNull(bytes(60)),
                orNull(bytes(20)))
            .as((c, p, s, e, b, a) -> new QueryBody(c, p, s, b == null ? null : e, b, a));
    Arbitrary<NetworkMessage> requests =
        Combinators.combine(
                ids,
                keys(),
                qos,
                Arbitraries.integers().between(0, 2),
                Arbitraries.of(0, 5),
                Arbitraries.longs().between(0, 1L << 40),
                queries)
            .as((id, k, q, t, b, ms, query) -> new Request(id, k, q, null, 0, t, b, ms, query));
    var responders = Combinators.combine(zids(), ids).as((z, e) -> new Responder(Zid.parse(z), e));
    Arbitrary<NetworkMessage.ResponseBody> answers =
        Arbitraries.oneOf(
            Combinators.combine(Arbitraries.integers().between(0, 3), bodies()).as(Reply::new),
            Combinators.combine(encodings(), orNull(sources()), bytes(50)).as(Err::new));
    Arbitrary<NetworkMessage> responses =
        Combinators.combine(ids, keys(), qos, orNull(timestamps()), orNull(responders), answers)
            .as(Response::new);
    return Arbitraries.oneOf(pushes, requests, responses);
  }

  private static byte[] written(NetworkMessage message) {
    var out = new WireWriter();
    NetworkCodec.write(out, message);
    return out.toBytes();
  }

  @Property(tries = 2000)
  void shouldWriteTheSameBytesAgainForWhatItRead(@ForAll("messages") NetworkMessage message) {
    byte[] once = written(message);
    var in = WireReader.of(once);

    byte[] twice = written(NetworkCodec.read(in));

    assertThat(in.hasRemaining()).isFalse();
    assertThat(twice).isEqualTo(once);
  }

  @Property(tries = 500)
  void shouldRefuseEveryMessageThatIsCutShort(@ForAll("messages") NetworkMessage message) {
    byte[] whole = written(message);

    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> TransportCodec.read(frame(cut)))
          .isInstanceOf(MalformedFrame.class)
          .hasMessageContaining("expected")
          .hasMessageContaining("at byte");
    }
  }

  /** A reader on a frame around a message; an empty one is cut in its own header. */
  private static WireReader frame(byte[] message) {
    if (message.length == 0) return WireReader.of(new byte[] {0x25, (byte) 0x80});
    var out = new WireWriter().u8(0x25).varint(1).raw(message);
    return WireReader.of(out.toBytes());
  }

  @Test
  void shouldRefuseAnyNoiseWithAClearErrorAndNothingElse() {
    var random = new Random(7);
    for (int i = 0; i < 200_000; i++) {
      byte[] noise = new byte[1 + random.nextInt(60)];
      random.nextBytes(noise);
      try {
        var in = WireReader.of(noise);
        while (in.hasRemaining()) TransportCodec.read(in);
      } catch (MalformedFrame e) {
        assertThat(e.getMessage()).contains("expected", "found", "at byte");
      }
    }
  }

  @Test
  void shouldRefuseFlippedBitsInRealMessagesWithAClearErrorAndNothingElse() throws Exception {
    var random = new Random(11);
    for (var vector : GoldenVectorsTest.all().toList()) {
      for (int i = 0; i < 2000; i++) {
        byte[] bytes = vector.bytes().clone();
        for (int flips = 0; flips <= random.nextInt(3); flips++)
          bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        try {
          var in = WireReader.of(bytes);
          while (in.hasRemaining()) TransportCodec.read(in);
        } catch (MalformedFrame e) {
          assertThat(e.getMessage()).contains("expected", "found", "at byte");
        }
      }
    }
  }

  @Test
  void shouldRefuseALyingLengthBeforeItAllocates() {
    // Push, full key "a", Put with a payload length of 2^62.
    var out = new WireWriter().u8(0x7D).varint(0).bytes(new byte[] {'a'}).u8(0x01).varint(1L << 62);

    assertThatThrownBy(() -> NetworkCodec.read(WireReader.of(out.toBytes())))
        .isInstanceOf(MalformedFrame.class)
        .hasMessage("payload length: expected 0..0, found 4611686018427387904 at byte 5");
  }

  @Test
  void shouldSkipAnUnknownOptionalExtensionAndRefuseAMandatoryOne() {
    // Push, full key "a", extension 0x4E (bytes, optional) of 2 bytes, Put with an empty payload.
    byte[] optional = {(byte) 0xFD, 0, 1, 'a', 0x4E, 2, 9, 9, 0x01, 0};
    byte[] mandatory = optional.clone();
    mandatory[4] = 0x5E;

    assertThat(NetworkCodec.read(WireReader.of(optional))).isInstanceOf(Push.class);
    assertThatThrownBy(() -> NetworkCodec.read(WireReader.of(mandatory)))
        .isInstanceOf(MalformedFrame.class)
        .hasMessage(
            "Push extension: expected a known one, as it is mandatory, found 0x5e at byte 4");
  }
}
