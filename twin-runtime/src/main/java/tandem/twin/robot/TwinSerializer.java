package tandem.twin.robot;

import akka.serialization.SerializerWithStringManifest;
import java.io.NotSerializableException;
import tandem.proto.codec.SealedEvent;

/**
 * Events and states for Akka, where they leave the journal's own tables (other nodes, tests). The
 * bytes are those of {@code event.proto}; no class name is stored.
 */
public final class TwinSerializer extends SerializerWithStringManifest {
  private static final String EVENT = "sealed/1";
  private static final String STATE = "image/1";

  @Override
  public int identifier() {
    return 7_300_501;
  }

  @Override
  public String manifest(Object object) {
    return switch (object) {
      case SealedEvent e -> EVENT;
      case TwinState s -> STATE;
      default ->
          throw new IllegalArgumentException(
              "expected SealedEvent or TwinState, found " + object.getClass().getName());
    };
  }

  @Override
  public byte[] toBinary(Object object) {
    return switch (object) {
      case SealedEvent e -> e.toBytes();
      case TwinState s -> TwinImages.toBytes(s);
      default ->
          throw new IllegalArgumentException(
              "expected SealedEvent or TwinState, found " + object.getClass().getName());
    };
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
    return switch (manifest) {
      case EVENT -> SealedEvent.fromBytes(bytes);
      case STATE -> TwinImages.fromBytes(bytes);
      default ->
          throw new NotSerializableException(
              "manifest: expected %s or %s, found %s".formatted(EVENT, STATE, manifest));
    };
  }
}
