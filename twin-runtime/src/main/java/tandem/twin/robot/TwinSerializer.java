package tandem.twin.robot;

import akka.actor.ExtendedActorSystem;
import akka.actor.typed.ActorRefResolver;
import akka.serialization.SerializerWithStringManifest;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.NotSerializableException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import tandem.proto.codec.SealedEvent;
import tandem.proto.v1.NodeAnswer;
import tandem.proto.v1.NodeQuestion;

/**
 * Events, states, and what nodes of a site say to each other, for Akka, where they leave the
 * journal's own tables (other nodes, tests). The bytes are those of {@code event.proto} and {@code
 * site.proto}; no class name is stored.
 *
 * <pre>
 *   question = u16 length of the asker's address | address, UTF-8 | NodeQuestion
 * </pre>
 */
public final class TwinSerializer extends SerializerWithStringManifest {
  private static final String EVENT = "sealed/1";
  private static final String STATE = "image/1";
  private static final String WAKE = "wake/1";
  private static final String QUESTION = "question/1";
  private static final String ANSWER = "answer/1";

  private final ExtendedActorSystem system;

  /** Akka makes one of these with the first part of the actor system in which it works. */
  public TwinSerializer(ExtendedActorSystem system) {
    this.system = system;
  }

  @Override
  public int identifier() {
    return 7_300_501;
  }

  @Override
  public String manifest(Object object) {
    return switch (object) {
      case SealedEvent e -> EVENT;
      case TwinState s -> STATE;
      case RobotTwin.Wake w -> WAKE;
      case RobotTwin.Serve s -> QUESTION;
      case NodeAnswer a -> ANSWER;
      default -> throw unexpected(object);
    };
  }

  @Override
  public byte[] toBinary(Object object) {
    return switch (object) {
      case SealedEvent e -> e.toBytes();
      case TwinState s -> TwinImages.toBytes(s);
      case RobotTwin.Wake w -> new byte[0];
      case RobotTwin.Serve(var question, var replyTo) -> {
        byte[] address = resolver().toSerializationFormat(replyTo).getBytes(StandardCharsets.UTF_8);
        byte[] asked = question.toByteArray();
        yield ByteBuffer.allocate(2 + address.length + asked.length)
            .putShort((short) address.length)
            .put(address)
            .put(asked)
            .array();
      }
      case NodeAnswer a -> a.toByteArray();
      default -> throw unexpected(object);
    };
  }

  private ActorRefResolver resolver() {
    return ActorRefResolver.get(akka.actor.typed.javadsl.Adapter.toTyped(system));
  }

  private static IllegalArgumentException unexpected(Object object) {
    return new IllegalArgumentException(
        "expected SealedEvent, TwinState, Wake, Serve or NodeAnswer, found "
            + object.getClass().getName());
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
    try {
      return switch (manifest) {
        case EVENT -> SealedEvent.fromBytes(bytes);
        case STATE -> TwinImages.fromBytes(bytes);
        case WAKE -> new RobotTwin.Wake();
        case QUESTION -> question(ByteBuffer.wrap(bytes));
        case ANSWER -> NodeAnswer.parseFrom(bytes);
        default ->
            throw new NotSerializableException(
                "manifest: expected one of %s, %s, %s, %s, %s, found %s"
                    .formatted(EVENT, STATE, WAKE, QUESTION, ANSWER, manifest));
      };
    } catch (InvalidProtocolBufferException e) {
      throw new NotSerializableException(manifest + ": " + e.getMessage());
    }
  }

  private RobotTwin.Serve question(ByteBuffer bytes)
      throws InvalidProtocolBufferException, NotSerializableException {
    int length = bytes.remaining() < 2 ? -1 : bytes.getShort() & 0xffff;
    if (length < 0 || length > bytes.remaining()) {
      throw new NotSerializableException(
          "%s: expected the length of an address and the address, found %d bytes"
              .formatted(QUESTION, bytes.capacity()));
    }
    byte[] address = new byte[length];
    bytes.get(address);
    return new RobotTwin.Serve(
        NodeQuestion.parseFrom(bytes),
        resolver().resolveActorRef(new String(address, StandardCharsets.UTF_8)));
  }
}
