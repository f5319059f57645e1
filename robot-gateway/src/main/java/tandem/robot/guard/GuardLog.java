package tandem.robot.guard;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.LogAck;

/**
 * The guard's own log: what it took, refused and did, numbered from 1 without gaps through
 * restarts, kept until it is in the twin's journal.
 *
 * <pre> record = length i32 | crc32c i32 | GuardLogRecord (protobuf), little-endian </pre>
 *
 * <p>A torn tail is cut off when the file is opened. Where the disk refuses, records stay in memory
 * and are written later. Records that nobody fetches are bounded: past {@link #MOST_WAITING} of
 * them refusals are no longer logged (counted in {@link #left}). Acknowledged records are thrown
 * away once the file has grown beyond {@link #COMPACT_BYTES}.
 *
 * <p>Two threads: one appends, reads and acknowledges, which never touches the disk; the other one
 * writes ({@link #flush}, {@link #sync}, {@link #close}).
 */
final class GuardLog implements AutoCloseable {
  static final String NAME = "guard.log";
  static final int MOST_WAITING = 10_000;
  private static final Set<String> DROPPABLE =
      Set.of("refused", "setpoint-refused", "keep-alive-refused", "foreign");
  private static final int HARD_BOUND = 20_000;
  private static final long COMPACT_BYTES = 4 << 20;
  private static final int HEADER_BYTES = 2 * Integer.BYTES;
  private static final int MAX_RECORD_BYTES = 64 << 10;

  private final Path path;
  private final Deque<GuardLogRecord> waiting = new ArrayDeque<>();
  private final Deque<GuardLogRecord> unwritten = new ArrayDeque<>();
  private final GuardStore.Force force;
  private FileChannel file;
  private long head;
  private long end;
  private boolean dirty;
  private long left;
  private boolean shrinks;
  private volatile long written;
  private volatile long syncs;
  private volatile String failure = "";

  private GuardLog(Path path, FileChannel file, GuardStore.Force force) {
    this.path = path;
    this.file = file;
    this.force = force;
  }

  /**
   * Opens or makes the file.
   *
   * @param acked records up to this number are in the journal already
   */
  static GuardLog open(Path directory, long acked) throws IOException {
    return open(directory, acked, GuardStore.Force.DATA);
  }

  static GuardLog open(Path directory, long acked, GuardStore.Force force) throws IOException {
    Path path = directory.resolve(NAME);
    if (!Files.exists(path)) {
      Files.createFile(
          path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      GuardStore.syncDirectory(directory);
    }
    FileChannel file = openFile(path);
    try {
      GuardLog log = new GuardLog(path, file, force);
      log.head = acked;
      log.recover(acked);
      return log;
    } catch (IOException | RuntimeException failed) {
      file.close();
      throw failed;
    }
  }

  private static FileChannel openFile(Path path) throws IOException {
    return FileChannel.open(path, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE));
  }

  private void recover(long acked) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    long at = 0;
    while (readFully(header.clear(), at)) {
      int length = header.getInt(0);
      if (length < 0 || length > MAX_RECORD_BYTES) {
        break;
      }
      ByteBuffer body = ByteBuffer.allocate(length);
      if (!readFully(body, at + HEADER_BYTES)
          || crc(body.array()) != header.getInt(Integer.BYTES)) {
        break;
      }
      GuardLogRecord record;
      try {
        record = GuardLogRecord.parseFrom(body.array());
      } catch (InvalidProtocolBufferException malformed) {
        break; // a record that cannot be read ends the log as a torn one does
      }
      if (record.getNumber() > acked) {
        waiting.add(record);
      }
      head = Math.max(head, record.getNumber());
      at += HEADER_BYTES + length;
    }
    end = at;
    written = head;
    if (file.size() > at) {
      file.truncate(at);
      file.force(false);
    }
  }

  private boolean readFully(ByteBuffer into, long at) throws IOException {
    while (into.hasRemaining()) {
      int count = file.read(into, at + into.position());
      if (count < 0) {
        return false;
      }
    }
    return true;
  }

  /** Number of the newest record; 0 before the first. */
  synchronized long head() {
    return head;
  }

  /** Refusals that were not logged because too many records wait. */
  synchronized long left() {
    return left;
  }

  /** Synced writes so far. */
  long syncs() {
    return syncs;
  }

  /** Number of the newest record in the file. */
  long written() {
    return written;
  }

  /** Why the file was not written last; empty when it was. */
  String failure() {
    return failure;
  }

  /** Gives the record the next number and appends it; null where it was left out. */
  synchronized GuardLogRecord append(GuardLogRecord.Builder record) {
    boolean droppable = DROPPABLE.contains(record.getKind());
    if (waiting.size() >= HARD_BOUND || droppable && waiting.size() >= MOST_WAITING) {
      left++;
      return null;
    }
    GuardLogRecord numbered = record.setNumber(++head).build();
    waiting.add(numbered);
    unwritten.add(numbered);
    return numbered;
  }

  private synchronized GuardLogRecord oldestUnwritten() {
    return unwritten.peek();
  }

  private synchronized void wrote(GuardLogRecord record) {
    unwritten.remove();
    written = record.getNumber();
  }

  /** Writes what was appended; false where the disk refuses. */
  boolean flush() {
    try {
      for (GuardLogRecord next = oldestUnwritten(); next != null; next = oldestUnwritten()) {
        end = write(next, end);
        dirty = true;
        wrote(next);
      }
      failure = "";
    } catch (IOException full) {
      failure = NAME + ": " + full.getMessage();
    }
    if (end > COMPACT_BYTES) {
      shrinks().ifPresent(this::compact);
    }
    return failure.isEmpty();
  }

  private long write(GuardLogRecord record, long from) throws IOException {
    byte[] body = record.toByteArray();
    ByteBuffer bytes =
        ByteBuffer.allocate(HEADER_BYTES + body.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(body.length).putInt(crc(body)).put(body).flip();
    long at = from;
    while (bytes.hasRemaining()) {
      at += file.write(bytes, at);
    }
    return at;
  }

  /** Makes what was appended survive a power cut; false where the disk refuses. */
  boolean sync() {
    flush();
    if (dirty) {
      try {
        force.force(file);
        syncs++;
        dirty = false;
      } catch (IOException refused) {
        failure = NAME + ": " + refused.getMessage();
      }
    }
    return failure.isEmpty();
  }

  /** The oldest records that are in the file, but not in the journal yet. */
  synchronized List<GuardLogRecord> waiting(int atMost) {
    List<GuardLogRecord> oldest = new ArrayList<>();
    Iterator<GuardLogRecord> records = waiting.iterator();
    while (oldest.size() < atMost && records.hasNext()) {
      GuardLogRecord next = records.next();
      if (next.getNumber() > written) {
        break;
      }
      oldest.add(next);
    }
    return oldest;
  }

  /** Whether the record that is acknowledged waits here; it may be one of another guard's log. */
  synchronized boolean holds(LogAck ack) {
    return holds(waiting, ack);
  }

  /** As the other, of these records in their order. */
  static boolean holds(Collection<GuardLogRecord> waiting, LogAck ack) {
    for (GuardLogRecord record : waiting) {
      if (record.getNumber() >= ack.getUpTo()) {
        return record.getNumber() == ack.getUpTo()
            && record.getToken().getBootId().equals(ack.getBootId());
      }
    }
    return false;
  }

  /** Records up to this number are in the journal. */
  synchronized void acked(long upTo) {
    while (!waiting.isEmpty() && waiting.peek().getNumber() <= upTo) {
      waiting.remove();
      shrinks = true;
    }
  }

  /** What of the file is still wanted; empty where all of it is. */
  private synchronized Optional<List<GuardLogRecord>> shrinks() {
    if (!shrinks || !unwritten.isEmpty()) {
      return Optional.empty();
    }
    shrinks = false;
    return Optional.of(List.copyOf(waiting));
  }

  /** Writes these records to a new file and puts it in the place of the old one. */
  private void compact(List<GuardLogRecord> kept) {
    Path next = path.resolveSibling(NAME + ".new");
    FileChannel old = file;
    long oldEnd = end;
    try {
      Files.deleteIfExists(next);
      Files.createFile(
          next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      file = openFile(next);
      end = 0;
      for (GuardLogRecord record : kept) {
        end = write(record, end);
      }
      file.force(true);
      Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException refused) {
      failure = NAME + ": not compacted: " + refused.getMessage();
      close(file == old ? null : file);
      file = old;
      end = oldEnd;
      return;
    }
    dirty = false;
    close(old);
    try {
      GuardStore.syncDirectory(path.toAbsolutePath().getParent());
    } catch (IOException refused) {
      failure = NAME + ": directory not synced: " + refused.getMessage();
    }
  }

  private void close(FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException refused) {
      failure = NAME + ": not closed: " + refused.getMessage();
    }
  }

  private static int crc(byte[] body) {
    CRC32C crc = new CRC32C();
    crc.update(body);
    return (int) crc.getValue();
  }

  @Override
  public void close() throws IOException {
    sync();
    file.close();
  }
}
