package tandem.deploy.drill;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tandem.proto.v1.GuardLogRecord;

/**
 * What the guard wrote into its own log, read from its state directory: past everything that a
 * drill breaks, also when the node is gone.
 */
final class GuardDiary {
  private static final int HEADER_BYTES = 2 * Integer.BYTES;

  /** Kinds that tell how a motion ended. */
  private static final Set<String> ENDS = Set.of("safe-behaviour", "cancelled", "finished");

  private final Path log;

  GuardDiary(Stage.Place place, String robot) {
    log = place.data().resolve("guards").resolve(robot).resolve("guard.log");
  }

  /** Number of the newest record on disk; 0 before the first. */
  long head() {
    var records = read();
    return records.isEmpty() ? 0 : records.getLast().getNumber();
  }

  /** How motions ended since a record, in order: the code, or the kind where there is none. */
  List<String> endsSince(long number) {
    return read().stream()
        .filter(one -> one.getNumber() > number && ENDS.contains(one.getKind()))
        .map(
            one ->
                one.getCode().isEmpty()
                    ? one.getKind()
                    : one.getCode().substring(one.getCode().lastIndexOf('.') + 1))
        .toList();
  }

  /** {@code length i32 | crc32c i32 | record}, little-endian; a torn tail is not there yet. */
  private List<GuardLogRecord> read() {
    try {
      var bytes = ByteBuffer.wrap(Files.readAllBytes(log)).order(ByteOrder.LITTLE_ENDIAN);
      var records = new ArrayList<GuardLogRecord>();
      while (bytes.remaining() >= HEADER_BYTES) {
        int length = bytes.getInt(bytes.position());
        if (length < 0 || bytes.remaining() - HEADER_BYTES < length) break;
        bytes.position(bytes.position() + HEADER_BYTES);
        records.add(GuardLogRecord.parseFrom(bytes.slice(bytes.position(), length)));
        bytes.position(bytes.position() + length);
      }
      return records;
    } catch (IOException e) {
      throw new UncheckedIOException("log of the guard, " + log + ": not read", e);
    }
  }
}
