package tandem.twin.recorder;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import tandem.proto.event.Event;

/**
 * Which data directory a segment lies in: each has an id of its own, {@code DATA/recorder-id}, made
 * when it first records and never changed. Nodes of a site write into one journal; this tells whose
 * disk holds what it names.
 */
public final class RecorderId {
  private static final String FILE = "recorder-id";

  /**
   * The id; made where there is none.
   *
   * @throws UncheckedIOException where it cannot be read or made: nothing is recorded then
   */
  static String of(Path data) {
    String known = at(data);
    if (!known.isEmpty()) return known;
    String id = UUID.randomUUID().toString();
    Path made = data.resolve(FILE + ".new");
    try {
      Files.createDirectories(data);
      try (var file =
          FileChannel.open(
              made,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING)) {
        var text = ByteBuffer.wrap((id + "\n").getBytes(StandardCharsets.US_ASCII));
        while (text.hasRemaining()) file.write(text);
        file.force(true);
      }
      Files.move(made, data.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "%s: the recorder's id could not be written: %s; nothing is recorded"
              .formatted(data.resolve(FILE), e.getMessage()),
          e);
    }
    return id;
  }

  /**
   * The id, or an empty string where nothing was recorded yet.
   *
   * @throws UncheckedIOException where it is there and cannot be read
   */
  public static String at(Path data) {
    try {
      return Files.readString(data.resolve(FILE), StandardCharsets.US_ASCII).strip();
    } catch (NoSuchFileException none) {
      return "";
    } catch (IOException e) {
      throw new UncheckedIOException(
          "%s: expected the recorder's id: %s".formatted(data.resolve(FILE), e.getMessage()), e);
    }
  }

  /** Whether that recorder opened it, or it is from before recorders had ids. */
  public static boolean isOf(Event.SegmentOpened opened, String recorder) {
    return opened.recorder().isEmpty() || opened.recorder().equals(recorder);
  }

  private RecorderId() {}
}
