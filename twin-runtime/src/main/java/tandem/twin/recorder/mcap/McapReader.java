package tandem.twin.recorder.mcap;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import tandem.twin.recorder.mcap.McapRecord.Chunk;

/**
 * Reads an MCAP file from front to back. Contents of chunks come as records of their own, after the
 * {@link Chunk} that frames them.
 *
 * <p>A file that was cut off is no error: every whole record is delivered, those of a cut chunk too
 * as far as they are whole, and {@link #end} says where and why it ends. A record that is there but
 * wrong is a {@link McapException}. Memory: one record or one uncompressed chunk at a time.
 */
public final class McapReader implements AutoCloseable {
  /** Largest record or uncompressed chunk that is read. */
  public static final long MAX_BYTES = 1L << 30;

  private static final byte[] MAGIC = {(byte) 0x89, 'M', 'C', 'A', 'P', '0', '\r', '\n'};

  /**
   * How a file ends.
   *
   * @param complete closed by its writer: footer and closing magic are there, and nothing after
   * @param wholeBytes from the start of the file to the end of its last whole record outside of
   *     chunks (a chunk counts when it is whole and its CRC agrees)
   * @param why empty where complete
   */
  public record End(boolean complete, long wholeBytes, String why) {}

  private final InputStream in;
  private final long limit;
  private final boolean salvaging;
  private long position; // of the next record outside of chunks
  private long recordOffset;
  private ByteBuffer chunk; // the records of the chunk that is being delivered
  private boolean chunkIsCut;
  private End cutEnd; // where chunkIsCut
  private boolean footerSeen;
  private End end;

  private McapReader(InputStream in, long limit, boolean salvaging) {
    this.in = in;
    this.limit = limit;
    this.salvaging = salvaging;
  }

  /** All of a file. */
  public static McapReader open(Path file) throws IOException {
    return open(file, Long.MAX_VALUE, true);
  }

  /**
   * @param limit bytes beyond it do not count: a file that is being written has a part that is
   *     whole
   * @param salvaging deliver whole records of a cut chunk as well; nothing vouches for their bytes
   */
  public static McapReader open(Path file, long limit, boolean salvaging) throws IOException {
    var channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      return new McapReader(
          new BufferedInputStream(Channels.newInputStream(channel), 1 << 16),
          Math.min(limit, channel.size()),
          salvaging);
    } catch (IOException | RuntimeException failure) {
      channel.close();
      throw failure;
    }
  }

  /** One chunk record, without the magic around a file. */
  static McapReader ofChunk(byte[] chunk, long offset) {
    var reader = new McapReader(new ByteArrayInputStream(chunk), offset + chunk.length, false);
    reader.position = offset;
    return reader;
  }

  /** All of these bytes. */
  public static McapReader open(byte[] bytes) {
    return new McapReader(new ByteArrayInputStream(bytes), bytes.length, true);
  }

  /**
   * The next record, or null at the end.
   *
   * @throws McapException what follows in the file cannot be read either
   */
  public McapRecord next() throws IOException {
    if (end != null) {
      return null;
    }
    if (position == 0 && !magic("opening")) {
      return null;
    }
    if (chunk != null) {
      var record = nextInChunk();
      if (record != null || end != null) {
        return record;
      }
    }
    return nextOutside();
  }

  /** How the file ends; known once {@link #next} gave null. */
  public End end() {
    if (end == null) {
      throw new IllegalStateException("records are left at byte " + position);
    }
    return end;
  }

  /** An error that names the place of the record last delivered. */
  public McapException bad(String what) {
    return new McapException(what, recordOffset);
  }

  /** Of the record last delivered; for one in a chunk, of the chunk. */
  public long offset() {
    return recordOffset;
  }

  private McapRecord nextOutside() throws IOException {
    if (footerSeen) {
      if (magic("closing")) {
        end =
            position == limit
                ? new End(true, position, "")
                : new End(
                    false,
                    position,
                    "%d bytes after the closing magic at byte %d"
                        .formatted(limit - position, position));
      }
      return null;
    }
    recordOffset = position;
    if (limit - position < McapRecord.HEAD_BYTES) {
      return cut(
          position == limit
              ? "file ends without a Footer at byte " + position
              : "record head cut off at byte " + position);
    }
    var head = ByteBuffer.wrap(read(McapRecord.HEAD_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    int opcode = head.get() & 0xFF;
    long length = head.getLong();
    if (opcode == 0) { // never written by anybody: blocks that a power cut left empty
      return cut("record opcode 0 at byte " + position);
    }
    long left = limit - position - McapRecord.HEAD_BYTES;
    if (length < 0 || length > left) {
      String what =
          "%s at byte %d: expected %s bytes, found %d"
              .formatted(McapCodec.name(opcode), position, Long.toUnsignedString(length), left);
      return opcode == McapRecord.CHUNK && salvaging ? cutChunk(left, what) : cut(what);
    }
    if (length > MAX_BYTES) {
      throw new McapException(
          "length of %s: expected 0..%d, found %d"
              .formatted(McapCodec.name(opcode), MAX_BYTES, length),
          position);
    }
    byte[] content = read((int) length);
    if (opcode == McapRecord.CHUNK) {
      return wholeChunk(content);
    }
    var record = McapCodec.decode(opcode, ByteBuffer.wrap(content), position);
    position += McapRecord.HEAD_BYTES + length;
    footerSeen = opcode == McapRecord.FOOTER;
    return record;
  }

  private McapRecord wholeChunk(byte[] content) throws McapException {
    var in = new Content("Chunk", ByteBuffer.wrap(content), position);
    var frame = frame(in);
    int size = in.length64("records");
    frame = withSize(frame, size);
    chunk = records(ChunkData.open(frame, in.slice(size), position, MAX_BYTES));
    chunkIsCut = false;
    position += McapRecord.HEAD_BYTES + content.length;
    return frame;
  }

  private McapRecord cutChunk(long left, String what) throws IOException {
    byte[] content = read((int) Math.min(left, MAX_BYTES));
    cutEnd = new End(false, position, what);
    var in = new Content("Chunk", ByteBuffer.wrap(content), position);
    Chunk frame;
    try {
      frame = withSize(frame(in), in.u64("records"));
    } catch (McapException cutInFrame) { // not a byte of its records is there
      end = cutEnd;
      return null;
    }
    byte[] part = ChunkData.salvage(frame, in.slice(in.remaining()), position, MAX_BYTES);
    chunk = records(part);
    chunkIsCut = true;
    return frame;
  }

  private static Chunk frame(Content in) throws McapException {
    return new Chunk(
        in.u64("message start time"),
        in.u64("message end time"),
        in.u64("uncompressed size"),
        in.u32("uncompressed crc"),
        in.text("compression"),
        0);
  }

  private static Chunk withSize(Chunk frame, long size) {
    return new Chunk(
        frame.startTime(),
        frame.endTime(),
        frame.uncompressedSize(),
        frame.uncompressedCrc(),
        frame.compression(),
        size);
  }

  private static ByteBuffer records(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private McapRecord nextInChunk() throws McapException {
    while (chunk.hasRemaining()) {
      if (chunk.remaining() < McapRecord.HEAD_BYTES) {
        return endOfChunk("record head in Chunk: expected 9 bytes, found " + chunk.remaining());
      }
      int opcode = chunk.get() & 0xFF;
      long length = chunk.getLong();
      if (length < 0 || length > chunk.remaining()) {
        return endOfChunk(
            "length of %s in Chunk: expected 0..%d, found %s"
                .formatted(
                    McapCodec.name(opcode), chunk.remaining(), Long.toUnsignedString(length)));
      }
      var content = chunk.slice(chunk.position(), (int) length);
      chunk.position(chunk.position() + (int) length);
      if (McapRecord.IN_CHUNK.contains(opcode)) {
        return McapCodec.decode(opcode, content, recordOffset);
      }
      if (opcode <= McapRecord.DATA_END && opcode > 0) {
        throw new McapException(
            "record in Chunk: expected Schema, Channel or Message, found " + McapCodec.name(opcode),
            recordOffset);
      }
    }
    return endOfChunk(null);
  }

  private McapRecord endOfChunk(String wrong) throws McapException {
    chunk = null;
    if (chunkIsCut) {
      end = cutEnd;
    } else if (wrong != null) {
      throw new McapException(wrong, recordOffset);
    }
    return null;
  }

  private boolean magic(String which) throws IOException {
    int there = (int) Math.min(MAGIC.length, limit - position);
    byte[] found = read(there);
    boolean cutOff = there < MAGIC.length;
    if (Arrays.equals(found, 0, there, MAGIC, 0, there)) {
      if (cutOff) {
        end = new End(false, position, which + " magic cut off at byte " + position);
        return false;
      }
      position += MAGIC.length;
      return true;
    }
    throw new McapException(
        "%s magic: expected %s, found %s"
            .formatted(
                which,
                java.util.HexFormat.of().formatHex(MAGIC),
                java.util.HexFormat.of().formatHex(found)),
        position);
  }

  private McapRecord cut(String why) {
    end = new End(false, position, why);
    return null;
  }

  private byte[] read(int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new IOException(
          "file became shorter while it was read: expected %d bytes at byte %d, found %d"
              .formatted(count, position, bytes.length));
    }
    return bytes;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
