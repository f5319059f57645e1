package tandem.twin.recorder;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tandem.proto.event.Event.SegmentSealed;
import tandem.proto.event.StreamCount;
import tandem.twin.recorder.mcap.McapWriter;

/**
 * One MCAP file that samples of one robot are written to. Belongs to one thread.
 *
 * <p>A channel is one (topic, publisher); its metadata hold what a message of MCAP has no room for:
 *
 * <pre>
 *   tandem.publisher       gid in hex
 *   tandem.first_sequence  64 bits; a message has the low 32, none is 2^31 or more away
 *   tandem.sequenced       false: sequences are a count of ours
 *   tandem.stamp_by        gateway: publish time is the log time
 * </pre>
 */
final class Segment {
  static final String PUBLISHER = "tandem.publisher";
  static final String FIRST_SEQUENCE = "tandem.first_sequence";
  static final String SEQUENCED = "tandem.sequenced";
  static final String STAMP_BY = "tandem.stamp_by";

  /** Profile of every file of ours. */
  static final String PROFILE = "ros2";

  static final String LIBRARY = "tandem";

  private final String file;
  private final SegmentFile bytes;
  private final McapWriter writer;
  private final Map<SchemaKey, Integer> schemas = new HashMap<>();
  private final Map<ChannelKey, OpenChannel> channels = new HashMap<>();
  private final Map<String, Written> streams = new TreeMap<>();

  private record SchemaKey(String type, String text) {}

  private record ChannelKey(
      RecordedStream stream, String publisher, boolean sequenced, boolean stamped) {}

  private static final class OpenChannel {
    int id;
    long firstSequence;
    long lastSequence;
  }

  private static final class Written {
    final Set<String> publishers = new HashSet<>();
    String type;
    long firstSequence = -1;
    long lastSequence = -1;
    long messages;
    long payloadBytes;
  }

  /**
   * @param file name as events have it
   * @param path where it is made
   */
  Segment(String file, Path path, int chunkBytes) throws IOException {
    this.file = file;
    this.bytes = new SegmentFile(path);
    try {
      var plain = McapWriter.Options.PLAIN;
      this.writer =
          new McapWriter(
              bytes,
              new McapWriter.Options(plain.features(), plain.compression(), chunkBytes),
              PROFILE,
              LIBRARY);
    } catch (IOException | RuntimeException failure) {
      bytes.close();
      java.nio.file.Files.deleteIfExists(path);
      throw failure;
    }
  }

  String file() {
    return file;
  }

  long bytesWritten() {
    return bytes.size();
  }

  int bytesWaiting() {
    return writer.pendingBytes();
  }

  long messages() {
    return writer.messages();
  }

  boolean hasRoomForChannel() {
    return writer.hasRoomForChannel();
  }

  /**
   * Takes one sample.
   *
   * @param logNanos of its stream never less than before
   * @throws IOException it was not taken; it may be offered again
   */
  void write(
      RecordedStream stream,
      String publisher,
      long sequence,
      long sourceNanos,
      long logNanos,
      byte[] payload)
      throws IOException {
    boolean sequenced = sequence >= 0;
    boolean stamped = sourceNanos >= 0;
    var key = new ChannelKey(stream, publisher, sequenced, stamped);
    var channel = channels.get(key);
    long number = sequenced ? sequence : channel == null ? 0 : channel.lastSequence + 1;
    if (channel == null || Math.abs(number - channel.firstSequence) > Integer.MAX_VALUE) {
      channel = new OpenChannel();
      channel.id = addChannel(key, number);
      channel.firstSequence = number;
      channels.put(key, channel);
    }
    writer.message(channel.id, (int) number, logNanos, stamped ? sourceNanos : logNanos, payload);
    channel.lastSequence = number;
    note(stream, publisher, sequence, payload.length);
  }

  private int addChannel(ChannelKey key, long firstSequence) throws IOException {
    var stream = key.stream;
    var schemaKey = new SchemaKey(stream.type(), stream.schemaText());
    Integer schema = stream.type().isEmpty() ? Integer.valueOf(0) : schemas.get(schemaKey);
    if (schema == null) {
      schema =
          writer.addSchema(
              stream.type(), "ros2msg", stream.schemaText().getBytes(StandardCharsets.UTF_8));
      schemas.put(schemaKey, schema);
    }
    Map<String, String> metadata = new TreeMap<>();
    if (!stream.qosYaml().isEmpty()) {
      metadata.put("offered_qos_profiles", stream.qosYaml());
    }
    if (!stream.typeHash().isEmpty()) {
      metadata.put("topic_type_hash", stream.typeHash());
    }
    metadata.put(PUBLISHER, key.publisher);
    metadata.put(FIRST_SEQUENCE, Long.toString(firstSequence));
    metadata.put(SEQUENCED, Boolean.toString(key.sequenced));
    metadata.put(STAMP_BY, key.stamped ? "sender" : "gateway");
    return writer.addChannel(schema, stream.topic(), "cdr", metadata);
  }

  private void note(RecordedStream stream, String publisher, long sequence, int payloadBytes) {
    var written = streams.get(stream.topic());
    if (written == null) {
      written = new Written();
      streams.put(stream.topic(), written);
    }
    written.type = stream.type();
    written.publishers.add(publisher);
    written.messages++;
    written.payloadBytes += payloadBytes;
    if (sequence >= 0) {
      written.firstSequence =
          written.firstSequence < 0 ? sequence : Math.min(written.firstSequence, sequence);
      written.lastSequence = Math.max(written.lastSequence, sequence);
    }
  }

  /** Topics with at least one message. */
  Set<String> topics() {
    return streams.keySet();
  }

  /** Writes out what waits; to be synced after. */
  void flush() throws IOException {
    writer.flush();
  }

  /** Thread-safe. */
  void sync() throws IOException {
    bytes.sync();
  }

  /**
   * Closes the MCAP file (summary and footer); {@link #sync} and {@link #close} follow.
   *
   * @throws IOException not closed; may be called again
   */
  void finish() throws IOException {
    writer.finish();
  }

  /**
   * What the journal says of the finished file; to be asked once.
   *
   * @param counts by topic, of the time while the segment was open; may have topics without message
   */
  SegmentSealed sealed(Map<String, StreamCounts> counts) {
    List<StreamCount> all = new ArrayList<>();
    Set<String> topics = new java.util.TreeSet<>(streams.keySet());
    topics.addAll(counts.keySet());
    for (var topic : topics) {
      var written = streams.getOrDefault(topic, new Written());
      var count = counts.getOrDefault(topic, StreamCounts.ZERO);
      all.add(
          new StreamCount(
              topic,
              written.type == null ? "" : written.type,
              written.firstSequence,
              written.lastSequence,
              count.offered(),
              count.delivered(),
              count.dropped(),
              count.droppedBy(),
              count.late(),
              count.duplicate(),
              written.messages,
              written.payloadBytes,
              written.publishers.size()));
    }
    boolean empty = writer.messages() == 0;
    return new SegmentSealed(
        file,
        all,
        empty ? 0 : writer.startTime(),
        empty ? 0 : writer.endTime(),
        ByteString.copyFrom(bytes.hash()),
        bytes.size(),
        writer.messages());
  }

  void close() throws IOException {
    bytes.close();
  }
}
