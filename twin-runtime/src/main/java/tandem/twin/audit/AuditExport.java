package tandem.twin.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tandem.proto.codec.EventCodec;
import tandem.proto.codec.Json;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;
import tandem.twin.recorder.Recorder.OpenSegment;
import tandem.twin.recorder.SegmentChannel;
import tandem.twin.recorder.SegmentNames;
import tandem.twin.recorder.SegmentReader;
import tandem.twin.recorder.mcap.McapWriter;

/**
 * Writes what a robot's segments and journal hold into one file for other tools. Reads only;
 * segments are taken in journal order, so the order within a channel is the order of receipt, and
 * log times of a topic never decrease.
 *
 * <p>mcap: profile {@code ros2}; a channel per (topic, publisher) as in the segments, and {@code
 * /tandem/events} with a JSON message per event. jsonl: a line per sample or event, payloads as
 * base64, in order of the segments with the events at their time.
 */
public final class AuditExport {
  /** Topic of the journal's events. */
  public static final String EVENTS = "/tandem/events";

  private static final String EVENT_SCHEMA =
      """
      {"type":"object","properties":{"robot":{"type":"string"},"term":{"type":"integer"},\
      "sequence":{"type":"integer"},"at":{"type":"string"},"manifest":{"type":"string"},\
      "hash":{"type":"string"},"previousHash":{"type":"string"},"event":{"type":"object"}}}\
      """;

  public enum Format {
    MCAP,
    JSONL
  }

  /**
   * @param fromNanos log times below are left out; {@link Long#MIN_VALUE}: all
   * @param toNanos log times above are left out; {@link Long#MAX_VALUE}: all
   * @param topics empty: all; {@value AuditExport#EVENTS} is one
   */
  public record Selection(Format format, long fromNanos, long toNanos, Set<String> topics) {
    public Selection {
      topics = Set.copyOf(topics);
    }

    boolean has(String topic, long nanos) {
      return nanos >= fromNanos && nanos <= toNanos && (topics.isEmpty() || topics.contains(topic));
    }
  }

  /**
   * @param skipped segments that could not be read, each with the reason; the rest is in the file
   */
  public record Summary(long samples, long events, long segments, List<String> skipped) {}

  /**
   * Writes the file, replacing one that is there when it is complete.
   *
   * @param events all events of the robot in journal order
   * @param open how far the open segment was whole at the call; null where none is being written
   * @throws IOException the file was not made; a file that was there is as before
   */
  public static Summary export(
      Path data, List<SealedEvent> events, OpenSegment open, Selection selection, Path out)
      throws IOException {
    Path absolute = out.toAbsolutePath();
    if (absolute.getParent() != null) {
      Files.createDirectories(absolute.getParent());
    }
    Path part = absolute.resolveSibling(absolute.getFileName() + ".part");
    try {
      Summary summary;
      try (Target target =
          switch (selection.format()) {
            case MCAP -> new McapTarget(part);
            case JSONL -> new JsonTarget(part);
          }) {
        summary = copy(data, events, open, selection, target);
        target.finish();
      }
      Files.move(
          part,
          absolute,
          java.nio.file.StandardCopyOption.ATOMIC_MOVE,
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      return summary;
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static Summary copy(
      Path data, List<SealedEvent> events, OpenSegment open, Selection selection, Target target)
      throws IOException {
    Map<String, Long> segments = new LinkedHashMap<>(); // file to bytes that count
    for (var sealed : events) {
      if (sealed.event() instanceof Event.OfSegment segment) {
        segments.putIfAbsent(segment.file(), Long.MAX_VALUE);
      }
    }
    if (open != null) {
      segments.put(open.file(), open.bytes());
    }
    long eventCount = 0;
    for (var sealed : events) {
      if (selection.has(EVENTS, sealed.hybridNanos())) {
        target.event(sealed);
        eventCount++;
      }
    }
    Map<String, Long> lastNanos = new HashMap<>();
    List<String> skipped = new ArrayList<>();
    long samples = 0;
    for (var segment : segments.entrySet()) {
      Path path = SegmentNames.find(data, segment.getKey());
      try (var reader = new SegmentReader(path, segment.getValue())) {
        for (var sample = reader.next(); sample != null; sample = reader.next()) {
          String topic = sample.channel().topic();
          if (selection.has(topic, sample.logNanos())) {
            long logNanos =
                Math.max(sample.logNanos(), lastNanos.getOrDefault(topic, Long.MIN_VALUE));
            lastNanos.put(topic, logNanos);
            target.sample(sample, logNanos);
            samples++;
          }
        }
      } catch (java.nio.file.NoSuchFileException missing) {
        skipped.add(segment.getKey() + ": no such file");
      } catch (tandem.twin.recorder.mcap.McapException corrupt) {
        skipped.add(
            segment.getKey() + ": " + corrupt.getMessage() + "; what comes after it was left out");
      }
    }
    return new Summary(samples, eventCount, segments.size(), List.copyOf(skipped));
  }

  /** One event as a JSON object. */
  public static String json(SealedEvent sealed) {
    return "{\"robot\":%s,\"term\":%d,\"sequence\":%d,\"at\":%s,\"manifest\":%s,\"hash\":%s,\"previousHash\":%s,\"event\":%s}"
        .formatted(
            Json.quote(sealed.robot()),
            sealed.term(),
            sealed.sequence(),
            Json.quote(instant(sealed.hybridNanos())),
            Json.quote(sealed.manifest()),
            Json.quote(SealedEvent.hex(sealed.hash())),
            Json.quote(SealedEvent.hex(sealed.previousHash())),
            EventCodec.json(sealed.event()));
  }

  private static String instant(long nanos) {
    return Instant.ofEpochSecond(
            Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L))
        .toString();
  }

  private interface Target extends AutoCloseable {
    void event(SealedEvent sealed) throws IOException;

    void sample(SegmentReader.Sample sample, long logNanos) throws IOException;

    void finish() throws IOException;

    @Override
    void close() throws IOException;
  }

  private static final class McapTarget implements Target {
    private final FileChannel file;
    private final McapWriter writer;
    private final Map<ChannelKey, OpenChannel> channels = new HashMap<>();
    private final Map<SchemaKey, Integer> schemas = new HashMap<>();
    private int eventsChannel;

    private record SchemaKey(String type, String encoding, String text) {}

    private record ChannelKey(
        int schema, String topic, String encoding, Map<String, String> metadata) {}

    /** One for all segments, as long as its first sequence is near enough. */
    private record OpenChannel(int id, long firstSequence) {}

    McapTarget(Path part) throws IOException {
      file =
          FileChannel.open(
              part,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE);
      try {
        writer = new McapWriter(this::write, McapWriter.Options.PLAIN, "ros2", "tandem");
      } catch (IOException | RuntimeException failure) {
        file.close();
        throw failure;
      }
    }

    private void write(ByteBuffer... buffers) throws IOException {
      for (var buffer : buffers) {
        var left = buffer.duplicate();
        while (left.hasRemaining()) {
          file.write(left);
        }
      }
    }

    @Override
    public void event(SealedEvent sealed) throws IOException {
      if (eventsChannel == 0) {
        int schema = writer.addSchema("tandem.Event", "jsonschema", EVENT_SCHEMA.getBytes(UTF_8));
        eventsChannel = writer.addChannel(schema, EVENTS, "json", Map.of());
      }
      writer.message(
          eventsChannel,
          (int) sealed.sequence(),
          sealed.hybridNanos(),
          sealed.hybridNanos(),
          json(sealed).getBytes(UTF_8));
    }

    @Override
    public void sample(SegmentReader.Sample sample, long logNanos) throws IOException {
      writer.message(
          channel(sample.channel(), sample.sequence()),
          (int) sample.sequence(),
          logNanos,
          sample.sourceNanos() >= 0 ? sample.sourceNanos() : logNanos,
          sample.payload());
    }

    private int channel(SegmentChannel channel, long sequence) throws IOException {
      int schema = 0;
      if (!channel.type().isEmpty()) {
        var schemaKey = new SchemaKey(channel.type(), "ros2msg", channel.schemaText());
        Integer declared = schemas.get(schemaKey);
        if (declared == null) {
          declared =
              writer.addSchema(channel.type(), "ros2msg", channel.schemaText().getBytes(UTF_8));
          schemas.put(schemaKey, declared);
        }
        schema = declared;
      }
      var record = channel.record();
      Map<String, String> apart = new TreeMap<>(record.metadata());
      apart.remove(SegmentChannel.FIRST_SEQUENCE);
      var key = new ChannelKey(schema, record.topic(), record.messageEncoding(), apart);
      var known = channels.get(key);
      if (known == null || Math.abs(sequence - known.firstSequence) > Integer.MAX_VALUE) {
        known =
            new OpenChannel(
                writer.addChannel(
                    schema, record.topic(), record.messageEncoding(), record.metadata()),
                channel.firstSequence());
        channels.put(key, known);
      }
      return known.id;
    }

    @Override
    public void finish() throws IOException {
      writer.finish();
      file.force(true);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }

  private static final class JsonTarget implements Target {
    private final BufferedWriter out;

    JsonTarget(Path part) throws IOException {
      out = Files.newBufferedWriter(part);
    }

    @Override
    public void event(SealedEvent sealed) throws IOException {
      out.write(json(sealed));
      out.newLine();
    }

    @Override
    public void sample(SegmentReader.Sample sample, long logNanos) throws IOException {
      var channel = sample.channel();
      out.write(
          "{\"topic\":%s,\"type\":%s,\"publisher\":%s,\"sequence\":%s,\"sourceNanos\":%s,\"logNanos\":%d,\"payload\":\"%s\"}"
              .formatted(
                  Json.quote(channel.topic()),
                  Json.quote(channel.type()),
                  Json.quote(channel.publisher()),
                  orNull(sample.sequence()),
                  orNull(sample.sourceNanos()),
                  logNanos,
                  Base64.getEncoder().encodeToString(sample.payload())));
      out.newLine();
    }

    private static String orNull(long value) {
      return value < 0 ? "null" : Long.toString(value);
    }

    @Override
    public void finish() throws IOException {
      out.flush();
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }

  private AuditExport() {}
}
