package tandem.twin.recorder;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.time.Duration;

/**
 * @param data the node's data directory; file names in events are relative to it
 * @param segmentBytes a segment is sealed when it reaches this size
 * @param segmentAge a segment is sealed when it is this old
 * @param commitEvery what was written is synced this often
 * @param chunkBytes size of an MCAP chunk
 * @param robotPendingBytes samples of one robot that may wait for the disk
 * @param pendingBytes samples of all robots that may wait for the disk
 * @param writers threads that write
 */
public record RecorderSettings(
    Path data,
    long segmentBytes,
    Duration segmentAge,
    Duration commitEvery,
    int chunkBytes,
    long robotPendingBytes,
    long pendingBytes,
    int writers) {

  /** Reads {@code tandem.twin.recorder}; a bad value is refused by its key. */
  public static RecorderSettings from(Config config, Path data) {
    var recorder =
        config
            .withFallback(ConfigFactory.parseResources("tandem-recorder.conf"))
            .getConfig("tandem.twin.recorder");
    return new RecorderSettings(
        data,
        inRange(recorder.getBytes("segment-bytes"), 1 << 16, 1L << 40, "segment-bytes"),
        recorder.getDuration("segment-age"),
        recorder.getDuration("commit-every"),
        (int) inRange(recorder.getBytes("chunk-bytes"), 1 << 12, 1 << 28, "chunk-bytes"),
        inRange(recorder.getBytes("robot-pending-bytes"), 1 << 16, 1L << 36, "robot-pending-bytes"),
        inRange(recorder.getBytes("pending-bytes"), 1 << 16, 1L << 38, "pending-bytes"),
        (int) inRange(recorder.getInt("writers"), 1, 64, "writers"));
  }

  private static long inRange(long value, long low, long high, String key) {
    if (value < low || value > high) {
      throw new IllegalArgumentException(
          "tandem.twin.recorder.%s: expected %d..%d, found %d".formatted(key, low, high, value));
    }
    return value;
  }
}
