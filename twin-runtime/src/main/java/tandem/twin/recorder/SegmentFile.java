package tandem.twin.recorder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import tandem.twin.recorder.mcap.ByteSink;

/**
 * A file that grows by whole appends and knows the SHA-256 of all of it. {@link #append} belongs to
 * one thread; {@link #sync} may be called by another.
 */
final class SegmentFile implements ByteSink, AutoCloseable {
  private final FileChannel channel;
  private final MessageDigest digest;
  private volatile long size;

  /** Makes the file; refuses to write into one that is there. */
  SegmentFile(Path path) throws IOException {
    channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    digest = sha256();
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException everyJdkHasIt) {
      throw new IllegalStateException(everyJdkHasIt);
    }
  }

  @Override
  public void append(ByteBuffer... buffers) throws IOException {
    var left = new ByteBuffer[buffers.length];
    long bytes = 0;
    for (int i = 0; i < buffers.length; i++) {
      left[i] = buffers[i].duplicate();
      bytes += left[i].remaining();
    }
    try {
      channel.position(size);
      for (long written = 0; written < bytes; ) {
        written += channel.write(left);
      }
    } catch (IOException refused) {
      try {
        channel.truncate(size);
      } catch (IOException notCut) { // the next append writes over it
        refused.addSuppressed(notCut);
      }
      throw refused;
    }
    for (var buffer : buffers) {
      digest.update(buffer.duplicate());
    }
    size += bytes;
  }

  /** Bytes appended so far. */
  long size() {
    return size;
  }

  void sync() throws IOException {
    channel.force(false);
  }

  /** Of all of the file; to be asked once, after the last append. */
  byte[] hash() {
    return digest.digest();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
