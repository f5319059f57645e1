package tandem.twin.recorder.mcap;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Where a writer's bytes go. */
@FunctionalInterface
public interface ByteSink {
  /**
   * Appends all bytes of all buffers, or none: after an exception the sink is as it was before and
   * the same bytes may be offered again.
   *
   * @param buffers positions are not changed
   */
  void append(ByteBuffer... buffers) throws IOException;
}
