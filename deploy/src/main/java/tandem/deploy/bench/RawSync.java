package tandem.deploy.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * What the disk by itself takes for a record that is written and synced: over the same bytes of one
 * file, so that no block is added, as the guard writes its state. For one thread.
 */
final class RawSync implements AutoCloseable {
  private static final int RECORD_BYTES = 200; // about an event
  private final FileChannel file;
  private final List<Double> millis = new ArrayList<>();

  /** Makes the file. */
  RawSync(Path directory) throws IOException {
    file =
        FileChannel.open(
            directory.resolve("raw-sync"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    write();
    file.force(true);
  }

  private void write() throws IOException {
    var record = ByteBuffer.allocate(RECORD_BYTES).putLong(0, millis.size());
    for (long at = 0; record.hasRemaining(); ) at += file.write(record, at);
  }

  void once() {
    long begin = System.nanoTime();
    try {
      write();
      file.force(false);
    } catch (IOException e) {
      throw new UncheckedIOException("raw sync beside the journal: not written", e);
    }
    millis.add((System.nanoTime() - begin) / 1e6);
  }

  /** What each took. */
  List<Double> millis() {
    return List.copyOf(millis);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
