package tandem.twin.audit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import tandem.proto.codec.SealedEvent;
import tandem.proto.v1.BundleEntry;

/**
 * Writes a POSIX tar of which every byte follows from names, sizes and contents: no times, no
 * owners. An entry's size need not be known before it is written. Not thread-safe.
 */
final class TarFile implements AutoCloseable {
  private static final int BLOCK = 512;
  private static final long OCTAL_SIZES = 1L << 33;
  private static final int BUFFER_BYTES = 1 << 16;

  private final FileChannel file;
  private final List<BundleEntry> entries = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
  private String name;
  private long headerAt;
  private long size;
  private MessageDigest digest;

  TarFile(Path path) throws IOException {
    file =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
  }

  /**
   * The content of one entry of such a file.
   *
   * @throws IOException where there is none, or one that is larger
   */
  static byte[] read(Path path, String entry, int mostBytes) throws IOException {
    try (var file = FileChannel.open(path, StandardOpenOption.READ)) {
      var header = ByteBuffer.allocate(BLOCK);
      for (long at = 0; file.read(header.clear(), at) == BLOCK; ) {
        String name =
            new String(header.array(), 0, 100, StandardCharsets.US_ASCII).replace("\0", "");
        long size = size(path, at, header);
        if (name.equals(entry) && size <= mostBytes) {
          var content = ByteBuffer.allocate((int) size);
          if (file.read(content, at + BLOCK) == size) return content.array();
        }
        if (name.isEmpty() || name.equals(entry)) break;
        at += BLOCK + size + (-size & (BLOCK - 1));
      }
    }
    throw new IOException(
        "%s: expected an entry %s of at most %d bytes, found none"
            .formatted(path, entry, mostBytes));
  }

  private static long size(Path path, long at, ByteBuffer header) throws IOException {
    if (header.get(0) == 0) return 0;
    String octal = new String(header.array(), 124, 11, StandardCharsets.US_ASCII);
    try {
      long size = header.get(124) == (byte) 0x80 ? header.getLong(128) : Long.parseLong(octal, 8);
      if (size >= 0) return size;
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IOException(
        "%s at byte %d: size of an entry: expected a number, found none".formatted(path, at));
  }

  /** Entries that are complete, in their order. */
  List<BundleEntry> entries() {
    return entries;
  }

  /** The header gets its size at the end. */
  void begin(String entry) throws IOException {
    name = entry;
    headerAt = file.position();
    size = 0;
    digest = SealedEvent.sha256();
    put(ByteBuffer.allocate(BLOCK));
  }

  void write(byte[] bytes) throws IOException {
    write(ByteBuffer.wrap(bytes));
  }

  private void write(ByteBuffer bytes) throws IOException {
    digest.update(bytes.duplicate());
    size += bytes.remaining();
    if (bytes.remaining() > buffer.remaining()) flush();
    if (bytes.remaining() > buffer.capacity()) put(bytes);
    else buffer.put(bytes);
  }

  /** SHA-256 of what was written. */
  byte[] end() throws IOException {
    flush();
    put(ByteBuffer.allocate((int) (-size & (BLOCK - 1))));
    byte[] sha256 = digest.digest();
    for (var header = header(); header.hasRemaining(); ) {
      file.write(header, headerAt + header.position());
    }
    entries.add(
        BundleEntry.newBuilder()
            .setName(name)
            .setSize(size)
            .setSha256(HexFormat.of().formatHex(sha256))
            .build());
    return sha256;
  }

  byte[] add(String entry, byte[] bytes) throws IOException {
    begin(entry);
    write(bytes);
    return end();
  }

  byte[] add(String entry, InputStream bytes) throws IOException {
    begin(entry);
    byte[] part = new byte[BUFFER_BYTES];
    for (int n = bytes.read(part); n >= 0; n = bytes.read(part)) {
      write(ByteBuffer.wrap(part, 0, n));
    }
    return end();
  }

  /** Two empty blocks, and all of it on disk. */
  void finish() throws IOException {
    put(ByteBuffer.allocate(2 * BLOCK));
    file.force(true);
  }

  private void flush() throws IOException {
    put(buffer.flip());
    buffer.clear();
  }

  private void put(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) file.write(bytes);
  }

  private ByteBuffer header() {
    var header = ByteBuffer.allocate(BLOCK);
    header.put(name.getBytes(StandardCharsets.US_ASCII));
    text(header, 100, "0000444\0" + "0000000\0" + "0000000\0");
    if (size < OCTAL_SIZES) text(header, 124, "%011o\0".formatted(size));
    else header.put(124, (byte) 0x80).putLong(128, size);
    text(header, 136, "00000000000\0" + " ".repeat(8) + "0");
    text(header, 257, "ustar\00000");
    text(header, 329, "0000000\0" + "0000000\0");
    int sum = 0;
    for (byte each : header.array()) sum += Byte.toUnsignedInt(each);
    text(header, 148, "%06o\0 ".formatted(sum));
    return header.position(0);
  }

  private static void text(ByteBuffer header, int at, String text) {
    header.position(at).put(text.getBytes(StandardCharsets.US_ASCII));
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
