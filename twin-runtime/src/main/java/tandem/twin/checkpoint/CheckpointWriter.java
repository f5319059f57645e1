package tandem.twin.checkpoint;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.proto.codec.SealedEvent;

/**
 * Goes on with a node's log of statements, or begins one with a new key. Each statement is on disk
 * before the call returns; one that could not be written is not there, and the next one says it,
 * too. Not thread-safe; one per data directory.
 */
public final class CheckpointWriter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CheckpointWriter.class);
  private static final String NEXT_KEY = "key.new";

  private final Path folder;
  private final Checkpoints log;
  private final FileChannel out;
  private final Map<String, Head> unwritten = new LinkedHashMap<>();
  private NodeKey key;
  private long size;

  private CheckpointWriter(Path folder, Checkpoints log, FileChannel out) {
    this.folder = folder;
    this.log = log;
    this.out = out;
  }

  /**
   * @throws IOException where the log is not what was written or its key is gone; nothing was
   *     changed then
   */
  public static CheckpointWriter open(Path data, long atNanos) throws IOException {
    Path folder = Checkpoints.folder(data);
    boolean fresh = Checkpoints.open(data).isEmpty();
    if (fresh) {
      Files.createDirectories(folder);
      Files.createFile(Checkpoints.log(data));
    }
    Checkpoints log = Checkpoints.open(data).orElseThrow();
    try (log) {
      log.toEnd();
    }
    var out = FileChannel.open(Checkpoints.log(data), StandardOpenOption.WRITE);
    var writer = new CheckpointWriter(folder, log, out);
    try {
      writer.goOn(atNanos);
      return writer;
    } catch (IOException | RuntimeException e) {
      out.close();
      throw e;
    }
  }

  private void goOn(long atNanos) throws IOException {
    size = log.position();
    if (log.last() == null) {
      Files.deleteIfExists(folder.resolve(NEXT_KEY));
      size = 0;
      cut();
      write(ByteBuffer.wrap(Checkpoints.MAGIC));
      take(NodeKey.make(), null, atNanos);
      syncFolder();
      return;
    }
    settleKey();
    if (log.tornBytes() > 0) {
      LOG.warn(
          "checkpoints {}: {} bytes of a statement that a crash left unfinished are cut off",
          folder,
          log.tornBytes());
      cut();
    }
  }

  /**
   * A crash may have come between the statement of a new key and its taking the old one's place.
   */
  private void settleKey() throws IOException {
    Path next = folder.resolve(NEXT_KEY);
    if (Files.exists(next)) {
      if (isNewest(next)) {
        Files.move(next, folder.resolve(Checkpoints.KEY), StandardCopyOption.ATOMIC_MOVE);
      } else {
        Files.delete(next);
      }
    }
    if (!Files.exists(folder.resolve(Checkpoints.KEY))) {
      throw new IOException(
          "%s: expected the key that signed its log, found none; nothing is signed until it is back, or this folder is put away"
              .formatted(folder));
    }
    key = NodeKey.read(folder.resolve(Checkpoints.KEY));
    if (!key.publicKey().equals(log.newestKey().value())) {
      throw new IOException(
          "%s: key: expected that of the log, %s, found %s; nothing is signed"
              .formatted(
                  folder,
                  SealedEvent.hex(log.newestKey().value()),
                  SealedEvent.hex(key.publicKey())));
    }
  }

  private boolean isNewest(Path file) {
    try {
      return NodeKey.read(file).publicKey().equals(log.newestKey().value());
    } catch (IOException half) {
      return false; // the crash came while it was written
    }
  }

  /** A new key, signed by the one in use, signs from here on. */
  public void rotate(long atNanos) throws IOException {
    take(NodeKey.make(), key, atNanos);
  }

  private void take(NodeKey next, NodeKey signer, long atNanos) throws IOException {
    Path file = folder.resolve(NEXT_KEY);
    Files.deleteIfExists(file);
    next.write(file);
    syncFolder();
    long number = log.newestKey() == null ? 1 : log.newestKey().count() + 1;
    append(
        Statement.Kind.KEY,
        atNanos,
        number,
        next.publicKey(),
        signer == null ? next : signer,
        new byte[0]);
    key = next;
    Files.move(
        file,
        folder.resolve(Checkpoints.KEY),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    syncFolder();
  }

  /** States which software runs from now on. */
  public void software(String text, long atNanos) throws IOException {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    var hash = ByteString.copyFrom(SealedEvent.sha256().digest(utf8));
    append(Statement.Kind.SOFTWARE, atNanos, utf8.length, hash, key, utf8);
  }

  /** States how far all twins have come; these have moved since the checkpoint before. */
  public void checkpoint(Collection<Head> moved, long atNanos) throws IOException {
    for (Head head : moved) {
      log.move(head);
      unwritten.put(head.persistenceId(), head);
    }
    var leaves = unwritten.values().stream().map(Head::leaf).toList();
    int bytes = leaves.stream().mapToInt(leaf -> leaf.length).sum();
    var rest = ByteBuffer.allocate(Integer.BYTES + bytes).putInt(leaves.size());
    leaves.forEach(rest::put);
    append(
        Statement.Kind.CHECKPOINT,
        atNanos,
        log.tree().size(),
        ByteString.copyFrom(log.tree().root()),
        key,
        rest.array());
    unwritten.clear();
  }

  private void append(
      Statement.Kind kind, long atNanos, long count, ByteString value, NodeKey signer, byte[] rest)
      throws IOException {
    var last = log.last();
    var statement =
        Statement.signed(
            kind,
            last == null ? 1 : last.number() + 1,
            atNanos,
            last == null ? SealedEvent.NO_HASH : last.link(),
            count,
            value,
            signer);
    int length = Statement.BYTES + rest.length;
    var record =
        ByteBuffer.allocate(Checkpoints.FRAME_BYTES + length + Integer.BYTES)
            .putInt(length)
            .putInt(~length)
            .put(statement.toBytes())
            .put(rest);
    var crc = new CRC32();
    crc.update(record.array(), Checkpoints.FRAME_BYTES, length);
    write(record.putInt((int) crc.getValue()).flip());
    log.appended(statement);
  }

  private void write(ByteBuffer bytes) throws IOException {
    long end = size + bytes.remaining();
    try {
      for (long at = size; bytes.hasRemaining(); ) at += out.write(bytes, at);
      out.force(true);
      size = end;
    } catch (IOException e) {
      cut();
      throw e;
    }
  }

  private void cut() throws IOException {
    out.truncate(size);
    out.force(true);
  }

  private void syncFolder() throws IOException {
    try (var directory = FileChannel.open(folder, StandardOpenOption.READ)) {
      directory.force(true);
    }
  }

  /** Newest heads by persistence id, also those of which the statement could not be written. */
  public Optional<Head> head(String persistenceId) {
    return log.head(persistenceId);
  }

  /** Of every twin that was ever in a checkpoint. */
  public Collection<Head> heads() {
    return log.heads();
  }

  /** When the key in use was taken, ns since 1970. */
  public long keySinceNanos() {
    return log.newestKey().atNanos();
  }

  /** Number of the newest statement. */
  public long number() {
    return log.last().number();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
