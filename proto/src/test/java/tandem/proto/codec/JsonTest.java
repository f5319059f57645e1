package tandem.proto.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import tandem.proto.v1.CommandRequest;
import tandem.proto.v1.CommandView;
import tandem.proto.v1.LeaseView;
import tandem.proto.v1.StreamView;
import tandem.proto.v1.Vector3View;

class JsonTest {
  @Test
  void shouldPrintAnUnsetOptionalFieldAsNull() {
    assertThat(Json.print(LeaseView.newBuilder().setPart("body").setTerm(1).build()))
        .isEqualTo(
            "{\"holder\":null,\"part\":\"body\",\"term\":1,\"epoch\":0,\"guardTerm\":null,"
                + "\"guardEpoch\":null,\"guardSeenMs\":null,\"expiresInMs\":null,"
                + "\"parts\":[],\"wishes\":[],\"guardToken\":null}");
  }

  @Test
  void shouldPrintAMapAsAnObjectAndA64BitIntegerAsANumber() {
    var view = StreamView.newBuilder().setOffered(1L << 62).putDroppedBy("recorder", 3).build();

    assertThat(Json.print(view))
        .contains("\"offered\":4611686018427387904,")
        .contains("\"droppedBy\":{\"recorder\":3}");
  }

  @Test
  void shouldLeaveOutTheMembersOfAOneofThatAreNotSet() {
    assertThat(Json.print(CommandRequest.newBuilder().setRobot("ada").build()))
        .isEqualTo("{\"robot\":\"ada\",\"by\":\"\",\"expiresSeconds\":0.0,\"token\":null}");
  }

  @Test
  void shouldReadWhatItPrints() {
    var json =
        "{\"robot\":\"ada\",\"by\":\"me\",\"expiresSeconds\":2,\"joint\":{\"targets\":"
            + "[{\"joint\":\"left_elbow\",\"positionRad\":-0.5}],\"durationSeconds\":1.5}}";

    var request = Json.parse(json, CommandRequest.newBuilder()).build();

    assertThat(request.getJoint().getTargets(0).getPositionRad()).isEqualTo(-0.5);
    assertThat(Json.parse(Json.print(request), CommandRequest.newBuilder()).build())
        .isEqualTo(request);
  }

  @Test
  void shouldReadANullNumberAsNaNAndNotAsZero() {
    var read =
        Json.parse(
            "{\"joint\":{\"targets\":[{\"joint\":\"left_elbow\",\"positionRad\":null}]}}",
            CommandRequest.newBuilder());

    assertThat(read.getJoint().getTargets(0).getPositionRad()).isNaN();
    assertThat(Json.parse("{\"guardSeenMs\":null}", LeaseView.newBuilder()).hasGuardSeenMs())
        .isFalse();
  }

  @Test
  void shouldNameTheFieldThatIsUnknownOrOfTheWrongType() {
    assertThatThrownBy(() -> Json.parse("{\"robots\":1}", CommandRequest.newBuilder()))
        .hasMessage("JSON: unknown field 'robots' in CommandRequest");
    assertThatThrownBy(
            () ->
                Json.parse(
                    "{\"joint\":{\"targets\":[{\"positionRad\":\"x\"}]}}",
                    CommandRequest.newBuilder()))
        .hasMessage("JSON: field 'joint.targets[0].positionRad': expected a number, found x");
    assertThatThrownBy(() -> Json.parse("{\"x\":1e999}", Vector3View.newBuilder()))
        .hasMessageContaining("expected a finite number");
    assertThatThrownBy(() -> Json.parse("{\"joint\":{},\"reach\":{}}", CommandRequest.newBuilder()))
        .hasMessageContaining("only one of goal");
  }

  @Test
  void shouldRefuseDeepNestingWithoutOverflowingTheStack() {
    assertThatThrownBy(() -> Json.parse("[".repeat(100_000)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("64 levels");
  }

  @Property
  void shouldReadAnyTextItPrints(@ForAll String text, @ForAll double number) {
    var view =
        CommandView.newBuilder()
            .setId(
                text.codePoints()
                    .filter(c -> !lone(c))
                    .collect(
                        StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString())
            .setAcceptToGuardMs(Double.isFinite(number) ? number : 0)
            .build();

    assertThat(Json.parse(Json.print(view), CommandView.newBuilder()).build()).isEqualTo(view);
  }

  @Property
  void shouldRefuseNoiseWithAMessage(@ForAll String noise) {
    try {
      Json.parse(noise);
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageStartingWith("JSON: expected");
    }
  }

  private static boolean lone(int c) {
    return c >= 0xD800 && c <= 0xDFFF;
  }
}
