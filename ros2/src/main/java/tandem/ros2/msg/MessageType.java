package tandem.ros2.msg;

import java.util.function.BiConsumer;
import java.util.function.Function;
import tandem.ros2.TypeHash;
import tandem.ros2.TypeName;
import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;
import tandem.ros2.idl.InterfaceRegistry;
import tandem.ros2.idl.SchemaText;

/**
 * A ROS type that has a record: its name, hash and codec. Thread-safe.
 *
 * @param <T> the record
 */
public final class MessageType<T> {
  private final TypeName name;
  private final Function<CdrReader, T> read;
  private final BiConsumer<CdrWriter, T> write;

  MessageType(String name, Function<CdrReader, T> read, BiConsumer<CdrWriter, T> write) {
    this.name = TypeName.parse(name);
    this.read = read;
    this.write = write;
  }

  public TypeName name() {
    return name;
  }

  /** RIHS01 of the bundled definition. */
  public TypeHash hash() {
    return InterfaceRegistry.bundled().hash(name);
  }

  /** {@code ros2msg} schema of the bundled definition. */
  public String schema() {
    return SchemaText.of(InterfaceRegistry.bundled(), name);
  }

  /** Reads where the reader stands. */
  public T read(CdrReader in) {
    return read.apply(in);
  }

  /** Writes where the writer stands. */
  public void write(CdrWriter out, T message) {
    write.accept(out, message);
  }

  /** Reads a message with its 4-byte header; the record may refer to the bytes. */
  public T decode(byte[] cdr) {
    return read.apply(new CdrReader(cdr));
  }

  /** Writes a message with its 4-byte header, little-endian. */
  public byte[] encode(T message) {
    CdrWriter out = new CdrWriter();
    write.accept(out, message);
    return out.toBytes();
  }

  @Override
  public String toString() {
    return name.toString();
  }
}
