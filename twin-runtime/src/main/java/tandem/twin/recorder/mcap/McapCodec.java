package tandem.twin.recorder.mcap;

import java.nio.ByteBuffer;
import tandem.twin.recorder.mcap.McapRecord.Attachment;
import tandem.twin.recorder.mcap.McapRecord.AttachmentIndex;
import tandem.twin.recorder.mcap.McapRecord.Channel;
import tandem.twin.recorder.mcap.McapRecord.ChunkIndex;
import tandem.twin.recorder.mcap.McapRecord.DataEnd;
import tandem.twin.recorder.mcap.McapRecord.Footer;
import tandem.twin.recorder.mcap.McapRecord.Header;
import tandem.twin.recorder.mcap.McapRecord.Message;
import tandem.twin.recorder.mcap.McapRecord.MessageIndex;
import tandem.twin.recorder.mcap.McapRecord.Metadata;
import tandem.twin.recorder.mcap.McapRecord.MetadataIndex;
import tandem.twin.recorder.mcap.McapRecord.Schema;
import tandem.twin.recorder.mcap.McapRecord.Statistics;
import tandem.twin.recorder.mcap.McapRecord.SummaryOffset;
import tandem.twin.recorder.mcap.McapRecord.Unknown;

/** Record contents to values. Stateless; bytes beyond the known fields are passed over. */
final class McapCodec {
  /**
   * Reads every record but a chunk, which the reader opens itself.
   *
   * @param content consumed; the values hold copies
   * @param offset of the record in the file, for messages
   */
  static McapRecord decode(int opcode, ByteBuffer content, long offset) throws McapException {
    var in = new Content(name(opcode), content, offset);
    return switch (opcode) {
      case McapRecord.HEADER -> new Header(in.text("profile"), in.text("library"));
      case McapRecord.FOOTER ->
          new Footer(
              in.u64("summary start"), in.u64("summary offset start"), in.u32("summary crc"));
      case McapRecord.SCHEMA -> {
        int id = in.u16("id");
        if (id == 0) {
          throw new McapException("id of Schema: expected 1..65535, found 0", offset);
        }
        yield new Schema(id, in.text("name"), in.text("encoding"), in.bytes(in.length32("data")));
      }
      case McapRecord.CHANNEL ->
          new Channel(
              in.u16("id"),
              in.u16("schema id"),
              in.text("topic"),
              in.text("message encoding"),
              in.textMap("metadata"));
      case McapRecord.MESSAGE ->
          new Message(
              in.u16("channel id"),
              in.u32("sequence"),
              in.u64("log time"),
              in.u64("publish time"),
              in.rest());
      case McapRecord.MESSAGE_INDEX -> {
        int channel = in.u16("channel id");
        long[][] entries = in.pairs("records");
        yield new MessageIndex(channel, entries[0], entries[1]);
      }
      case McapRecord.CHUNK_INDEX ->
          new ChunkIndex(
              in.u64("message start time"),
              in.u64("message end time"),
              in.u64("chunk start offset"),
              in.u64("chunk length"),
              in.countMap("message index offsets"),
              in.u64("message index length"),
              in.text("compression"),
              in.u64("compressed size"),
              in.u64("uncompressed size"));
      case McapRecord.ATTACHMENT ->
          new Attachment(
              in.u64("log time"),
              in.u64("create time"),
              in.text("name"),
              in.text("media type"),
              in.bytes(in.length64("data")),
              in.u32("crc"));
      case McapRecord.ATTACHMENT_INDEX ->
          new AttachmentIndex(
              in.u64("offset"),
              in.u64("length"),
              in.u64("log time"),
              in.u64("create time"),
              in.u64("data size"),
              in.text("name"),
              in.text("media type"));
      case McapRecord.STATISTICS ->
          new Statistics(
              in.u64("message count"),
              in.u16("schema count"),
              in.u32("channel count"),
              in.u32("attachment count"),
              in.u32("metadata count"),
              in.u32("chunk count"),
              in.u64("message start time"),
              in.u64("message end time"),
              in.countMap("channel message counts"));
      case McapRecord.METADATA -> new Metadata(in.text("name"), in.textMap("metadata"));
      case McapRecord.METADATA_INDEX ->
          new MetadataIndex(in.u64("offset"), in.u64("length"), in.text("name"));
      case McapRecord.SUMMARY_OFFSET ->
          new SummaryOffset(in.u8("group opcode"), in.u64("group start"), in.u64("group length"));
      case McapRecord.DATA_END -> new DataEnd(in.u32("data section crc"));
      default -> new Unknown(opcode, in.remaining());
    };
  }

  static String name(int opcode) {
    return switch (opcode) {
      case McapRecord.HEADER -> "Header";
      case McapRecord.FOOTER -> "Footer";
      case McapRecord.SCHEMA -> "Schema";
      case McapRecord.CHANNEL -> "Channel";
      case McapRecord.MESSAGE -> "Message";
      case McapRecord.CHUNK -> "Chunk";
      case McapRecord.MESSAGE_INDEX -> "MessageIndex";
      case McapRecord.CHUNK_INDEX -> "ChunkIndex";
      case McapRecord.ATTACHMENT -> "Attachment";
      case McapRecord.ATTACHMENT_INDEX -> "AttachmentIndex";
      case McapRecord.STATISTICS -> "Statistics";
      case McapRecord.METADATA -> "Metadata";
      case McapRecord.METADATA_INDEX -> "MetadataIndex";
      case McapRecord.SUMMARY_OFFSET -> "SummaryOffset";
      case McapRecord.DATA_END -> "DataEnd";
      default -> "record 0x%02X".formatted(opcode);
    };
  }

  private McapCodec() {}
}
