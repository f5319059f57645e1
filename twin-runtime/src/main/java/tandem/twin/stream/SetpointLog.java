package tandem.twin.stream;

import java.util.function.BiConsumer;
import tandem.proto.codec.Json;
import tandem.proto.v1.Setpoint;
import tandem.twin.SampleReader;

/**
 * Records each setpoint of a held control before it goes to the guard, as the text of its JSON in
 * the stream {@code /ROBOT/tandem/setpoints}: durable with the recorder's next commit, within 100
 * ms (invariant I1), whichever way the guard takes to the robot. Not a sample of the robot: says
 * nothing about whether it is there. Thread-safe; never waits for a disk.
 */
public final class SetpointLog implements BiConsumer<String, Setpoint> {
  private static final String PUBLISHER = "tandem";

  private final Streams streams;
  private final SampleReader.Texts texts;

  public SetpointLog(Streams streams, SampleReader.Texts texts) {
    this.streams = streams;
    this.texts = texts;
  }

  /** Name of the stream. */
  public static String topic(String robot) {
    return "/" + robot + "/tandem/setpoints";
  }

  /**
   * @throws IllegalStateException where the robot has too many streams; nothing was recorded
   */
  @Override
  public void accept(String robot, Setpoint setpoint) {
    var stream =
        streams.open(
            new StreamDeclaration(
                robot,
                topic(robot),
                texts.type(),
                texts.typeHash(),
                texts.schemaText(),
                "of Tandem itself",
                "",
                false,
                true));
    long wall = System.currentTimeMillis() * 1_000_000L;
    stream.receive(
        new RawSample(
            texts.encode().apply(Json.print(setpoint)),
            PUBLISHER,
            -1,
            -1,
            System.nanoTime(),
            wall,
            true));
  }
}
