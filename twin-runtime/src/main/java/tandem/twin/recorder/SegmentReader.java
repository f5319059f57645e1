package tandem.twin.recorder;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import tandem.twin.recorder.mcap.McapReader;
import tandem.twin.recorder.mcap.McapRecord;

/** The samples of a segment in the order of the file. Not thread-safe. */
public final class SegmentReader implements AutoCloseable {
  /**
   * @param logNanos gateway's wall clock, ns since 1970
   */
  public record Sample(
      SegmentChannel channel, long sequence, long sourceNanos, long logNanos, byte[] payload) {}

  private final McapReader reader;
  private final Map<Integer, McapRecord.Schema> schemas = new HashMap<>();
  private final Map<Integer, SegmentChannel> channels = new HashMap<>();

  /**
   * @param limit bytes beyond it do not count
   */
  public SegmentReader(Path file, long limit) throws IOException {
    reader = McapReader.open(file, limit, false);
  }

  /** The next sample, or null at the end. */
  public Sample next() throws IOException {
    for (var record = reader.next(); record != null; record = reader.next()) {
      switch (record) {
        case McapRecord.Schema schema -> schemas.put(schema.id(), schema);
        case McapRecord.Channel channel ->
            channels.computeIfAbsent(
                channel.id(), id -> SegmentChannel.of(channel, schemas.get(channel.schemaId())));
        case McapRecord.Message message -> {
          var channel = channels.get(message.channelId());
          if (channel == null) {
            throw reader.bad(
                "channel id of Message: expected a declared channel, found " + message.channelId());
          }
          return new Sample(
              channel,
              channel.sequence(message),
              channel.sourceNanos(message),
              message.logTime(),
              message.data());
        }
        default -> {}
      }
    }
    return null;
  }

  /** How the file ends; known once {@link #next} gave null. */
  public McapReader.End end() {
    return reader.end();
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
