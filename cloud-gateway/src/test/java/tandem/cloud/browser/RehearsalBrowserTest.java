package tandem.cloud.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tandem.cloud.fake.FakeNode;

/** The dream first, then forward: what was rehearsed on the ghost is what the robot is sent. */
class RehearsalBrowserTest {
  private static FakeNode node;
  private static Browser page;

  @BeforeAll
  static void open() throws Exception {
    if (Browser.find().isEmpty()) {
      System.err.println(Browser.missing());
      Assumptions.abort(Browser.missing());
    }
    node = new FakeNode(0);
    node.twins.patient();
    page = new Browser(1280, 900, "--disable-gpu", "--disable-3d-apis");
    page.open(node.url() + "/");
    page.until("tandemStatus.frames > 5 && document.hasFocus()", "frames");
    page.until("document.querySelector('#reach-tip option')", "the profile");
    page.click("#lease-acquire");
    page.until("tandemStatus.hasLease", "the lease");
  }

  @AfterAll
  static void close() {
    if (page != null) page.close();
    if (node != null) node.close();
  }

  @Test
  void shouldRehearseAReachAndSendTheSameCommandAfterOneConfirmation() {
    int before = commands();
    aim(0.30, 0.35, 0.20, 2);
    page.click("#reach-rehearse");
    page.until("tandemStatus.rehearsal?.playing", "played on the ghost");
    page.until("document.getElementById('forward').disabled", "not to be sent yet");
    page.until("tandemStatus.rehearsal && !tandemStatus.rehearsal.playing", "the end");
    page.until(
        "tandemStatus.rehearsal.reached && tandemStatus.rehearsal.whyNot === null", "reached");
    assertThat(commands()).as("nothing sent by the rehearsal").isEqualTo(before);
    var to = (Map<?, ?>) page.evaluate("tandemStatus.rehearsal.to");

    page.click("#forward");
    page.until(
        "tandemStatus.commands[0]?.form === 'reach' && tandemStatus.commands[0].state === 'done'",
        "done");
    assertThat(commands()).isEqualTo(before + 1);
    var tip = node.twins.tip("l_gripper");
    assertThat(tip.x()).isCloseTo(0.30, within(0.005));
    assertThat(tip.z()).isCloseTo(0.20, within(0.005));
    to.forEach(
        (joint, rad) ->
            assertThat(node.twins.position((String) joint))
                .as("%s as rehearsed", joint)
                .isCloseTo(((Number) rad).doubleValue(), within(0.01)));
  }

  @Test
  void shouldSayWhatBlocksARehearsalAndSendNothing() {
    int before = commands();
    aim(1.5, 0.2, 0.2, 2);
    blocked("out of reach");
    aim(0.32, 0.36, 0.24, 0.1);
    blocked("too fast");
    aim(0.35, 0.20, 0.20, 3); // the arm would press into the side of the torso
    blocked("self-collision: torso against left upper arm");
    assertThat(commands()).isEqualTo(before);
    page.click("#discard");
    page.until("tandemStatus.rehearsal === null", "gone");
  }

  @Test
  void shouldRehearseASliderFirstAndRefuseWhatBeganElsewhere() {
    int before = commands();
    page.click("label[title^='A slider is played']");
    page.slide("[data-joint=left_elbow]", 1.4);
    page.until("tandemStatus.rehearsal && !tandemStatus.rehearsal.playing", "played");
    assertThat(commands()).isEqualTo(before);
    node.twins
        .command(
            tandem.proto.v1.CommandRequest.newBuilder()
                .setRobot("ada")
                .setBy(page.text("document.getElementById('operator').value"))
                .setJoint(
                    tandem.proto.v1.JointGoal.newBuilder()
                        .setDurationSeconds(0.5)
                        .addTargets(
                            tandem.proto.v1.JointTarget.newBuilder()
                                .setJoint("left_elbow")
                                .setPositionRad(0.6)))
                .build())
        .toCompletableFuture()
        .join();
    page.until("/has moved since/.test(tandemStatus.rehearsal.whyNot)", "the robot has moved");
    page.until("document.getElementById('forward').disabled", "not to be sent");

    page.until("tandemStatus.commands[0]?.state === 'done'", "the other command done");
    page.until("Math.abs(tandemStatus.joints.left_elbow - 0.6) < 0.01", "and shown where it ended");
    page.slide("[data-joint=left_elbow]", 1.2);
    page.until(
        "tandemStatus.rehearsal?.whyNot === null && !tandemStatus.rehearsal.playing", "again");
    page.click("#forward");
    page.until("Math.abs(tandemStatus.joints.left_elbow - 1.2) < 0.02", "the elbow there");
    page.click("label[title^='A slider is played']");
  }

  private static void aim(double x, double y, double z, double seconds) {
    page.type("#reach-x", "%.3f".formatted(x));
    page.type("#reach-y", "%.3f".formatted(y));
    page.type("#reach-z", "%.3f".formatted(z));
    page.type("#reach-seconds", "%.1f".formatted(seconds));
  }

  private static void blocked(String why) {
    page.click("#reach-rehearse");
    page.until(
        "/%s/.test(tandemStatus.rehearsal?.by) && !tandemStatus.rehearsal.reached && !tandemStatus.rehearsal.playing"
            .formatted(why),
        why);
    assertThat(page.evaluate("document.getElementById('forward').disabled")).isEqualTo(true);
  }

  private static int commands() {
    return ((List<?>) page.evaluate("tandemStatus.commands")).size();
  }
}
