package tandem.twin.recorder;

import tandem.twin.recorder.mcap.McapRecord.Channel;
import tandem.twin.recorder.mcap.McapRecord.Message;
import tandem.twin.recorder.mcap.McapRecord.Schema;

/**
 * One (topic, publisher) of a segment, as its channel record says; foreign MCAP files have no
 * publisher and no 64-bit sequence.
 *
 * @param type empty where the channel has no schema
 * @param publisher empty where unknown
 * @param firstSequence messages are at most 2^31 - 1 away from it; -1 where the wire had none
 * @param stamped publish times are the sender's
 */
public record SegmentChannel(
    int id,
    String topic,
    String type,
    String schemaText,
    String publisher,
    long firstSequence,
    boolean stamped,
    Channel record) {
  /** Metadata key of {@code firstSequence}. */
  public static final String FIRST_SEQUENCE = Segment.FIRST_SEQUENCE;

  /**
   * @param schema null where the channel has none
   */
  public static SegmentChannel of(Channel channel, Schema schema) {
    var metadata = channel.metadata();
    boolean ours = metadata.containsKey(Segment.PUBLISHER);
    boolean sequenced = ours && Boolean.parseBoolean(metadata.get(Segment.SEQUENCED));
    return new SegmentChannel(
        channel.id(),
        channel.topic(),
        schema == null ? "" : schema.name(),
        schema == null ? "" : new String(schema.data(), java.nio.charset.StandardCharsets.UTF_8),
        metadata.getOrDefault(Segment.PUBLISHER, ""),
        sequenced ? number(metadata.get(Segment.FIRST_SEQUENCE)) : -1,
        ours ? "sender".equals(metadata.get(Segment.STAMP_BY)) : true,
        channel);
  }

  private static long number(String text) {
    try {
      return text == null ? -1 : Long.parseLong(text);
    } catch (NumberFormatException notOurs) {
      return -1;
    }
  }

  /** All 64 bits; -1 where the wire had none. */
  public long sequence(Message message) {
    return firstSequence < 0
        ? -1
        : firstSequence + ((int) message.sequence() - (int) firstSequence);
  }

  /** Sender's stamp, ns since 1970; -1 where the wire had none. */
  public long sourceNanos(Message message) {
    return stamped ? message.publishTime() : -1;
  }
}
