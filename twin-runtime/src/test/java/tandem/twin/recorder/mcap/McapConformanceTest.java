package tandem.twin.recorder.mcap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tandem.proto.codec.Json;
import tandem.twin.SharedData;
import tandem.twin.recorder.mcap.McapWriter.Feature;

/** All of the format's own conformance files, read, and those without padding written. */
class McapConformanceTest {
  private static final Map<String, Feature> FEATURES =
      Map.of(
          "ch", Feature.CHUNKED,
          "mx", Feature.MESSAGE_INDEX,
          "st", Feature.STATISTICS,
          "rsh", Feature.REPEATED_SCHEMAS,
          "rch", Feature.REPEATED_CHANNELS,
          "ax", Feature.ATTACHMENT_INDEX,
          "mdx", Feature.METADATA_INDEX,
          "chx", Feature.CHUNK_INDEX,
          "sum", Feature.SUMMARY_OFFSETS);

  @Test
  void shouldReadTheRecordsOfEveryConformanceFile() throws IOException {
    List<Path> files = files();

    for (var file : files) {
      List<Map<String, Object>> found = new ArrayList<>();
      try (var reader = McapReader.open(file)) {
        for (var record = reader.next(); record != null; record = reader.next()) {
          var plain = plain(record);
          if (plain != null) {
            found.add(plain);
          }
        }
        assertThat(reader.end()).isEqualTo(new McapReader.End(true, Files.size(file), ""));
      }
      assertThat(found).as(file.getFileName().toString()).isEqualTo(expected(file));
    }
    assertThat(files).hasSizeGreaterThanOrEqualTo(264);
  }

  @Test
  void shouldWriteTheBytesOfEveryConformanceFileWithoutPadding() throws IOException {
    int written = 0;
    for (var file : files()) {
      var features = features(file);
      if (features.contains("pad")) {
        continue;
      }
      written++;
      var out = new ByteArrayOutputStream();
      EnumSet<Feature> wanted = EnumSet.noneOf(Feature.class);
      features.forEach(name -> wanted.add(FEATURES.get(name)));
      var writer =
          new McapWriter(
              buffers -> write(out, buffers), new McapWriter.Options(wanted, "", 1 << 20), "", "");
      for (var record : expected(file)) {
        if (record.get("type").equals("DataEnd")) {
          break;
        }
        rewrite(writer, record);
      }
      writer.finish();
      assertThat(out.toByteArray())
          .as(file.getFileName().toString())
          .isEqualTo(Files.readAllBytes(file));
    }
    assertThat(written).isGreaterThan(100);
  }

  @Test
  void shouldFindTheMessagesByTheIndexWhereThereIsOne() throws IOException {
    int indexed = 0;
    for (var file : files()) {
      var byIndex = McapFile.open(file);
      if (byIndex.isEmpty()) {
        continue;
      }
      indexed++;
      long inOrder;
      try (var reader = McapReader.open(file)) {
        inOrder = 0;
        for (var record = reader.next(); record != null; record = reader.next()) {
          inOrder += record instanceof McapRecord.Message ? 1 : 0;
        }
      }
      long found = 0;
      try (var open = byIndex.get()) {
        for (var chunk : open.chunks()) {
          found += open.messages(chunk).size();
        }
      }
      assertThat(found).as(file.getFileName().toString()).isEqualTo(inOrder);
    }
    assertThat(indexed).isPositive();
  }

  private static void write(ByteArrayOutputStream out, ByteBuffer... buffers) {
    for (var buffer : buffers) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.duplicate().get(bytes);
      out.writeBytes(bytes);
    }
  }

  private static void rewrite(McapWriter writer, Map<String, Object> record) throws IOException {
    switch ((String) record.get("type")) {
      case "Header" -> {}
      case "Schema" ->
          writer.addSchema(text(record, "name"), text(record, "encoding"), data(record));
      case "Channel" ->
          writer.addChannel(
              (int) number(record, "schema_id"),
              text(record, "topic"),
              text(record, "message_encoding"),
              texts(record.get("metadata")));
      case "Message" ->
          writer.message(
              (int) number(record, "channel_id"),
              (int) number(record, "sequence"),
              number(record, "log_time"),
              number(record, "publish_time"),
              data(record));
      case "Attachment" ->
          writer.attachment(
              number(record, "log_time"),
              number(record, "create_time"),
              text(record, "name"),
              text(record, "media_type"),
              data(record));
      case "Metadata" -> writer.metadata(text(record, "name"), texts(record.get("metadata")));
      default -> throw new IllegalArgumentException("record " + record);
    }
  }

  private static String text(Map<String, Object> record, String field) {
    return (String) record.get(field);
  }

  private static long number(Map<String, Object> record, String field) {
    return Long.parseLong(text(record, field));
  }

  private static byte[] data(Map<String, Object> record) {
    List<?> values = (List<?>) record.get("data");
    byte[] bytes = new byte[values.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Integer.parseInt((String) values.get(i));
    }
    return bytes;
  }

  private static Map<String, String> texts(Object map) {
    Map<String, String> texts = new TreeMap<>();
    ((Map<?, ?>) map).forEach((key, value) -> texts.put((String) key, (String) value));
    return texts;
  }

  private static List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(SharedData.folder("mcap-conformance"))) {
      return all.filter(file -> file.toString().endsWith(".mcap")).sorted().toList();
    }
  }

  private static Map<?, ?> json(Path file) throws IOException {
    var json = file.resolveSibling(file.getFileName().toString().replace(".mcap", ".json"));
    return (Map<?, ?>) Json.parse(Files.readString(json));
  }

  private static List<String> features(Path file) throws IOException {
    var variant = (Map<?, ?>) ((Map<?, ?>) json(file).get("meta")).get("variant");
    return ((List<?>) variant.get("features")).stream().map(Object::toString).toList();
  }

  private static List<Map<String, Object>> expected(Path file) throws IOException {
    List<Map<String, Object>> records = new ArrayList<>();
    for (var entry : (List<?>) json(file).get("records")) {
      var record = (Map<?, ?>) entry;
      Map<String, Object> fields = new TreeMap<>();
      fields.put("type", record.get("type"));
      for (var field : (List<?>) record.get("fields")) {
        var pair = (List<?>) field;
        Object value = pair.get(1);
        fields.put((String) pair.get(0), value instanceof Map<?, ?> map ? sorted(map) : value);
      }
      records.add(fields);
    }
    return records;
  }

  private static Map<String, Object> sorted(Map<?, ?> map) {
    Map<String, Object> sorted = new TreeMap<>();
    map.forEach((key, value) -> sorted.put((String) key, value));
    return sorted;
  }

  /** A record as the expected lists write it; null for those they leave out. */
  private static Map<String, Object> plain(McapRecord record) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("type", record.getClass().getSimpleName());
    switch (record) {
      case McapRecord.Header header -> {
        fields.put("profile", header.profile());
        fields.put("library", header.library());
      }
      case McapRecord.Footer footer -> {
        fields.put("summary_start", number(footer.summaryStart()));
        fields.put("summary_offset_start", number(footer.summaryOffsetStart()));
        fields.put("summary_crc", number(footer.summaryCrc()));
      }
      case McapRecord.Schema schema -> {
        fields.put("id", number(schema.id()));
        fields.put("name", schema.name());
        fields.put("encoding", schema.encoding());
        fields.put("data", bytes(schema.data()));
      }
      case McapRecord.Channel channel -> {
        fields.put("id", number(channel.id()));
        fields.put("schema_id", number(channel.schemaId()));
        fields.put("topic", channel.topic());
        fields.put("message_encoding", channel.messageEncoding());
        fields.put("metadata", new TreeMap<String, Object>(channel.metadata()));
      }
      case McapRecord.Message message -> {
        fields.put("channel_id", number(message.channelId()));
        fields.put("sequence", number(message.sequence()));
        fields.put("log_time", number(message.logTime()));
        fields.put("publish_time", number(message.publishTime()));
        fields.put("data", bytes(message.data()));
      }
      case McapRecord.ChunkIndex index -> {
        fields.put("message_start_time", number(index.startTime()));
        fields.put("message_end_time", number(index.endTime()));
        fields.put("chunk_start_offset", number(index.chunkOffset()));
        fields.put("chunk_length", number(index.chunkLength()));
        fields.put("message_index_offsets", counts(index.messageIndexOffsets()));
        fields.put("message_index_length", number(index.messageIndexLength()));
        fields.put("compression", index.compression());
        fields.put("compressed_size", number(index.compressedSize()));
        fields.put("uncompressed_size", number(index.uncompressedSize()));
      }
      case McapRecord.Attachment attachment -> {
        fields.put("log_time", number(attachment.logTime()));
        fields.put("create_time", number(attachment.createTime()));
        fields.put("name", attachment.name());
        fields.put("media_type", attachment.mediaType());
        fields.put("data", bytes(attachment.data()));
      }
      case McapRecord.AttachmentIndex index -> {
        fields.put("offset", number(index.offset()));
        fields.put("length", number(index.length()));
        fields.put("log_time", number(index.logTime()));
        fields.put("create_time", number(index.createTime()));
        fields.put("data_size", number(index.dataSize()));
        fields.put("name", index.name());
        fields.put("media_type", index.mediaType());
      }
      case McapRecord.Statistics statistics -> {
        fields.put("message_count", number(statistics.messages()));
        fields.put("schema_count", number(statistics.schemas()));
        fields.put("channel_count", number(statistics.channels()));
        fields.put("attachment_count", number(statistics.attachments()));
        fields.put("metadata_count", number(statistics.metadata()));
        fields.put("chunk_count", number(statistics.chunks()));
        fields.put("message_start_time", number(statistics.startTime()));
        fields.put("message_end_time", number(statistics.endTime()));
        fields.put("channel_message_counts", counts(statistics.channelMessages()));
      }
      case McapRecord.Metadata metadata -> {
        fields.put("name", metadata.name());
        fields.put("metadata", new TreeMap<String, Object>(metadata.metadata()));
      }
      case McapRecord.MetadataIndex index -> {
        fields.put("offset", number(index.offset()));
        fields.put("length", number(index.length()));
        fields.put("name", index.name());
      }
      case McapRecord.SummaryOffset offset -> {
        fields.put("group_opcode", number(offset.groupOpcode()));
        fields.put("group_start", number(offset.groupStart()));
        fields.put("group_length", number(offset.groupLength()));
      }
      case McapRecord.DataEnd end -> fields.put("data_section_crc", number(end.dataCrc()));
      case McapRecord.Chunk chunk -> {
        return null;
      }
      case McapRecord.MessageIndex index -> {
        return null;
      }
      case McapRecord.Unknown unknown -> {
        return null;
      }
    }
    return fields;
  }

  private static String number(long value) {
    return Long.toString(value);
  }

  private static List<String> bytes(byte[] data) {
    List<String> values = new ArrayList<>();
    for (byte value : data) {
      values.add(Integer.toString(value & 0xFF));
    }
    return values;
  }

  private static Map<String, Object> counts(SortedMap<Integer, Long> counts) {
    Map<String, Object> texts = new TreeMap<>();
    counts.forEach((key, value) -> texts.put(key.toString(), value.toString()));
    return texts;
  }
}
