package tandem.robot.guard;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;
import tandem.proto.v1.GuardMemory;

/**
 * The guard's state file: two slots of fixed size, written in turn, so that a torn write leaves the
 * other one, and a full disk does not matter, since no block is ever added after the first start.
 *
 * <pre>
 *   slot 0 at byte 0, slot 1 at byte 8192, each:
 *   byte 0       4        8            16       20      24
 *        +-------+--------+------------+--------+-------+------------
 *        | magic | layout | generation | length | crc   | GuardMemory
 *        | i32   | i32    | i64        | i32    | i32   | protobuf
 *        +-------+--------+------------+--------+-------+------------
 * </pre>
 *
 * Little-endian. The CRC-32C covers generation, length and payload. The slot with the higher
 * generation is valid; the next write goes to the other. {@link #write} returns after the bytes are
 * synced. Not thread-safe.
 *
 * <p>A slot that is neither whole nor empty was torn by a power cut, or has come to harm after its
 * write was acknowledged: that cannot be told apart, so the other slot is told as what is known,
 * not as what is in force.
 */
final class GuardStore implements AutoCloseable {
  static final String NAME = "guard.state";
  static final int SLOT_BYTES = 8192;
  private static final int MAGIC = 0x4447_4e54;
  private static final int LAYOUT = 1;
  private static final int LAYOUT_OFFSET = Integer.BYTES;
  private static final int GENERATION_OFFSET = LAYOUT_OFFSET + Integer.BYTES;
  private static final int LENGTH_OFFSET = GENERATION_OFFSET + Long.BYTES;
  private static final int CRC_OFFSET = LENGTH_OFFSET + Integer.BYTES;
  private static final int PAYLOAD_OFFSET = CRC_OFFSET + Integer.BYTES;
  static final int MAX_PAYLOAD_BYTES = SLOT_BYTES - PAYLOAD_OFFSET;

  /** How bytes that were written survive a power cut. */
  interface Force {
    Force DATA = file -> file.force(false);

    void force(FileChannel file) throws IOException;
  }

  private final FileChannel file;
  private final Path path;
  private final Force force;
  private long generation;
  private volatile long syncs;

  /** What is found in a slot. */
  private sealed interface Slot {
    /** Nothing was ever written to it. */
    record Empty() implements Slot {}

    record Damaged(String what) implements Slot {}

    record Whole(long generation, GuardMemory memory) implements Slot {}
  }

  private record Slots(Slot first, Slot second) {
    /** Of the whole ones the newer; null where there is none. */
    Slot.Whole newest() {
      return switch (first) {
        case Slot.Whole one when second instanceof Slot.Whole other ->
            other.generation() > one.generation() ? other : one;
        case Slot.Whole one -> one;
        default -> second instanceof Slot.Whole other ? other : null;
      };
    }

    /** What speaks against the newest whole slot being the newest one; empty where nothing does. */
    String damage() {
      Slot.Whole newest = newest();
      StringBuilder damage = new StringBuilder();
      for (int i = 0; i < 2; i++) {
        String what =
            switch (i == 0 ? first : second) {
              case Slot.Damaged(var found) -> found;
              case Slot.Empty empty when newest != null && newest.generation() > 1 ->
                  "empty, though generation %d is not the first".formatted(newest.generation());
              case Slot.Empty empty -> "";
              case Slot.Whole whole -> "";
            };
        if (!what.isEmpty()) {
          damage.append(damage.isEmpty() ? "" : "; ");
          damage.append("slot %d of %s: %s".formatted(i, NAME, what));
        }
      }
      return damage.toString();
    }
  }

  /**
   * What was found.
   *
   * @param memory empty where the file has no whole slot
   * @param why not, or what else the file does not tell: the other slot is damaged, and nobody
   *     knows whether by a write that was torn or after one that was acknowledged; empty where all
   *     is in order
   */
  record Opened(GuardStore store, Optional<GuardMemory> memory, String why) {}

  private GuardStore(FileChannel file, Path path, Force force, long generation) {
    this.file = file;
    this.path = path;
    this.force = force;
    this.generation = generation;
  }

  /** Opens the file, or makes it, mode 600, with room for both slots on disk. */
  static Opened open(Path directory) throws IOException {
    return open(directory, Force.DATA);
  }

  static Opened open(Path directory, Force force) throws IOException {
    Path path = directory.resolve(NAME);
    boolean existed = Files.exists(path);
    if (!existed) {
      Files.createFile(
          path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    FileChannel file =
        FileChannel.open(path, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE));
    try {
      Slots slots = slots(file);
      Slot.Whole newest = slots.newest();
      if (file.size() < 2L * SLOT_BYTES) {
        ByteBuffer zeros = ByteBuffer.allocate((int) (2L * SLOT_BYTES - file.size()));
        long at = file.size();
        while (zeros.hasRemaining()) {
          at += file.write(zeros, at);
        }
        file.force(true);
        syncDirectory(directory);
      }
      String damage = slots.damage();
      String why = existed ? "no whole slot in " + NAME : NAME + " is not there";
      if (newest != null) {
        why = damage;
      } else if (!damage.isEmpty()) {
        why += " (" + damage + ")";
      }
      return new Opened(
          new GuardStore(file, path, force, newest == null ? 0 : newest.generation()),
          Optional.ofNullable(newest).map(Slot.Whole::memory),
          why);
    } catch (IOException | RuntimeException failed) {
      file.close();
      throw failed;
    }
  }

  /** What is kept in a directory, without touching it; empty where nothing whole is. */
  static Optional<GuardMemory> peek(Path directory) throws IOException {
    Path path = directory.resolve(NAME);
    if (!Files.isRegularFile(path)) {
      return Optional.empty();
    }
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      return Optional.ofNullable(slots(file).newest()).map(Slot.Whole::memory);
    }
  }

  private static Slots slots(FileChannel file) throws IOException {
    return new Slots(read(file, 0), read(file, 1));
  }

  private static Slot read(FileChannel file, int slot) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(SLOT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    long at = (long) slot * SLOT_BYTES;
    while (bytes.hasRemaining()) {
      int count = file.read(bytes, at + bytes.position());
      if (count < 0) {
        break;
      }
    }
    int found = bytes.position();
    if (Arrays.equals(bytes.array(), new byte[SLOT_BYTES])) {
      return new Slot.Empty();
    }
    if (found < PAYLOAD_OFFSET) {
      return damaged("bytes", "at least " + PAYLOAD_OFFSET, found);
    }
    if (bytes.getInt(0) != MAGIC) {
      return damaged("magic", hex(MAGIC), hex(bytes.getInt(0)));
    }
    if (bytes.getInt(LAYOUT_OFFSET) != LAYOUT) {
      return damaged("layout", LAYOUT, bytes.getInt(LAYOUT_OFFSET));
    }
    int length = bytes.getInt(LENGTH_OFFSET);
    if (length < 0 || length > found - PAYLOAD_OFFSET) {
      return damaged("length", "0.." + (found - PAYLOAD_OFFSET), length);
    }
    int crc = crc(bytes.array(), length);
    if (bytes.getInt(CRC_OFFSET) != crc) {
      return damaged("crc", hex(crc), hex(bytes.getInt(CRC_OFFSET)));
    }
    try {
      return new Slot.Whole(
          bytes.getLong(GENERATION_OFFSET),
          GuardMemory.parseFrom(ByteBuffer.wrap(bytes.array(), PAYLOAD_OFFSET, length)));
    } catch (InvalidProtocolBufferException malformed) {
      return new Slot.Damaged("payload: " + malformed.getMessage());
    }
  }

  private static Slot damaged(String what, Object expected, Object found) {
    return new Slot.Damaged("%s: expected %s, found %s".formatted(what, expected, found));
  }

  private static String hex(int value) {
    return "%08x".formatted(value);
  }

  /**
   * Writes to the slot that is not the newest, and syncs. After a failure the newest still counts.
   */
  void write(GuardMemory memory) throws IOException {
    byte[] payload = memory.toByteArray();
    if (payload.length > MAX_PAYLOAD_BYTES) {
      throw new IOException(
          "%s: state: expected at most %d bytes, found %d; not written"
              .formatted(path, MAX_PAYLOAD_BYTES, payload.length));
    }
    ByteBuffer bytes = ByteBuffer.allocate(SLOT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(0, MAGIC).putInt(LAYOUT_OFFSET, LAYOUT);
    bytes.putLong(GENERATION_OFFSET, generation + 1).putInt(LENGTH_OFFSET, payload.length);
    bytes.put(PAYLOAD_OFFSET, payload);
    bytes.putInt(CRC_OFFSET, crc(bytes.array(), payload.length));
    long at = ((generation + 1) & 1) * SLOT_BYTES;
    while (bytes.hasRemaining()) {
      at += file.write(bytes, at);
    }
    force.force(file);
    syncs++;
    generation++;
  }

  /** Synced writes so far. */
  long syncs() {
    return syncs;
  }

  private static int crc(byte[] slot, int payloadLength) {
    CRC32C crc = new CRC32C();
    crc.update(slot, GENERATION_OFFSET, CRC_OFFSET - GENERATION_OFFSET);
    crc.update(slot, PAYLOAD_OFFSET, payloadLength);
    return (int) crc.getValue();
  }

  /** Makes names that were added to a directory survive a power cut. */
  static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
