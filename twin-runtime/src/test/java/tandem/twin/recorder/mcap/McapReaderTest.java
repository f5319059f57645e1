package tandem.twin.recorder.mcap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tandem.twin.SharedData;
import tandem.twin.recorder.mcap.McapRecord.Message;

class McapReaderTest {
  private static final int MESSAGES = 12;

  @ParameterizedTest
  @ValueSource(strings = {"", "lz4", "zstd"})
  void shouldReadWhatWasWritten(String compression) throws IOException {
    var read = messages(McapReader.open(file(compression, 200)));

    assertThat(read).hasSize(MESSAGES);
    for (int i = 0; i < MESSAGES; i++) {
      assertThat(read.get(i).data()).isEqualTo(payload(i));
      assertThat(read.get(i).logTime()).isEqualTo(1_000 + i);
    }
  }

  @Test
  void shouldDeliverEveryWholeMessageOfAFileCutAnywhere() throws IOException {
    byte[] whole = file("", 200);
    List<Integer> endsOfMessages = endsOfMessages(whole);

    for (int length = 0; length < whole.length; length++) {
      var reader = McapReader.open(java.util.Arrays.copyOf(whole, length));
      var read = messages(reader);
      int cut = length;
      assertThat(read)
          .as("cut to %d bytes", length)
          .hasSize((int) endsOfMessages.stream().filter(end -> end <= cut).count());
      assertThat(reader.end().complete()).isFalse();
      assertThat(reader.end().wholeBytes()).isLessThanOrEqualTo(length);
      assertThat(reader.end().why()).isNotEmpty();
    }
    assertThat(endsOfMessages).hasSize(MESSAGES);
  }

  @ParameterizedTest
  @ValueSource(strings = {"lz4", "zstd"})
  void shouldNotFailOnACompressedFileCutAnywhere(String compression) throws IOException {
    byte[] whole = file(compression, 200);

    int before = 0;
    for (int length = 0; length < whole.length; length++) {
      int read = messages(McapReader.open(java.util.Arrays.copyOf(whole, length))).size();
      assertThat(read).isGreaterThanOrEqualTo(before);
      before = read;
    }
    assertThat(before).isEqualTo(MESSAGES);
  }

  @Test
  void shouldPassOverRecordsItDoesNotKnow() throws IOException {
    byte[] whole = file("", 1 << 20);
    int afterHeader = 8 + 9 + (int) longAt(whole, 9);
    var out = new ByteArrayOutputStream();
    out.write(whole, 0, afterHeader);
    out.writeBytes(record(0x80, new byte[] {1, 2, 3}));
    out.write(whole, afterHeader, whole.length - afterHeader);

    var reader = McapReader.open(out.toByteArray());

    assertThat(messages(reader)).hasSize(MESSAGES);
    assertThat(reader.end().complete()).isTrue();
  }

  @Test
  void shouldTakeALengthThatLiesForTheEndOfTheFile() throws IOException {
    var out = new ByteArrayOutputStream();
    out.write(file("", 1 << 20), 0, 8);
    out.writeBytes(head(McapRecord.MESSAGE, Long.MAX_VALUE));

    var reader = McapReader.open(out.toByteArray());

    assertThat(reader.next()).isNull();
    assertThat(reader.end().why()).contains("Message at byte 8", "found 0");
  }

  @Test
  void shouldRefuseAChunkThatClaimsMoreThanItHas() throws IOException {
    byte[] whole = file("", 1 << 20);
    int chunk = 8 + 9 + (int) longAt(whole, 9);
    ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).putLong(chunk + 9 + 16, 1L << 40);

    assertThatThrownBy(() -> messages(McapReader.open(whole)))
        .isInstanceOf(McapException.class)
        .hasMessageContaining("uncompressed size of Chunk: expected 0..")
        .hasMessageContaining("at byte " + chunk);
  }

  @Test
  void shouldRefuseAChunkThatUnpacksToMoreThanItSays() throws IOException {
    byte[] whole = file("zstd", 1 << 20);
    int chunk = 8 + 9 + (int) longAt(whole, 9);
    ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).putLong(chunk + 9 + 16, 10);

    assertThatThrownBy(() -> messages(McapReader.open(whole)))
        .hasMessageContaining("uncompressed size of Chunk: expected 10, found more");
  }

  @Test
  void shouldNameAChangedByteByTheCrcOfItsChunk() throws IOException {
    byte[] whole = file("", 1 << 20);
    int chunk = 8 + 9 + (int) longAt(whole, 9);
    whole[chunk + 400] ^= 1;

    assertThatThrownBy(() -> messages(McapReader.open(whole)))
        .isInstanceOf(McapException.class)
        .hasMessageContaining("crc of Chunk");
  }

  @Test
  void shouldRefuseAnotherKindOfFile() {
    assertThatThrownBy(() -> McapReader.open("SQLite format 3".getBytes()).next())
        .hasMessageContaining("opening magic: expected 894d434150300d0a");
  }

  @Test
  void shouldReadABagOfTheRealRecorder() throws IOException {
    var bag =
        SharedData.folder("bags").resolve("service_events/bag_with_topics_and_service_events.mcap");

    List<String> topics = new ArrayList<>();
    int read = 0;
    var reader = McapReader.open(bag);
    try (reader) {
      for (var record = reader.next(); record != null; record = reader.next()) {
        if (record instanceof McapRecord.Channel channel && !topics.contains(channel.topic())) {
          topics.add(channel.topic());
          assertThat(channel.messageEncoding()).isEqualTo("cdr");
          assertThat(channel.metadata()).containsKeys("offered_qos_profiles", "topic_type_hash");
        }
        read += record instanceof Message ? 1 : 0;
      }
    }

    assertThat(reader.end().complete()).isTrue();
    assertThat(topics).hasSizeGreaterThanOrEqualTo(4);
    long indexed = 0;
    try (var file = McapFile.open(bag).orElseThrow()) {
      for (var chunk : file.chunks()) {
        indexed += file.messages(chunk).size();
      }
    }
    assertThat(indexed).isEqualTo(read).isPositive();
  }

  @Property(tries = 500)
  void shouldSurviveAnyChangeOfItsBytes(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 8) int changes) throws IOException {
    var random = new Random(seed);
    byte[] whole = file(List.of("", "lz4", "zstd").get(random.nextInt(3)), 200);
    for (int i = 0; i < changes; i++) {
      whole[random.nextInt(whole.length)] = (byte) random.nextInt(256);
    }

    try {
      assertThat(messages(McapReader.open(whole))).hasSizeLessThanOrEqualTo(4 * MESSAGES);
    } catch (McapException named) {
      assertThat(named.getMessage()).contains("at byte");
    }
  }

  static byte[] file(String compression, int chunkBytes) throws IOException {
    var out = new ByteArrayOutputStream();
    var writer =
        new McapWriter(
            buffers -> {
              for (var buffer : buffers) {
                byte[] bytes = new byte[buffer.remaining()];
                buffer.duplicate().get(bytes);
                out.writeBytes(bytes);
              }
            },
            new McapWriter.Options(McapWriter.Options.PLAIN.features(), compression, chunkBytes),
            "ros2",
            "test");
    int schema = writer.addSchema("a/msg/B", "ros2msg", "int32 x\n".getBytes());
    int channel = writer.addChannel(schema, "/t", "cdr", Map.of("k", "v"));
    for (int i = 0; i < MESSAGES; i++) {
      writer.message(channel, i, 1_000 + i, 2_000 + i, payload(i));
    }
    writer.finish();
    return out.toByteArray();
  }

  private static byte[] payload(int i) {
    byte[] payload = new byte[10 + 3 * i];
    java.util.Arrays.fill(payload, (byte) i);
    return payload;
  }

  private static List<Message> messages(McapReader reader) throws IOException {
    List<Message> messages = new ArrayList<>();
    for (var record = reader.next(); record != null; record = reader.next()) {
      if (record instanceof Message message) {
        messages.add(message);
      }
    }
    return messages;
  }

  /** By hand: walks the uncompressed chunks. */
  private static List<Integer> endsOfMessages(byte[] file) {
    List<Integer> ends = new ArrayList<>();
    int at = 8;
    while (at + 9 <= file.length - 8) {
      int length = (int) longAt(file, at + 1);
      if (file[at] == McapRecord.CHUNK) {
        int inner = at + 9 + 8 + 8 + 8 + 4 + 4 + 8;
        while (inner < at + 9 + length) {
          int end = inner + 9 + (int) longAt(file, inner + 1);
          if (file[inner] == McapRecord.MESSAGE) {
            ends.add(end);
          }
          inner = end;
        }
      }
      at += 9 + length;
    }
    return ends;
  }

  private static long longAt(byte[] file, int at) {
    return ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(at);
  }

  private static byte[] head(int opcode, long length) {
    return ByteBuffer.allocate(9)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put((byte) opcode)
        .putLong(length)
        .array();
  }

  private static byte[] record(int opcode, byte[] content) {
    var out = new ByteArrayOutputStream();
    out.writeBytes(head(opcode, content.length));
    out.writeBytes(content);
    return out.toByteArray();
  }
}
