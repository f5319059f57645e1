package tandem.twin.recorder.mcap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tandem.twin.recorder.mcap.McapRecord.Channel;
import tandem.twin.recorder.mcap.McapRecord.ChunkIndex;
import tandem.twin.recorder.mcap.McapRecord.Message;
import tandem.twin.recorder.mcap.McapRecord.Schema;

/**
 * An MCAP file read by its index: schemas, channels, and the chunks with their times. For files
 * that their writer closed with an index; {@link #open} says so where it did not, and {@link
 * McapReader} reads those. Not thread-safe.
 */
public final class McapFile implements AutoCloseable {
  private static final int FOOTER_BYTES = McapRecord.HEAD_BYTES + 8 + 8 + 4;
  private static final int MAGIC_BYTES = 8;

  private final FileChannel file;
  private final Map<Integer, Schema> schemas = new HashMap<>();
  private final Map<Integer, Channel> channels = new HashMap<>();
  private final List<ChunkIndex> chunks = new ArrayList<>();

  private McapFile(FileChannel file) {
    this.file = file;
  }

  /** Empty where the file has no index that covers all of its messages. */
  public static Optional<McapFile> open(Path path) throws IOException {
    var channel = FileChannel.open(path, StandardOpenOption.READ);
    var indexed = new McapFile(channel);
    boolean usable = false;
    try {
      usable = indexed.readSummary();
    } finally {
      if (!usable) {
        channel.close();
      }
    }
    return usable ? Optional.of(indexed) : Optional.empty();
  }

  private boolean readSummary() throws IOException {
    long size = file.size();
    long footerAt = size - MAGIC_BYTES - FOOTER_BYTES;
    if (footerAt < MAGIC_BYTES) {
      return false;
    }
    var footerBytes = read(footerAt, FOOTER_BYTES);
    if ((footerBytes.get() & 0xFF) != McapRecord.FOOTER || footerBytes.getLong() != 20) {
      return false;
    }
    long summaryStart = footerBytes.getLong();
    if (summaryStart < MAGIC_BYTES
        || summaryStart >= footerAt
        || footerAt - summaryStart > McapReader.MAX_BYTES) {
      return false;
    }
    var summary = read(summaryStart, (int) (footerAt - summaryStart));
    long messages = -1;
    while (summary.remaining() >= McapRecord.HEAD_BYTES) {
      int opcode = summary.get() & 0xFF;
      long length = summary.getLong();
      if (length < 0 || length > summary.remaining()) {
        throw new McapException(
            "length of %s in the summary: expected 0..%d, found %s"
                .formatted(
                    McapCodec.name(opcode), summary.remaining(), Long.toUnsignedString(length)),
            summaryStart);
      }
      var content = summary.slice(summary.position(), (int) length);
      summary.position(summary.position() + (int) length);
      switch (McapCodec.decode(opcode, content, summaryStart)) {
        case Schema schema -> schemas.put(schema.id(), schema);
        case Channel channel -> channels.put(channel.id(), channel);
        case ChunkIndex chunk -> chunks.add(chunk);
        case McapRecord.Statistics statistics -> messages = statistics.messages();
        default -> {}
      }
    }
    boolean coversMessages = messages == 0 || (messages > 0 && !chunks.isEmpty());
    boolean channelsThere =
        chunks.stream()
            .flatMap(chunk -> chunk.messageIndexOffsets().keySet().stream())
            .allMatch(channels::containsKey);
    boolean schemasThere =
        channels.values().stream()
            .allMatch(
                channel -> channel.schemaId() == 0 || schemas.containsKey(channel.schemaId()));
    return coversMessages && channelsThere && schemasThere;
  }

  public Map<Integer, Channel> channels() {
    return channels;
  }

  public Map<Integer, Schema> schemas() {
    return schemas;
  }

  /** In the order of the index. */
  public List<ChunkIndex> chunks() {
    return chunks;
  }

  /** The messages of a chunk, in the order of the file. */
  public List<Message> messages(ChunkIndex index) throws IOException {
    long length = index.chunkLength();
    if (length < McapRecord.HEAD_BYTES
        || length > McapReader.MAX_BYTES
        || index.chunkOffset() < 0
        || index.chunkOffset() > file.size() - length) {
      throw new McapException(
          "chunk length of ChunkIndex: expected a chunk inside of the file, found %d bytes"
              .formatted(length),
          index.chunkOffset());
    }
    var bytes = read(index.chunkOffset(), (int) length);
    try (var reader = McapReader.ofChunk(bytes.array(), index.chunkOffset())) {
      List<Message> messages = new ArrayList<>();
      for (var record = reader.next(); record != null; record = reader.next()) {
        if (record instanceof Message message) {
          messages.add(message);
        }
      }
      return messages;
    }
  }

  private ByteBuffer read(long offset, int length) throws IOException {
    var bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (file.read(bytes, offset + bytes.position()) < 0) {
        throw new McapException(
            "file: expected %d bytes, found %d".formatted(length, bytes.position()), offset);
      }
    }
    return bytes.flip();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
