package tandem.twin.recorder.mcap;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * Writes an MCAP file through a {@link ByteSink}. Not thread-safe.
 *
 * <p>Each chunk goes out with its message indexes in one append; what an append refused is still
 * here and goes out with the next {@link #flush}, so nothing is lost or doubled when a disk is full
 * for a while. A message larger than a chunk becomes a chunk of its own without being copied.
 *
 * <pre>
 *   magic | Header | (Chunk MessageIndex*)* Attachment* Metadata* | DataEnd
 *         | Schema* Channel* Statistics ChunkIndex* AttachmentIndex* MetadataIndex* SummaryOffset* | Footer | magic
 * </pre>
 */
public final class McapWriter {
  /** What a file may have; a segment has all of them. */
  public enum Feature {
    CHUNKED,
    MESSAGE_INDEX,
    STATISTICS,
    REPEATED_SCHEMAS,
    REPEATED_CHANNELS,
    ATTACHMENT_INDEX,
    METADATA_INDEX,
    CHUNK_INDEX,
    SUMMARY_OFFSETS
  }

  /**
   * @param compression {@code ""}, {@code "lz4"} or {@code "zstd"}
   * @param chunkBytes a chunk is written when its records reach this size
   */
  public record Options(Set<Feature> features, String compression, int chunkBytes) {
    public static final Options PLAIN = new Options(EnumSet.allOf(Feature.class), "", 1 << 20);
  }

  private static final int MAX_IDS = 0xFFFF;
  private static final int MESSAGE_HEAD_BYTES = 2 + 4 + 8 + 8;
  private static final int FIRST_CHUNK_BYTES = 1 << 14;
  private static final byte[] MAGIC = HexFormat.of().parseHex("894d434150300d0a");

  private final ByteSink sink;
  private final Options options;
  private final boolean chunked;
  private final boolean indexed;
  private final CRC32 dataCrc = new CRC32();
  private final List<byte[]> schemas = new ArrayList<>();
  private final List<ChannelState> channels = new ArrayList<>();
  private final List<byte[]> chunkIndexes = new ArrayList<>();
  private final List<byte[]> attachmentIndexes = new ArrayList<>();
  private final List<byte[]> metadataIndexes = new ArrayList<>();
  private ByteBuffer chunk = chunkBuffer(FIRST_CHUNK_BYTES);
  private long position;
  private long chunkStart = Long.MAX_VALUE;
  private long chunkEnd = Long.MIN_VALUE;
  private long start = Long.MAX_VALUE;
  private long end = Long.MIN_VALUE;
  private long messages;
  private long chunks;
  private long attachments;
  private long metadata;
  private boolean finished;

  private static final class ChannelState {
    final int id;
    final byte[] record;
    long messages;
    long[] index = new long[16]; // pairs of log time and offset in the chunk
    int indexed;

    ChannelState(int id, byte[] record) {
      this.id = id;
      this.record = record;
    }

    void index(long logTime, long offset) {
      if (2 * indexed == index.length) {
        index = java.util.Arrays.copyOf(index, 4 * indexed);
      }
      index[2 * indexed] = logTime;
      index[2 * indexed + 1] = offset;
      indexed++;
    }
  }

  /** Begins the file: magic and Header go out at once. */
  public McapWriter(ByteSink sink, Options options, String profile, String library)
      throws IOException {
    this.sink = sink;
    this.options = options;
    this.chunked = options.features().contains(Feature.CHUNKED);
    this.indexed = chunked && options.features().contains(Feature.MESSAGE_INDEX);
    append(
        ByteBuffer.wrap(MAGIC),
        ByteBuffer.wrap(new RecordBuilder(McapRecord.HEADER).text(profile).text(library).build()));
  }

  /** Whether another channel (or schema) fits into the 16-bit ids of this file. */
  public boolean hasRoomForChannel() {
    return channels.size() < MAX_IDS - 1 && schemas.size() < MAX_IDS - 1;
  }

  /** Schemas of this file so far. */
  public int schemas() {
    return schemas.size();
  }

  /** Channels of this file so far. */
  public int channels() {
    return channels.size();
  }

  /** Messages taken so far, those not yet written out too. */
  public long messages() {
    return messages;
  }

  /** Of messages taken so far; {@link Long#MAX_VALUE} where there are none. */
  public long startTime() {
    return start;
  }

  /** Of messages taken so far; {@link Long#MIN_VALUE} where there are none. */
  public long endTime() {
    return end;
  }

  /** Bytes written out. */
  public long position() {
    return position;
  }

  /** Bytes of records that wait for their chunk to be written. */
  public int pendingBytes() {
    return chunk.position();
  }

  /** Declares a schema; gives its id, from 1. */
  public int addSchema(String name, String encoding, byte[] data) throws IOException {
    int id = schemas.size() + 1;
    refuseIdBeyond(id, "schema");
    byte[] record =
        new RecordBuilder(McapRecord.SCHEMA)
            .u16(id)
            .text(name)
            .text(encoding)
            .u32(data.length)
            .bytes(data)
            .build();
    put(record);
    schemas.add(record);
    return id;
  }

  /**
   * Declares a channel; gives its id, from 1.
   *
   * @param schemaId 0: none
   */
  public int addChannel(
      int schemaId, String topic, String messageEncoding, Map<String, String> channelMetadata)
      throws IOException {
    int id = channels.size() + 1;
    refuseIdBeyond(id, "channel");
    byte[] record =
        new RecordBuilder(McapRecord.CHANNEL)
            .u16(id)
            .u16(schemaId)
            .text(topic)
            .text(messageEncoding)
            .map(new TreeMap<>(channelMetadata))
            .build();
    put(record);
    channels.add(new ChannelState(id, record));
    return id;
  }

  private static void refuseIdBeyond(int id, String what) {
    if (id > MAX_IDS) {
      throw new IllegalStateException(
          "%s id: expected 1..%d, found %d; begin another file".formatted(what, MAX_IDS, id));
    }
  }

  private void put(byte[] record) throws IOException {
    if (!chunked) {
      append(ByteBuffer.wrap(record));
      return;
    }
    makeRoom(record.length);
    chunk.put(record);
  }

  /**
   * Takes one message.
   *
   * @param sequence its low 32 bits are kept
   * @throws IOException the message was not taken; it may be offered again
   */
  public void message(int channelId, int sequence, long logTime, long publishTime, byte[] payload)
      throws IOException {
    var channel = channels.get(channelId - 1);
    int bytes = McapRecord.HEAD_BYTES + MESSAGE_HEAD_BYTES + payload.length;
    if (!chunked) {
      append(
          messageHead(
                  buffer(McapRecord.HEAD_BYTES + MESSAGE_HEAD_BYTES),
                  channelId,
                  sequence,
                  logTime,
                  publishTime,
                  payload.length)
              .flip(),
          ByteBuffer.wrap(payload));
    } else if (bytes > options.chunkBytes() && options.compression().isEmpty()) {
      flush();
      var head =
          messageHead(
                  buffer(McapRecord.HEAD_BYTES + MESSAGE_HEAD_BYTES),
                  channelId,
                  sequence,
                  logTime,
                  publishTime,
                  payload.length)
              .flip();
      channel.index(logTime, 0);
      chunkStart = chunkEnd = logTime;
      try {
        writeChunk(head, ByteBuffer.wrap(payload));
      } catch (IOException refused) {
        channel.indexed = 0;
        chunkStart = Long.MAX_VALUE;
        chunkEnd = Long.MIN_VALUE;
        throw refused;
      }
    } else {
      makeRoom(bytes);
      if (indexed) {
        channel.index(logTime, chunk.position());
      }
      messageHead(chunk, channelId, sequence, logTime, publishTime, payload.length);
      chunk.put(payload);
      chunkStart = Math.min(chunkStart, logTime);
      chunkEnd = Math.max(chunkEnd, logTime);
    }
    channel.messages++;
    messages++;
    start = Math.min(start, logTime);
    end = Math.max(end, logTime);
  }

  private static ByteBuffer messageHead(
      ByteBuffer into, int channelId, int sequence, long logTime, long publishTime, int payload) {
    return into.put((byte) McapRecord.MESSAGE)
        .putLong(MESSAGE_HEAD_BYTES + (long) payload)
        .putShort((short) channelId)
        .putInt(sequence)
        .putLong(logTime)
        .putLong(publishTime);
  }

  private void makeRoom(int bytes) throws IOException {
    if (chunk.position() > 0 && chunk.position() + bytes > options.chunkBytes()) {
      flush();
    }
    if (chunk.remaining() < bytes) {
      long wanted = Math.max(chunk.position() + (long) bytes, 2L * chunk.capacity());
      int capacity =
          (int) Math.max(Math.min(wanted, options.chunkBytes()), chunk.position() + bytes);
      chunk = chunkBuffer(capacity).put(chunk.flip());
    }
  }

  /** Writes out what waits, if anything. */
  public void flush() throws IOException {
    if (chunk.position() == 0) {
      return;
    }
    writeChunk(chunk.duplicate().flip());
    chunk.clear();
  }

  private void writeChunk(ByteBuffer... records) throws IOException {
    var crc = new CRC32();
    long size = 0;
    for (var part : records) {
      size += part.remaining();
      crc.update(part.duplicate());
    }
    ByteBuffer[] stored = records;
    long storedSize = size;
    if (!options.compression().isEmpty()) {
      byte[] plain = new byte[(int) size];
      int at = 0;
      for (var part : records) {
        int length = part.remaining();
        part.duplicate().get(plain, at, length);
        at += length;
      }
      stored = new ByteBuffer[] {ByteBuffer.wrap(ChunkData.compress(options.compression(), plain))};
      storedSize = stored[0].remaining();
    }
    byte[] compression = options.compression().getBytes(UTF_8);
    boolean empty = chunkStart > chunkEnd;
    int headBytes = 8 + 8 + 8 + 4 + 4 + compression.length + 8;
    long chunkLength = McapRecord.HEAD_BYTES + headBytes + storedSize;
    var head =
        buffer(McapRecord.HEAD_BYTES + headBytes)
            .put((byte) McapRecord.CHUNK)
            .putLong(headBytes + storedSize)
            .putLong(empty ? 0 : chunkStart)
            .putLong(empty ? 0 : chunkEnd)
            .putLong(size)
            .putInt((int) crc.getValue())
            .putInt(compression.length)
            .put(compression)
            .putLong(storedSize)
            .flip();
    SortedMap<Integer, Long> indexOffsets = new TreeMap<>();
    var index = indexed ? messageIndexes(position + chunkLength, indexOffsets) : buffer(0);
    long indexLength = index.remaining();
    var all = new ByteBuffer[stored.length + 2];
    all[0] = head;
    System.arraycopy(stored, 0, all, 1, stored.length);
    all[all.length - 1] = index;
    long chunkOffset = position;
    append(all);

    chunkIndexes.add(
        new RecordBuilder(McapRecord.CHUNK_INDEX)
            .u64(empty ? 0 : chunkStart)
            .u64(empty ? 0 : chunkEnd)
            .u64(chunkOffset)
            .u64(chunkLength)
            .counts(indexOffsets)
            .u64(indexLength)
            .text(options.compression())
            .u64(storedSize)
            .u64(size)
            .build());
    chunks++;
    channels.forEach(channel -> channel.indexed = 0);
    chunkStart = Long.MAX_VALUE;
    chunkEnd = Long.MIN_VALUE;
  }

  private ByteBuffer messageIndexes(long offset, SortedMap<Integer, Long> offsets) {
    int bytes = 0;
    for (var channel : channels) {
      if (channel.indexed > 0) {
        bytes += McapRecord.HEAD_BYTES + 2 + 4 + 16 * channel.indexed;
      }
    }
    var out = buffer(bytes);
    for (var channel : channels) {
      if (channel.indexed > 0) {
        offsets.put(channel.id, offset + out.position());
        out.put((byte) McapRecord.MESSAGE_INDEX)
            .putLong(2 + 4 + 16L * channel.indexed)
            .putShort((short) channel.id)
            .putInt(16 * channel.indexed);
        for (int i = 0; i < 2 * channel.indexed; i++) {
          out.putLong(channel.index[i]);
        }
      }
    }
    return out.flip();
  }

  /** Writes an attachment, after what waits. */
  public void attachment(long logTime, long createTime, String name, String mediaType, byte[] data)
      throws IOException {
    flush();
    byte[] content =
        new RecordBuilder(McapRecord.ATTACHMENT)
            .u64(logTime)
            .u64(createTime)
            .text(name)
            .text(mediaType)
            .u64(data.length)
            .bytes(data)
            .u32(0)
            .build();
    var crc = new CRC32();
    crc.update(content, McapRecord.HEAD_BYTES, content.length - McapRecord.HEAD_BYTES - 4);
    buffer(content).putInt(content.length - 4, (int) crc.getValue());
    long offset = position;
    append(ByteBuffer.wrap(content));
    attachments++;
    attachmentIndexes.add(
        new RecordBuilder(McapRecord.ATTACHMENT_INDEX)
            .u64(offset)
            .u64(content.length)
            .u64(logTime)
            .u64(createTime)
            .u64(data.length)
            .text(name)
            .text(mediaType)
            .build());
  }

  /** Writes a metadata record, after what waits. */
  public void metadata(String name, Map<String, String> values) throws IOException {
    flush();
    byte[] record =
        new RecordBuilder(McapRecord.METADATA).text(name).map(new TreeMap<>(values)).build();
    long offset = position;
    append(ByteBuffer.wrap(record));
    metadata++;
    metadataIndexes.add(
        new RecordBuilder(McapRecord.METADATA_INDEX)
            .u64(offset)
            .u64(record.length)
            .text(name)
            .build());
  }

  /**
   * Closes the file: what waits, DataEnd, summary, Footer and magic.
   *
   * @throws IOException the file is not closed; may be called again
   */
  public void finish() throws IOException {
    if (finished) {
      return;
    }
    flush();
    byte[] dataEnd = new RecordBuilder(McapRecord.DATA_END).u32((int) dataCrc.getValue()).build();
    long summaryStart = position + dataEnd.length;
    var summary = new Summary(summaryStart);
    if (has(Feature.REPEATED_SCHEMAS)) {
      summary.group(McapRecord.SCHEMA, schemas);
    }
    if (has(Feature.REPEATED_CHANNELS)) {
      summary.group(McapRecord.CHANNEL, channels.stream().map(channel -> channel.record).toList());
    }
    if (has(Feature.STATISTICS)) {
      summary.group(McapRecord.STATISTICS, List.of(statistics()));
    }
    if (chunked && has(Feature.CHUNK_INDEX)) {
      summary.group(McapRecord.CHUNK_INDEX, chunkIndexes);
    }
    if (has(Feature.ATTACHMENT_INDEX)) {
      summary.group(McapRecord.ATTACHMENT_INDEX, attachmentIndexes);
    }
    if (has(Feature.METADATA_INDEX)) {
      summary.group(McapRecord.METADATA_INDEX, metadataIndexes);
    }
    long offsetsStart = summary.position();
    if (has(Feature.SUMMARY_OFFSETS)) {
      summary.offsets();
    }
    byte[] footer =
        new RecordBuilder(McapRecord.FOOTER)
            .u64(offsetsStart == summaryStart ? 0 : summaryStart)
            .u64(summary.position() == offsetsStart ? 0 : offsetsStart)
            .u32(0)
            .build();
    var crc = new CRC32();
    summary.parts.forEach(crc::update);
    crc.update(footer, 0, footer.length - 4);
    buffer(footer).putInt(footer.length - 4, (int) crc.getValue());
    List<ByteBuffer> all = new ArrayList<>();
    all.add(ByteBuffer.wrap(dataEnd));
    all.add(summary.joined());
    all.add(ByteBuffer.wrap(footer));
    all.add(ByteBuffer.wrap(MAGIC));
    append(all.toArray(ByteBuffer[]::new));
    finished = true;
  }

  private boolean has(Feature feature) {
    return options.features().contains(feature);
  }

  private byte[] statistics() {
    SortedMap<Integer, Long> counts = new TreeMap<>();
    for (var channel : channels) {
      if (channel.messages > 0) {
        counts.put(channel.id, channel.messages);
      }
    }
    return new RecordBuilder(McapRecord.STATISTICS)
        .u64(messages)
        .u16(schemas.size())
        .u32(channels.size())
        .u32((int) attachments)
        .u32((int) metadata)
        .u32((int) chunks)
        .u64(messages == 0 ? 0 : start)
        .u64(messages == 0 ? 0 : end)
        .counts(counts)
        .build();
  }

  private static final class Summary {
    private final List<byte[]> parts = new ArrayList<>();
    private final List<byte[]> groupOffsets = new ArrayList<>();
    private long position;

    Summary(long position) {
      this.position = position;
    }

    void group(int opcode, List<byte[]> records) {
      if (records.isEmpty()) {
        return;
      }
      long groupStart = position;
      records.forEach(this::add);
      groupOffsets.add(
          new RecordBuilder(McapRecord.SUMMARY_OFFSET)
              .u8(opcode)
              .u64(groupStart)
              .u64(position - groupStart)
              .build());
    }

    void offsets() {
      groupOffsets.forEach(this::add);
    }

    long position() {
      return position;
    }

    private void add(byte[] record) {
      parts.add(record);
      position += record.length;
    }

    ByteBuffer joined() {
      var all = ByteBuffer.allocate(parts.stream().mapToInt(part -> part.length).sum());
      parts.forEach(all::put);
      return all.flip();
    }
  }

  private void append(ByteBuffer... buffers) throws IOException {
    sink.append(buffers);
    for (var written : buffers) {
      position += written.remaining();
      dataCrc.update(written.duplicate());
    }
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ByteBuffer chunkBuffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
