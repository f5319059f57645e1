package tandem.twin.recorder.mcap;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import net.jpountz.lz4.LZ4FrameInputStream;
import net.jpountz.lz4.LZ4FrameOutputStream;
import tandem.twin.recorder.mcap.McapRecord.Chunk;

/** The records of a chunk: compressed and not. */
final class ChunkData {
  /**
   * The records of a whole chunk, checked against its size and CRC. Memory is taken as the data
   * comes, so a size that lies costs nothing.
   *
   * @param offset of the chunk in the file, for messages
   */
  static byte[] open(Chunk chunk, ByteBuffer compressed, long offset, long maxBytes)
      throws McapException {
    if (chunk.uncompressedSize() < 0 || chunk.uncompressedSize() > maxBytes) {
      throw new McapException(
          "uncompressed size of Chunk: expected 0..%d, found %s"
              .formatted(maxBytes, Long.toUnsignedString(chunk.uncompressedSize())),
          offset);
    }
    byte[] records;
    try (var in = decompressor(chunk.compression(), compressed, offset)) {
      records = in.readNBytes((int) chunk.uncompressedSize());
      if (records.length < chunk.uncompressedSize() || in.read() >= 0) {
        throw new McapException(
            "uncompressed size of Chunk: expected %d, found %s"
                .formatted(
                    chunk.uncompressedSize(),
                    records.length < chunk.uncompressedSize() ? records.length : "more"),
            offset);
      }
    } catch (McapException named) {
      throw named;
    } catch (IOException bad) {
      throw new McapException(
          "records of Chunk: expected %s data, found other bytes (%s)"
              .formatted(chunk.compression(), bad.getMessage()),
          offset,
          bad);
    }
    if (chunk.uncompressedCrc() != 0) {
      var crc = new CRC32();
      crc.update(records);
      if (crc.getValue() != chunk.uncompressedCrc()) {
        throw new McapException(
            "crc of Chunk: expected %08x, found %08x"
                .formatted(chunk.uncompressedCrc(), crc.getValue()),
            offset);
      }
    }
    return records;
  }

  /** What can be had of a chunk that was cut off: as many bytes as decompress. */
  static byte[] salvage(Chunk chunk, ByteBuffer compressed, long offset, long maxBytes) {
    var whole = new ByteArrayOutputStream();
    try (var in = decompressor(chunk.compression(), compressed, offset)) {
      byte[] part = new byte[8192];
      for (int n = in.read(part); n >= 0 && whole.size() + n <= maxBytes; n = in.read(part)) {
        whole.write(part, 0, n);
      }
      return whole.toByteArray();
    } catch (IOException expected) { // the cut: what came before it is what there is
      return whole.toByteArray();
    }
  }

  private static InputStream decompressor(String compression, ByteBuffer compressed, long offset)
      throws IOException {
    var in =
        new ByteArrayInputStream(
            compressed.array(),
            compressed.arrayOffset() + compressed.position(),
            compressed.remaining());
    return switch (compression) {
      case "" -> in;
      case "lz4" -> new LZ4FrameInputStream(in);
      case "zstd" -> new ZstdInputStream(in);
      default ->
          throw new McapException(
              "compression of Chunk: expected \"\", \"lz4\" or \"zstd\", found \"%s\""
                  .formatted(compression),
              offset);
    };
  }

  static byte[] compress(String compression, byte[] records) throws IOException {
    var out = new ByteArrayOutputStream(records.length / 2 + 64);
    try (OutputStream compressor =
        switch (compression) {
          case "lz4" -> new LZ4FrameOutputStream(out);
          case "zstd" -> new ZstdOutputStream(out);
          default ->
              throw new IllegalArgumentException(
                  "compression: expected \"lz4\" or \"zstd\", found \"" + compression + "\"");
        }) {
      compressor.write(records);
    }
    return out.toByteArray();
  }

  private ChunkData() {}
}
