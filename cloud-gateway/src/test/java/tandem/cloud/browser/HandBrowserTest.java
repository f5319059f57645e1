package tandem.cloud.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tandem.cloud.fake.FakeNode;
import tandem.proto.v1.NavigateGoal;
import tandem.proto.v1.TeleopSetpoint;

/**
 * Hold-to-move in a real browser on fake twins: what is held moves, what is let go or lapses stops
 * at once, and nothing moves again before it is held anew. No 3D: pictures come in time then.
 */
class HandBrowserTest {
  /** Pads that a test plugs in, and animation frames that a test keeps back. */
  private static final String FAKES =
      """
      window.fakePads = [null, null, null, null];
      navigator.getGamepads = () => window.fakePads;
      window.pad = (i, pressed, axes) => { window.fakePads[i] = { index: i, id: 'Test pad (Vendor)', connected: true, mapping: 'standard',
        timestamp: performance.now(), axes: axes ?? [0, 0, 0, 0], buttons: Array.from({ length: 17 }, (_, b) => ({ pressed: pressed.includes(b), touched: false, value: 0 })) }; };
      const raf = window.requestAnimationFrame.bind(window);
      const kept = [];
      let stalled = false;
      window.requestAnimationFrame = (f) => stalled ? kept.push(f) : raf(f);
      window.stall = (on) => { stalled = on; if (!on) for (const f of kept.splice(0)) raf(f); };
      """;

  private static final int DEAD_MAN = 5, STOP = 1;
  private static FakeNode node;
  private static Browser page;

  @BeforeAll
  static void open() throws Exception {
    if (Browser.find().isEmpty()) {
      System.err.println(Browser.missing());
      Assumptions.abort(Browser.missing());
    }
    node = new FakeNode(0);
    node.twins.driven(true, false);
    node.twins.patient(); // the lapse itself is the guard's rule, and tested there
    page = new Browser(1280, 900, "--disable-gpu", "--disable-3d-apis");
    page.before(FAKES);
    page.open(node.url() + "/");
    page.until("tandemStatus.frames > 20 && document.hasFocus()", "frames and focus");
    page.click("#lease-acquire");
    page.until("tandemStatus.hasLease && tandemStatus.whyNot === null", "the lease");
    page.until("tandemStatus.hand.drives === 'base'", "the profile");
    for (String part : List.of("hand-base", "hand-keyboard", "hand-pads"))
      page.evaluate("document.getElementById('%s').open = true".formatted(part));
  }

  @AfterAll
  static void close() {
    if (page != null) page.close();
    if (node != null) node.close();
  }

  @AfterEach
  void nothingIsHeld() {
    node.twins.silence(false);
    node.twins.teleop().late(0);
    page.evaluate("window.fakePads.fill(null)");
    page.until("tandemStatus.hand.source === null", "nothing held after the test");
    page.until("!['asking', 'opening', 'live'].includes(tandemStatus.hand.phase)", "no stream");
  }

  @Test
  void shouldMoveAJointWhileItsButtonIsHeldAndRestWhenLetGo() {
    double before = node.twins.position("left_elbow");
    String command =
        hold(
            pressed("[data-jog='left_elbow +']"),
            () -> node.twins.position("left_elbow") > before + 0.15);
    page.until("document.getElementById('hold').textContent.includes('accepted')", "said so");
    page.letGo();

    rested(command, "done");
    var taken = node.twins.teleop().taken(command);
    assertThat(taken).extracting(TeleopSetpoint::getNumber).isSorted().doesNotHaveDuplicates();
    assertThat(taken)
        .allSatisfy(setpoint -> assertThat(setpoint.getToken().getBootId()).hasSize(32));
    var wished = node.twins.asked(command).getToken();
    assertThat(wished.getBootId()).isEqualTo(taken.getFirst().getToken().getBootId());
    assertThat(wished.getTickMillis())
        .as("when it was wished for, by the guard's time")
        .isBetween(1L, taken.getLast().getToken().getTickMillis());
    assertThat(taken.getLast().getWhy()).as("no rule ended it").isEmpty();
    assertThat(page.text("tandemStatus.hand.ended")).isEqualTo("let go");
    double after = node.twins.position("left_elbow");
    page.until("Math.abs(tandemStatus.joints.left_elbow - %s) < 1e-6".formatted(after), "rest");
    assertThat(page.number("tandemStatus.hand.roundTripMs")).isPositive();
  }

  @Test
  void shouldSendTheBaseToAPlaceOnceAndCancelIt() {
    String send = "document.getElementById('goto-send').disabled";
    page.until("!document.querySelector('tandem-goto').hidden", "the profile has a navigation");
    page.type("#goto-x", "1.5");
    page.type("#goto-y", "-2");
    page.type("#goto-yaw", "7");
    page.until(send, "no such yaw");
    page.type("#goto-yaw", "0.5");
    page.until("!" + send, "a place");
    page.click("#goto-send");
    page.until("document.getElementById('goto-state').textContent === 'executing'", "under way");
    var wish = node.twins.newest();
    page.click("#goto-cancel");
    page.until("document.getElementById('goto-state').textContent === 'cancelled'", "its end");

    assertThat(wish.getNavigate())
        .isEqualTo(
            NavigateGoal.newBuilder()
                .setFrame("odom")
                .setXMeters(1.5)
                .setYMeters(-2)
                .setYawRad(0.5)
                .setWithinSeconds(60)
                .build());
    assertThat(wish.getToken().getBootId()).hasSize(32);
    assertThat(node.twins.newest()).as("nothing more was sent").isSameAs(wish);
    assertThat(page.text("document.getElementById('goto-cancel').hidden")).isEqualTo("true");
  }

  @Test
  void shouldNotSendToAnotherRobotWhatWasMeantForTheOneBefore() {
    String commands = "JSON.stringify(tandemStatus.commands.map((c) => c.id))";
    String before = page.text(commands);
    page.evaluate(
        """
        const slider = document.querySelector("input[data-joint='left_elbow']");
        slider.value = 0.7;
        slider.dispatchEvent(new Event('input'));
        slider.dispatchEvent(new Event('change'));
        document.querySelectorAll('tandem-robots button')[1].click();
        """);
    page.until(
        "document.getElementById('answer').textContent.includes('another robot was chosen')",
        "said so");
    assertThat(page.text(commands)).as("the other's").isEqualTo("[]");
    page.evaluate("document.querySelectorAll('tandem-robots button')[0].click()");
    page.until("tandemStatus.robot === 'ada' && tandemStatus.whyNot === null", "back again");

    assertThat(page.text(commands)).isEqualTo(before);
  }

  @Test
  void shouldStopAtTheLimitOfAJointAndSayWhy() {
    hold(
        pressed("[data-jog='left_wrist_roll −']"),
        () -> page.text("tandemStatus.hand.blocked").contains("limit"));
    page.letGo();
    page.until("tandemStatus.hand.phase === 'over'", "over");
    assertThat(node.twins.position("left_wrist_roll")).isGreaterThan(-1.801);
  }

  @Test
  void shouldMoveAHandByItsTipWhileHeld() {
    double before = node.twins.tip("l_gripper").z();
    String command =
        hold(pressed("#jog-up"), () -> node.twins.tip("l_gripper").z() > before + 0.04);
    page.letGo();

    rested(command, "done");
    assertThat(node.twins.teleop().taken(command).getFirst().hasReach()).isTrue();
  }

  @Test
  void shouldMoveByKeysOnlyWhileTheyAreDownAndSwitchedOn() {
    keys(false);
    page.keyDown("KeyW", false);
    assertThat(page.text("tandemStatus.hand.source")).isEqualTo("null");
    page.keyUp("KeyW");
    keys(true);

    double before = node.twins.base()[0];
    String command = hold(key("KeyW"), () -> node.twins.base()[0] > before + 0.01);
    page.keyDown("KeyW", true);
    page.keyDown("KeyA", false);
    page.keyUp("KeyA");
    page.keyUp("KeyW");

    rested(command, "done");
    assertThat(node.twins.teleop().taken(command).getLast().getVelocity().getVxMetersPerSec())
        .isZero();
  }

  @Test
  void shouldHideVrWhereThereIsNoHeadset() {
    page.until("tandemStatus.hand.xr === 'none'", "no headset");
    assertThat(page.evaluate("document.getElementById('hand-vr').checkVisibility()"))
        .isEqualTo(false);
  }

  @Test
  void shouldNotMoveWhileTextIsTyped() {
    keys(true);
    page.evaluate("document.getElementById('joint-seconds').focus()");
    page.keyDown("KeyW", false);
    page.keyUp("KeyW");
    assertThat(page.text("tandemStatus.hand.source")).isEqualTo("null");
    page.evaluate("document.activeElement.blur()");
  }

  @Test
  void shouldLetGoWhenTheTabIsHiddenAndMoveOnlyWhenHeldAnew() {
    keys(true);
    String command = hold(key("KeyW"), ALIVE);
    String other = page.hide();
    rested(command, "done");
    page.show(other);
    page.until("document.hasFocus()", "the focus");

    assertThat(page.text("tandemStatus.hand.ended")).matches(".*(hidden|focus).*");
    page.keyDown("KeyW", true);
    page.keyDown("KeyW", false);
    assertThat(page.text("tandemStatus.hand.source")).isEqualTo("null");
    page.keyUp("KeyW");
    String next = hold(key("KeyW"), ALIVE);
    page.keyUp("KeyW");
    rested(next, "done");
    assertThat(next).isNotEqualTo(command);
  }

  @Test
  void shouldLetGoWhenTheWindowLosesTheFocus() {
    String command = hold(pressed("#jog-down"), ALIVE);
    page.evaluate("window.dispatchEvent(new Event('blur'))");

    rested(command, "done");
    assertThat(page.text("tandemStatus.hand.ended")).contains("lost the focus");
    assertThat(node.twins.teleop().taken(command).getLast().getWhy()).contains("lost the focus");
    page.until(
        "document.getElementById('hold').textContent.includes('hold it anew')", "said on screen");
    page.letGo();
  }

  @Test
  void shouldLetGoWhenThePageMakesNoPictures() {
    String command = hold(pressed("[data-jog='left_elbow +']"), ALIVE);
    page.evaluate("stall(true)");
    page.until("/stalled for/.test(tandemStatus.hand.ended)", "the stall noticed");
    rested(command, "done");
    page.evaluate("stall(false)");
    page.push(1, 0);
    page.until("tandemStatus.hand.source === null", "still let go");
    page.letGo();

    String next = hold(pressed("[data-jog='left_elbow −']"), ALIVE);
    page.letGo();
    rested(next, "done");
  }

  @Test
  void shouldSendNothingMoreWhenItsThreadWasBlocked() {
    String command = hold(pressed("[data-jog='left_shoulder_yaw +']"), ALIVE);
    page.evaluate(
        "(() => { const end = performance.now() + 500; while (performance.now() < end); })()");
    page.until("tandemStatus.hand.endedBy === 'rule'", "ended by rule");

    page.until("/stalled|no held setpoint|no word/.test(tandemStatus.hand.ended)", "and why");
    await(() -> ended(command), "the command ended");
    double after = node.twins.position("left_shoulder_yaw");
    page.letGo();
    page.until(
        "Math.abs(tandemStatus.joints.left_shoulder_yaw - %s) < 1e-6".formatted(after), "at rest");
  }

  @Test
  void shouldNarrowTheSpeedWhenAnswersComeLate() {
    node.twins.teleop().late(240);
    hold(
        pressed("[data-jog='left_shoulder_yaw +']"),
        () ->
            page.number("tandemStatus.hand.roundTripMs ?? 0") > 200
                && page.number("tandemStatus.hand.speedFactor") <= 0.4
                && page.text("document.getElementById('hold').textContent").contains("late"));
    page.letGo();
    page.until("tandemStatus.hand.phase === 'over'", "over");
  }

  @Test
  void shouldMoveByGamepadWhileTheDeadManIsHeldAndLetGoWhenUnplugged() {
    page.evaluate("pad(0, [%d], [0, -1, 0, 0])".formatted(DEAD_MAN));
    page.until("tandemStatus.hand.pads === 1", "the pad found");
    assertThat(page.text("tandemStatus.hand.source")).isEqualTo("null"); // held before it was seen
    padReleased(0);

    double before = node.twins.base()[0];
    String command = hold(pad(0, -1), () -> node.twins.base()[0] > before + 0.01);
    page.evaluate("window.fakePads[0] = null");
    page.until("/unplugged/.test(tandemStatus.hand.ended)", "unplugged");

    rested(command, "done");
    page.until("document.getElementById('hold').textContent.includes('unplugged')", "said so");
    page.until(
        "document.getElementById('pad-note').textContent.includes('unplugged')", "in the panel");
  }

  @Test
  void shouldHeedOnlyTheFirstOfTwoGamepadsUntilItLetsGo() {
    padReleased(0);
    padReleased(1);
    page.until("tandemStatus.hand.pads === 2", "two pads");
    String command = hold(pad(0, -0.5), ALIVE);
    page.evaluate("pad(1, [%d], [0, 1, 0, 0])".formatted(DEAD_MAN));
    page.until("/gamepad 1 holds/.test(tandemStatus.hand.notTaken)", "the second refused");
    assertThat(page.text("tandemStatus.hand.source")).isEqualTo("gamepad 1");
    padReleased(0);
    rested(command, "done");
    assertThat(page.text("tandemStatus.hand.source")).isEqualTo("null"); // held, but not anew

    padReleased(1);
    String next = hold(pad(1, 1), ALIVE);
    padReleased(1);
    rested(next, "done");
    page.evaluate("window.fakePads.fill(null)");
    page.until("tandemStatus.hand.pads === 0", "no pad");
  }

  @Test
  void shouldStopTheRobotFromTheGamepad() {
    padReleased(0);
    hold(pad(0, 0), ALIVE);
    page.evaluate("pad(0, [%d, %d])".formatted(DEAD_MAN, STOP));
    page.until("tandemStatus.stop === 'effect'", "the stop in effect");
    page.until("tandemStatus.hand.endedBy === 'rule'", "the hold ended");
    page.evaluate("pad(0, []); window.fakePads[0] = null");

    page.click("#release-open");
    page.type("#release-reason", "test");
    page.click("#release-confirm");
    page.until("tandemStatus.stop === 'idle' && tandemStatus.whyNot === null", "released");
  }

  @Test
  void shouldPushTheBaseWithThePad() {
    double before = node.twins.base()[1];
    String command =
        hold(
            new Control(
                () -> {
                  page.press("#base-pad");
                  page.push(-40, 0);
                },
                page::letGo),
            () -> node.twins.base()[1] > before + 0.01);
    page.letGo();
    rested(command, "done");
  }

  @Test
  void shouldLetGoWhenTheRobotFallsSilent() {
    hold(pressed("[data-jog='left_elbow −']"), ALIVE);
    node.twins.silence(true);
    page.until("tandemStatus.hand.endedBy === 'rule'", "ended");
    String why = page.text("tandemStatus.hand.ended");
    page.letGo();
    node.twins.silence(false);
    assertThat(why).matches(".*(old|stalled).*"); // whichever was first on this machine
    page.until("tandemStatus.whyNot === null", "fresh again");
  }

  private static void keys(boolean on) {
    if (!page.evaluate("document.getElementById('hand-keys').checked").equals(on))
      page.click("#hand-keyboard .switch i");
    page.until("document.getElementById('hand-keys').checked === " + on, "keys switched");
  }

  private static void padReleased(int index) {
    page.evaluate("pad(%d, [])".formatted(index));
    double beats = page.number("tandemStatus.hand.beats");
    page.until("tandemStatus.hand.beats > %s + 1".formatted(beats), "seen by the hand");
  }

  private static final BooleanSupplier ALIVE = () -> true;

  /** How a control is held and let go. */
  private record Control(Runnable hold, Runnable letGo) {}

  private static Control pressed(String selector) {
    return new Control(() -> page.press(selector), page::letGo);
  }

  private static Control key(String code) {
    return new Control(() -> page.keyDown(code, false), () -> page.keyUp(code));
  }

  private static Control pad(int index, double ahead) {
    return new Control(
        () -> page.evaluate("pad(%d, [%d], [0, %s, 0, 0])".formatted(index, DEAD_MAN, ahead)),
        () -> padReleased(index));
  }

  private static String hold(Control control, BooleanSupplier met) {
    return new Holding(page).until(control.hold, control.letGo, met);
  }

  /** The last that the robot heard of a stream was letting go, and the command ended so. */
  private static void rested(String command, String state) {
    await(() -> ended(command), "the end of " + command);
    var last = node.twins.teleop().taken(command).getLast();
    assertThat(last.getHeld()).as("last setpoint of " + command).isFalse();
    assertThat(stateOf(command)).isEqualTo(state);
  }

  private static boolean ended(String command) {
    return List.of("done", "failed", "cancelled").contains(stateOf(command));
  }

  private static String stateOf(String command) {
    return node.twins
        .await(command, java.time.Duration.ZERO)
        .toCompletableFuture()
        .join()
        .getState();
  }

  private static void await(BooleanSupplier met, String what) {
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (!met.getAsBoolean()) {
      if (System.nanoTime() > deadline)
        throw new AssertionError(
            "waited 30 s for: %s; the page said %s"
                .formatted(what, page.text("JSON.stringify(tandemStatus.hand)")));
      page.evaluate("new Promise((done) => setTimeout(done, 25))");
    }
  }
}
