package tandem.twin.recorder.mcap;

import java.io.IOException;

/** Bytes that are not what an MCAP file has at that place: names record, field, expected, found. */
public class McapException extends IOException {
  private final transient long offset;

  McapException(String what, long offset) {
    super(what + " at byte " + offset);
    this.offset = offset;
  }

  McapException(String what, long offset, Throwable cause) {
    super(what + " at byte " + offset, cause);
    this.offset = offset;
  }

  /** Of the record (its opcode byte) in the file. */
  public long offset() {
    return offset;
  }
}
