package tandem.deploy.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tandem.ros2.Qos;
import tandem.ros2.cdr.Float64s;
import tandem.ros2.msg.DiagnosticArray;
import tandem.ros2.msg.DiagnosticStatus;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.JointState;
import tandem.ros2.msg.KeyValue;
import tandem.ros2.msg.Time;
import tandem.ros2.node.Ros2Node;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

class WitnessTest {
  private static final Header NOW = new Header(Time.ZERO, "");
  private static final Duration WITHIN = Duration.ofSeconds(20);

  private Stage stage;
  private Witness witness;
  private Session session;
  private Ros2Node robot;

  @BeforeEach
  void listen() throws Exception {
    stage = new Stage(1, true);
    witness = stage.keep(new Witness("ada"));
    session = stage.keep(Session.open(SessionConfig.to(witness.endpoint())));
    robot = stage.keep(new Ros2Node(session, 0, "/ada", "robot"));
  }

  @AfterEach
  void end() throws Exception {
    stage.close();
  }

  @Test
  void shouldNotTakeAnArmForStillOfWhichAnotherJointMoves() {
    witness.watch("elbow", List.of("elbow", "wrist"), 0.05);

    seen(0, -0.2, 0.2);
    seen(0, 0, 0);
  }

  @Test
  void shouldNotTakeAJointForStillThatIsNotTold() {
    witness.watch("elbow", List.of("elbow", "shoulder"), 0.05);

    seen(0, 0, Double.POSITIVE_INFINITY);
    assertThat(witness.angle("elbow")).isEqualTo(1);
  }

  /** Elbow and wrist turn so fast, and that is the fastest of all that is seen. */
  private void seen(double elbow, double wrist, double fastest) {
    var joints = robot.publisher("/ada/joint_states", JointState.TYPE, Qos.reliable(10));
    var state =
        new JointState(
            NOW,
            List.of("elbow", "wrist"),
            Float64s.of(1, 2),
            Float64s.of(elbow, wrist),
            Float64s.EMPTY);
    stage.await(
        "the fastest joint to be seen with %s rad/s".formatted(fastest),
        WITHIN,
        () -> {
          joints.publish(state);
          return !Double.isNaN(witness.angle("elbow")) && witness.fastestJoint() == fastest;
        });
    joints.close();
  }

  @Test
  void shouldNotTakeARobotThatTellsNothingForOneWithoutFalls() {
    assertThatIllegalStateException()
        .isThrownBy(() -> witness.diagnosed("falls"))
        .withMessageContaining("expected falls");
    assertThatIllegalStateException()
        .isThrownBy(() -> witness.guardCounter("deadmanTrips"))
        .withMessageContaining("not heard yet");
  }

  @Test
  void shouldGiveWhatTheRobotCounts() {
    var diagnostics = robot.publisher("/diagnostics", DiagnosticArray.TYPE, Qos.reliable(10));
    var falls =
        new DiagnosticStatus(
            DiagnosticStatus.OK, "ada: balance", "", "ada", List.of(new KeyValue("falls", "3")));
    stage.await(
        "falls to be told",
        WITHIN,
        () -> {
          diagnostics.publish(new DiagnosticArray(NOW, List.of(falls)));
          try {
            return witness.diagnosed("falls") == 3;
          } catch (IllegalStateException notYet) {
            return false;
          }
        });
  }
}
