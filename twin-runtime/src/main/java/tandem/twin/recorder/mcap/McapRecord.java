package tandem.twin.recorder.mcap;

import java.util.List;
import java.util.SortedMap;

/**
 * The records of an MCAP file, fields in the order of their bytes.
 *
 * <pre>
 *   byte 0        1           9
 *        +--------+-----------+-----------
 *        | opcode | length    | content
 *        | u8     | u64       |
 *        +--------+-----------+-----------
 * </pre>
 *
 * Times and 64-bit counts are signed here; ids of 16 and counts of 32 bits are widened. Arrays are
 * not copied.
 */
public sealed interface McapRecord {
  int HEADER = 0x01;
  int FOOTER = 0x02;
  int SCHEMA = 0x03;
  int CHANNEL = 0x04;
  int MESSAGE = 0x05;
  int CHUNK = 0x06;
  int MESSAGE_INDEX = 0x07;
  int CHUNK_INDEX = 0x08;
  int ATTACHMENT = 0x09;
  int ATTACHMENT_INDEX = 0x0A;
  int STATISTICS = 0x0B;
  int METADATA = 0x0C;
  int METADATA_INDEX = 0x0D;
  int SUMMARY_OFFSET = 0x0E;
  int DATA_END = 0x0F;

  /** Opcode and length. */
  int HEAD_BYTES = 9;

  record Header(String profile, String library) implements McapRecord {}

  record Footer(long summaryStart, long summaryOffsetStart, long summaryCrc)
      implements McapRecord {}

  record Schema(int id, String name, String encoding, byte[] data) implements McapRecord {}

  /**
   * @param schemaId 0: none
   */
  record Channel(
      int id,
      int schemaId,
      String topic,
      String messageEncoding,
      SortedMap<String, String> metadata)
      implements McapRecord {}

  /**
   * @param sequence 32 bits, unsigned
   */
  record Message(int channelId, long sequence, long logTime, long publishTime, byte[] data)
      implements McapRecord {}

  /** The frame of a chunk; what is in it comes as records of their own. */
  record Chunk(
      long startTime,
      long endTime,
      long uncompressedSize,
      long uncompressedCrc,
      String compression,
      long compressedSize)
      implements McapRecord {}

  /**
   * @param times log times
   * @param offsets from the start of the uncompressed records of the chunk
   */
  record MessageIndex(int channelId, long[] times, long[] offsets) implements McapRecord {}

  record ChunkIndex(
      long startTime,
      long endTime,
      long chunkOffset,
      long chunkLength,
      SortedMap<Integer, Long> messageIndexOffsets,
      long messageIndexLength,
      String compression,
      long compressedSize,
      long uncompressedSize)
      implements McapRecord {}

  record Attachment(
      long logTime, long createTime, String name, String mediaType, byte[] data, long crc)
      implements McapRecord {}

  record AttachmentIndex(
      long offset,
      long length,
      long logTime,
      long createTime,
      long dataSize,
      String name,
      String mediaType)
      implements McapRecord {}

  record Statistics(
      long messages,
      int schemas,
      long channels,
      long attachments,
      long metadata,
      long chunks,
      long startTime,
      long endTime,
      SortedMap<Integer, Long> channelMessages)
      implements McapRecord {}

  record Metadata(String name, SortedMap<String, String> metadata) implements McapRecord {}

  record MetadataIndex(long offset, long length, String name) implements McapRecord {}

  record SummaryOffset(int groupOpcode, long groupStart, long groupLength) implements McapRecord {}

  record DataEnd(long dataCrc) implements McapRecord {}

  /** A record of a later version of the format; its content is passed over. */
  record Unknown(int opcode, long length) implements McapRecord {}

  /** Opcodes whose records may be in a chunk. */
  List<Integer> IN_CHUNK = List.of(SCHEMA, CHANNEL, MESSAGE);
}
