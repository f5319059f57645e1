package tandem.ros2.cdr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class CdrTest {
  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replaceAll("\\s|#[^\\n]*\\n", ""));
  }

  @Test
  void shouldAlignFromBehindTheHeader() {
    CdrWriter out = new CdrWriter();
    out.int8(1);
    out.float64(1.0);
    out.int16(2);
    out.int32(3);

    assertThat(out.toBytes())
        .isEqualTo(
            bytes(
                """
                00 01 00 00                # header, little-endian
                01 00 00 00 00 00 00 00    # int8, padded to 8
                00 00 00 00 00 00 f0 3f    # float64 at 8 behind the header
                02 00 00 00                # int16, padded to 4
                03 00 00 00                # int32
                """));
  }

  @Test
  void shouldReadBothByteOrders() {
    CdrReader big = new CdrReader(bytes("00 00 00 00  00 00 00 03 61 62 00 00  00 00 01 02"));

    assertThat(big.string("data")).isEqualTo("ab");
    assertThat(big.uint32("n")).isEqualTo(258);
  }

  @Test
  void shouldAcceptAnEmptyStringOfLengthZeroAndOne() {
    assertThat(new CdrReader(bytes("00 01 00 00 00 00 00 00")).string("s")).isEmpty();
    assertThat(new CdrReader(bytes("00 01 00 00 01 00 00 00 00")).string("s")).isEmpty();
  }

  @Test
  void shouldRefuseWhatRos2DoesNotSend() {
    assertThatThrownBy(() -> new CdrReader(bytes("00 07 00 00 00")))
        .isInstanceOf(MalformedCdr.class)
        .hasMessageContaining("XCDR2")
        .hasMessageContaining("00 07");
    assertThatThrownBy(() -> new CdrReader(bytes("00 03 00 00 00")))
        .hasMessageContaining("parameter list");
    assertThatThrownBy(() -> new CdrReader(bytes("7b 22 61 22"))).hasMessageContaining("unknown");
    assertThatThrownBy(() -> new CdrReader(bytes("00 01"))).hasMessageContaining("found 2");
  }

  @Test
  void shouldRefuseALyingLengthBeforeItAllocates() {
    byte[] lying = bytes("00 01 00 00  ff ff ff 7f  00 00 00 00 00 00 00 00");

    assertThatThrownBy(() -> new CdrReader(lying).float64s("position"))
        .isInstanceOf(MalformedCdr.class)
        .hasMessage(
            "CDR field position: expected a count of at most 1 elements, found 2147483647 at byte"
                + " 4; message not read");
    assertThatThrownBy(() -> new CdrReader(lying).strings("name"))
        .hasMessageContaining("at most 2 elements");
    assertThatThrownBy(() -> new CdrReader(lying).string("frame_id"))
        .hasMessageContaining("found 2147483647 bytes at byte 4");
    assertThatThrownBy(() -> new CdrReader(lying).bytes("data"))
        .hasMessageContaining("at most 8 elements");
  }

  @Test
  void shouldNameThePathOfAField() {
    CdrReader in = new CdrReader(bytes("00 01 00 00"));
    in.begin("transforms", 3);
    in.begin("header");

    assertThatThrownBy(() -> in.int32("stamp"))
        .hasMessageContaining("field transforms[3].header.stamp:");
  }

  @Test
  void shouldNotCopyBigArrays() {
    CdrWriter out = new CdrWriter();
    out.bytes(Bytes.of(new byte[] {1, 2, 3}));
    byte[] message = out.toBytes();

    Bytes view = new CdrReader(message).bytes("data");
    message[8] = 42;

    assertThat(view.get(0)).isEqualTo((byte) 42);
    assertThat(view.buffer().isReadOnly()).isTrue();
  }

  @Test
  void shouldKeepNamesThatDoNotChange() {
    CdrWriter out = new CdrWriter();
    out.strings(List.of("hip", "knee"));
    CdrReader.StringCache cache = new CdrReader.StringCache();

    List<String> first = new CdrReader(out.toBytes()).strings("name", cache);
    List<String> second = new CdrReader(out.toBytes()).strings("name", cache);
    out.reset().strings(List.of("hip", "ankle"));
    List<String> changed = new CdrReader(out.toBytes()).strings("name", cache);

    assertThat(second).isSameAs(first).containsExactly("hip", "knee");
    assertThat(changed).containsExactly("hip", "ankle");
    byte[] cut = java.util.Arrays.copyOf(out.toBytes(), out.size() - 3);
    assertThatThrownBy(() -> new CdrReader(cut).strings("name", cache))
        .hasMessageContaining("field name: expected a string within");
  }

  @Property
  void shouldReadWhatItWrote(
      @ForAll byte prefix,
      @ForAll double[] doubles,
      @ForAll float[] floats,
      @ForAll long number,
      @ForAll short small,
      @ForAll boolean truth) {
    CdrWriter out = new CdrWriter(4);
    out.int8(prefix);
    out.float64s(Float64s.of(doubles));
    out.bool(truth);
    out.float32s(Float32s.of(floats));
    out.int16(small);
    out.int64(number);

    CdrReader in = new CdrReader(out.toBytes());

    assertThat(in.int8("prefix")).isEqualTo(prefix);
    assertThat(in.float64s("doubles")).isEqualTo(Float64s.of(doubles));
    assertThat(in.bool("truth")).isEqualTo(truth);
    assertThat(in.float32s("floats")).isEqualTo(Float32s.of(floats));
    assertThat(in.int16("small")).isEqualTo(small);
    assertThat(in.int64("number")).isEqualTo(number);
    assertThat(in.remaining()).isZero();
  }

  @Property
  void shouldReadAnyText(@ForAll String text) {
    CdrWriter out = new CdrWriter();
    String valid =
        new String(
            text.getBytes(java.nio.charset.StandardCharsets.UTF_8),
            java.nio.charset.StandardCharsets.UTF_8);
    out.string(valid);

    assertThat(new CdrReader(out.toBytes()).string("text")).isEqualTo(valid);
  }
}
