package tandem.cloud.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tandem.twin.Refused;

class RequestsTest {
  @Test
  void shouldReadAJointCommand() {
    var request =
        Requests.command(
            "ada",
            """
            {"by": "eve", "expiresSeconds": 2,
             "joint": {"targets": [{"joint": "left_elbow", "positionRad": 0.5}], "durationSeconds": 1}}
            """);

    assertThat(request.getRobot()).isEqualTo("ada");
    assertThat(request.getJoint().getTargets(0).getPositionRad()).isEqualTo(0.5);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{`|malformed",
        "{}|by",
        "{\"by\":\"e\"}|goal",
        "{\"by\":\"e\",\"joint\":{\"targets\":[],\"durationSeconds\":1}}|joint.targets",
        "{\"by\":\"e\",\"joint\":{\"targets\":[{\"joint\":\"a\",\"positionRad\":NaN}],\"durationSeconds\":1}}|malformed",
        "{\"by\":\"e\",\"joint\":{\"targets\":[{\"joint\":\"a\",\"positionRad\":1e999}],\"durationSeconds\":1}}|positionRad",
        "{\"by\":\"e\",\"joint\":{\"targets\":[{\"joint\":\"a\",\"positionRad\":5000}],\"durationSeconds\":1}}|positionRad",
        "{\"by\":\"e\",\"joint\":{\"targets\":[{\"joint\":\"a\",\"positionRad\":1},{\"joint\":\"a\",\"positionRad\":2}],\"durationSeconds\":1}}|once",
        "{\"by\":\"e\",\"joint\":{\"targets\":[{\"joint\":\"a\",\"positionRad\":1}],\"durationSeconds\":0}}|durationSeconds",
        "{\"by\":\"e\",\"joint\":{\"targets\":[{\"joint\":\"a\",\"positionRad\":1}],\"durationSeconds\":1},\"force\":true}|force",
        "{\"by\":\"e\",\"robot\":\"bob\",\"joint\":{\"targets\":[{\"joint\":\"a\",\"positionRad\":1}],\"durationSeconds\":1}}|robot",
        "{\"by\":\"e\",\"expiresSeconds\":-1,\"joint\":{\"targets\":[{\"joint\":\"a\",\"positionRad\":1}],\"durationSeconds\":1}}|expiresSeconds",
        "{\"by\":\"e\",\"reach\":{\"tip\":\"left_hand\",\"durationSeconds\":1}}|reach.pose",
        "{\"by\":\"e\",\"reach\":{\"tip\":\"left_hand\",\"pose\":{\"xMeters\":1000},\"durationSeconds\":1}}|coordinates",
        "{\"by\":\"e\",\"reach\":{\"tip\":\"left_hand\",\"withOrientation\":true,\"pose\":{\"qw\":3},\"durationSeconds\":1}}|quaternion",
        "{\"by\":\"e\",\"navigate\":{\"xMeters\":2000,\"withinSeconds\":9}}|coordinates",
        "{\"by\":\"e\",\"navigate\":{\"yMeters\":-1e999,\"withinSeconds\":9}}|navigate.yMeters",
        "{\"by\":\"e\",\"navigate\":{\"yawRad\":7,\"withinSeconds\":9}}|navigate.yawRad",
        "{\"by\":\"e\",\"navigate\":{\"xMeters\":1}}|navigate.withinSeconds",
        "{\"by\":\"e\",\"navigate\":{\"xMeters\":1,\"withinSeconds\":601}}|navigate.withinSeconds",
        "{\"by\":\"e\",\"navigate\":{\"frame\":\"a\\nb\",\"withinSeconds\":9}}|navigate.frame",
      })
  void shouldNameTheFieldOfACommandThatCannotBeMeant(String json, String named) {
    assertThatThrownBy(() -> Requests.command("ada", json))
        .isInstanceOf(Refused.class)
        .satisfies(e -> assertThat(((Refused) e).code()).startsWith("tandem.request."))
        .satisfies(e -> assertThat(((Refused) e).code() + e.getMessage()).contains(named))
        .hasMessageContaining("not passed on");
  }

  @Test
  void shouldReadANavigationAndLeaveItsFrameToTheTwin() {
    var read =
        Requests.command(
            "ada",
            "{\"by\":\"e\",\"navigate\":{\"xMeters\":1.5,\"yMeters\":-2,\"yawRad\":0.5,\"withinSeconds\":60}}");

    assertThat(read.getNavigate().getXMeters()).isEqualTo(1.5);
    assertThat(read.getNavigate().getYMeters()).isEqualTo(-2);
    assertThat(read.getNavigate().getYawRad()).isEqualTo(0.5);
    assertThat(read.getNavigate().getWithinSeconds()).isEqualTo(60);
    assertThat(read.getNavigate().getFrame()).isEmpty();
  }

  @Test
  void shouldTakeAnEmptyBodyAsAStopAndNeedAReasonForItsRelease() {
    assertThat(Requests.stop("ada", "").getRelease()).isFalse();
    assertThat(Requests.stop("ada", "{\"by\":\"eve\"}").getBy()).isEqualTo("eve");
    assertThat(Requests.stop("ada", "{\"requestId\":\"page.7\"}").getRequestId())
        .isEqualTo("page.7");
    assertThatThrownBy(
            () -> Requests.stop("ada", "{\"requestId\":\"%s\"}".formatted("x".repeat(65))))
        .hasMessageContaining("requestId");
    assertThatThrownBy(() -> Requests.stop("ada", "{\"by\":\"eve\",\"release\":true}"))
        .hasMessageContaining("stop not released");
    assertThatThrownBy(() -> Requests.stop("ada", "{\"release\":true,\"reason\":\"clear\"}"))
        .hasMessageContaining("by: expected");
  }

  @Test
  void shouldNeedAReasonToTakeALease() {
    assertThatThrownBy(() -> Requests.lease("ada", "{\"action\":\"take\",\"by\":\"eve\"}"))
        .hasMessageContaining("lease not taken");
    assertThatThrownBy(() -> Requests.lease("ada", "{\"action\":\"grab\",\"by\":\"eve\"}"))
        .hasMessageContaining("found grab");
  }

  @Property
  void shouldRefuseNoiseWithACodeAndNothingElse(@ForAll String noise) {
    try {
      Requests.command("ada", noise);
    } catch (Refused refused) {
      assertThat(refused.code()).startsWith("tandem.request.");
    }
  }
}
