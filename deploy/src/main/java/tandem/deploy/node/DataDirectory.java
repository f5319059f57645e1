package tandem.deploy.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A node's data directory, held while the node lives: two nodes on one journal would each believe
 * to be its only writer. The lock is the operating system's, so kill -9 lets go of it.
 */
public final class DataDirectory implements AutoCloseable {
  private final Path path;
  private final FileChannel channel;
  private final FileLock lock;

  private DataDirectory(Path path, FileChannel channel, FileLock lock) {
    this.path = path;
    this.channel = channel;
    this.lock = lock;
  }

  /** Where a node keeps its data if nobody says. */
  public static Path byDefault() {
    return Path.of(System.getProperty("user.home"), ".local", "share", "tandem");
  }

  /**
   * @throws IllegalStateException where another process holds it; nothing was opened then
   */
  public static DataDirectory open(Path path) {
    try {
      Files.createDirectories(path);
      var channel =
          FileChannel.open(
              path.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock;
      try {
        lock = channel.tryLock();
      } catch (OverlappingFileLockException e) {
        lock = null;
      }
      if (lock == null) {
        channel.close();
        throw new IllegalStateException(
            "data directory %s is in use by another node; nothing was opened (--data names another)"
                .formatted(path));
      }
      return new DataDirectory(path, channel, lock);
    } catch (IOException e) {
      throw new UncheckedIOException("data directory " + path + " cannot be used", e);
    }
  }

  public Path path() {
    return path;
  }

  @Override
  public void close() throws IOException {
    lock.release();
    channel.close();
  }
}
