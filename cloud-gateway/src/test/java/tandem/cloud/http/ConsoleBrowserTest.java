package tandem.cloud.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import tandem.cloud.browser.Browser;
import tandem.cloud.fake.FakeNode;
import tandem.proto.v1.LeaseRequest;

/**
 * The console in a real browser, on fake twins: one page through one operator's session. Frames are
 * counted, never demanded in a time.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ConsoleBrowserTest {
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
    page = new Browser(1600, 900);
    page.open(node.url() + "/");
    page.until("tandemStatus.frames > 20 && tandemStatus.drawn > 2", "frames and pictures");
  }

  @AfterAll
  static void close() {
    if (page != null) page.close();
    if (node != null) node.close();
  }

  @Test
  @Order(1)
  void shouldShowTheRobotMovingLiveWithItsAgeAndItsDream() {
    page.until("tandemStatus.drawnRobot && tandemStatus.drawnDream", "robot and ghost");
    double sequence = page.number("tandemStatus.sequence");
    page.until("tandemStatus.sequence > " + sequence, "newer values");

    assertThat(page.text("tandemStatus.robot")).isEqualTo("ada");
    assertThat(page.text("tandemStatus.mode")).isEqualTo("live");
    page.until("document.getElementById('age').dataset.kind === 'fresh'", "a fresh age");
    page.until("tandemStatus.roundTripMs !== null", "round trip");
    assertThat(page.text("document.querySelector('.figures').textContent")).contains("0.017 rad");
    assertThat(page.number("tandemStatus.badFrames")).isZero();
  }

  @Test
  @Order(2)
  void shouldPoseTheUrdfAsOurForwardKinematicsDoes() {
    node.twins.silence(true);
    page.until(
        "Math.abs(tandemStatus.joints.left_elbow - %s) < 1e-9"
            .formatted(node.twins.position("left_elbow")),
        "the last values");
    page.evaluate("new Promise(requestAnimationFrame)");
    page.evaluate("new Promise(requestAnimationFrame)");

    for (String link : List.of("l_gripper", "r_sole", "lidar_link")) {
      var expected = node.twins.tip(link);
      var found =
          (List<?>)
              page.evaluate(
                  "(() => { const m = tandemView.models.get('ada').model;"
                      + " m.root.updateWorldMatrix(true, true);"
                      + " const v = m.root.position.clone(); m.links.get('%s').getWorldPosition(v); m.root.worldToLocal(v); return [v.x, v.y, v.z]; })()"
                          .formatted(link));
      assertThat(number(found, 0)).as(link + " x").isCloseTo(expected.x(), within(0.006));
      assertThat(number(found, 1)).as(link + " y").isCloseTo(expected.y(), within(0.006));
      assertThat(number(found, 2)).as(link + " z").isCloseTo(expected.z(), within(0.006));
    }
    node.twins.silence(false);
  }

  @Test
  @Order(3)
  void shouldGreyOutAndSayHowOldASilentRobotIs() {
    node.twins.silence(true);
    page.until("tandemStatus.ageMs > 1200", "age");
    page.until("document.querySelector('tandem-overlay .old').checkVisibility()", "the mark");

    assertThat(page.text("document.querySelector('tandem-overlay .old').textContent"))
        .matches("old, \\d+(\\.\\d)? s");
    assertThat(page.text("document.getElementById('age').dataset.kind")).isEqualTo("old");
    node.twins.silence(false);
    page.until("tandemStatus.ageMs < 1000", "fresh again");
    page.until("!document.querySelector('tandem-overlay .old').checkVisibility()", "mark gone");
  }

  @Test
  @Order(4)
  void shouldKeepSlidersShutWithoutALease() {
    assertThat(page.evaluate("document.querySelector('[data-joint=left_elbow]').disabled"))
        .isEqualTo(true);
    assertThat(page.evaluate("document.getElementById('reach-send').disabled")).isEqualTo(true);
    assertThat(page.text("tandemStatus.whyNot")).isEqualTo("no lease");
    assertThat((List<?>) page.evaluate("tandemStatus.commands")).isEmpty();
    page.evaluate("document.getElementById('hand-base').open = true");
    page.until(
        "document.getElementById('base-why').textContent.includes('no velocity target')",
        "why the base is shut");
    assertThat(page.text("document.getElementById('base-pad').getAttribute('aria-disabled')"))
        .isEqualTo("true");
    page.evaluate("document.getElementById('hand-base').open = false");
  }

  @Test
  @Order(5)
  void shouldMoveAnArmBySlider() {
    page.click("#lease-acquire");
    page.until("tandemStatus.hasLease", "the lease");
    page.until("!document.querySelector('[data-joint=left_elbow]').disabled", "sliders open");
    page.slide("[data-joint=left_elbow]", 1.2);

    page.until("tandemStatus.commands[0]?.state === 'done'", "the command done");
    page.until("Math.abs(tandemStatus.joints.left_elbow - 1.2) < 0.05", "the arm there");
    assertThat(node.twins.position("left_elbow")).isCloseTo(1.2, within(0.05));
    assertThat((List<?>) page.evaluate("tandemStatus.commands")).hasSize(1);
  }

  @Test
  @Order(6)
  void shouldReachATargetAndShowTheEvidence() {
    page.click("label[title^='Shows the target']");
    page.until("tandemView.targetShown", "the target");
    page.type("#reach-x", "0.35");
    page.type("#reach-y", "0.25");
    page.type("#reach-z", "0.20");
    page.type("#reach-seconds", "1");
    page.until("!document.getElementById('reach-send').disabled", "the button open");
    page.click("#reach-send");

    page.until(
        "tandemStatus.commands[0]?.form === 'reach' && tandemStatus.commands[0].state === 'done'",
        "the reach done");
    var tip = node.twins.tip("l_gripper");
    assertThat(tip.x()).isCloseTo(0.35, within(0.01));
    assertThat(tip.z()).isCloseTo(0.20, within(0.01));
    page.click("#tab-commands");
    page.until(
        "document.querySelector('#pane-commands').textContent.includes('settled 200 ms')",
        "evidence");
  }

  @Test
  @Order(7)
  void shouldShowWhyATargetIsRefused() {
    page.type("#reach-x", "2.5");
    page.until("!document.getElementById('reach-send').disabled", "the button open");
    page.click("#reach-send");

    page.until("tandemStatus.commands[0]?.state === 'refused'", "the refusal");
    page.until("document.getElementById('answer').textContent.includes('not sent')", "its reason");
    page.click("label[title^='Shows the target']");
  }

  @Test
  @Order(8)
  void shouldStopByKeyAndShowItInEffectAndReleaseOnlyWithAReason() {
    page.key("Escape");
    page.until("tandemStatus.stop === 'effect'", "stop in effect");
    page.until("tandemStatus.whyNot === 'software stop latched'", "motion refused");
    page.until("document.querySelector('[data-joint=left_elbow]').disabled", "sliders shut");
    page.until(
        "document.querySelector('tandem-banner p').textContent.includes('In effect')", "banner");

    page.click("#release-open");
    page.click("#release-confirm");
    assertThat(page.text("tandemStatus.stop")).isEqualTo("effect");
    page.type("#release-reason", "floor is clear");
    page.click("#release-confirm");
    page.until("tandemStatus.stop === 'idle'", "released");
    assertThat(page.evaluate("document.querySelector('dialog').open")).isEqualTo(false);
  }

  @Test
  @Order(9)
  void shouldRepeatTheStopUntilItIsAcknowledged() {
    node.twins.answering(false);
    int before = node.twins.stops();
    page.click("#stop");
    page.until("tandemStatus.stopTries > 2", "tries");
    assertThat(page.text("tandemStatus.stop")).isEqualTo("sending");

    node.twins.answering(true);
    page.until("tandemStatus.stop === 'effect'", "stop in effect");
    assertThat(node.twins.stops()).isGreaterThan(before + 2);
    page.evaluate(
        "fetch('api/twins/ada/stop', {method: 'POST', headers: {'Content-Type':"
            + " 'application/json'}, body: JSON.stringify({by: 't', reason: 'test', release:"
            + " true})}).then(r => r.status)");
    page.until("tandemStatus.stop === 'idle'", "released");
  }

  @Test
  @Order(9)
  void shouldSayThatNoGuardHasTheStopWhileOnlyTheTwinHasNotedIt() {
    node.twins.guardAnswers(false);
    int before = node.twins.stops();
    var known = node.twins.stopIds();
    page.click("#stop");
    page.until(
        "document.querySelector('tandem-banner p').textContent.includes('Use the hardware stop') &&"
            + " document.querySelector('tandem-banner p').textContent.includes('no answer from the"
            + " guard')",
        "the hardware stop named");
    assertThat(page.text("tandemStatus.stop")).isEqualTo("sending");

    node.twins.guardAnswers(true);
    page.until("tandemStatus.stop === 'effect'", "stop in effect");
    assertThat(node.twins.stops()).isGreaterThan(before + 3);
    var ids = new HashSet<>(node.twins.stopIds());
    ids.removeAll(known);
    assertThat(ids).as("request ids of one stop").hasSize(1).doesNotContain("");
    page.evaluate(
        "fetch('api/twins/ada/stop', {method: 'POST', headers: {'Content-Type':"
            + " 'application/json'}, body: JSON.stringify({by: 't', reason: 'test', release:"
            + " true})}).then(r => r.status)");
    page.until("tandemStatus.stop === 'idle'", "released");
  }

  @Test
  @Order(10)
  void shouldLoseTheLeaseToSomebodyWhoTakesIt() {
    page.until("tandemStatus.hasLease", "still the holder");
    node.twins.lease(
        LeaseRequest.newBuilder()
            .setRobot("ada")
            .setAction("take")
            .setBy("supervisor")
            .setReason("test")
            .setForSeconds(60)
            .build());

    page.until("!tandemStatus.hasLease && tandemStatus.lease === 'supervisor'", "lease lost");
    page.until("document.querySelector('tandem-lease').textContent.includes('lost')", "told");
    assertThat(page.evaluate("document.querySelector('[data-joint=left_elbow]').disabled"))
        .isEqualTo(true);
  }

  @Test
  @Order(11)
  void shouldPublishNothingWhileNobodyTouchesIt() {
    page.evaluate(
        "(() => { window.asked = []; const f = window.fetch; window.fetch = (...a) => {"
            + " asked.push(a[0] + ' ' + (a[1]?.method ?? 'GET')); return f(...a); }; })()");
    double drawn = page.number("tandemStatus.frames");
    page.until("tandemStatus.frames > %s + 100".formatted(drawn), "a while");

    assertThat((List<?>) page.evaluate("asked.filter(a => a.endsWith('POST'))")).isEmpty();
  }

  @Test
  @Order(12)
  void shouldFitTheSmallWindow() {
    page.size(800, 600);
    page.until("innerWidth === 800", "the size");
    page.evaluate("new Promise(requestAnimationFrame)");

    assertThat(page.evaluate("document.documentElement.scrollWidth <= 800")).isEqualTo(true);
    assertThat((List<?>) page.evaluate(OVERLAPS)).isEmpty();
    var stop =
        (Map<?, ?>)
            page.evaluate("document.getElementById('stop').getBoundingClientRect().toJSON()");
    assertThat(((Number) stop.get("right")).doubleValue()).isLessThanOrEqualTo(800);
    assertThat(((Number) stop.get("width")).doubleValue()).isGreaterThan(150);
    page.size(1600, 900);
    page.until("innerWidth === 1600", "the size");
    assertThat((List<?>) page.evaluate(OVERLAPS)).isEmpty();
  }

  @Test
  @Order(13)
  void shouldSendNothingOfflineAndComeBackByItself() {
    int port = node.server().port();
    node.close();
    page.until("tandemStatus.connection === 'lost'", "connection lost");
    page.until("document.querySelector('tandem-banner').dataset.kind === 'lost'", "told");
    assertThat(page.text("tandemStatus.whyNot")).isEqualTo("not connected: nothing is sent");
    assertThat(page.text("document.getElementById('age').dataset.kind")).isEqualTo("old");

    restart(port);
    double frames = page.number("tandemStatus.frames");
    page.until(
        "tandemStatus.connection === 'open' && tandemStatus.frames > %s + 5".formatted(frames),
        "live again");
    assertThat((List<?>) page.evaluate("tandemStatus.commands")).isEmpty();
  }

  @Test
  @Order(14)
  void shouldThrowNothingAndNeverBeRefusedByItsOwnPolicy() {
    assertThat(page.errors())
        .filteredOn(
            e -> !e.contains("ERR_CONNECTION_REFUSED") && !e.contains("WebSocket connection"))
        .filteredOn(e -> !e.contains("Failed to load resource") && !e.contains("ERR_"))
        .isEmpty();
  }

  @Test
  @Order(15)
  void shouldWorkWithoutWebGl() {
    try (var plain = new Browser(800, 600, "--disable-gpu", "--disable-3d-apis")) {
      plain.open(node.url() + "/");
      plain.until("tandemStatus.frames > 5", "frames");
      plain.until("tandemStatus.sceneFailure", "the failure is known");
      plain.until(
          "document.querySelector('.failure').textContent.includes('Everything else works')",
          "and told");
      plain.click("#stop");
      plain.until("tandemStatus.stop === 'effect'", "stop in effect");
    }
  }

  private static void restart(int port) {
    try {
      node = new FakeNode(port);
    } catch (Exception e) {
      throw new IllegalStateException("node not started again on port " + port, e);
    }
  }

  private static double number(List<?> list, int i) {
    return ((Number) list.get(i)).doubleValue();
  }

  // Pairs of panels that cover each other, and controls that stick out of their panel.
  private static final String OVERLAPS =
      """
      (() => {
        const box = (s) => [...document.querySelectorAll(s)].filter(e => e.checkVisibility()).map(e => [s, e.getBoundingClientRect()]);
        const all = ['.bar', 'tandem-banner', 'nav.panel', '#view', 'aside.panel', '.drawer'].flatMap(box);
        const bad = [];
        for (let i = 0; i < all.length; i++) for (let j = i + 1; j < all.length; j++) {
          const [a, r] = all[i]; const [b, s] = all[j];
          if (r.right - s.left > 1 && s.right - r.left > 1 && r.bottom - s.top > 1 && s.bottom - r.top > 1) bad.push(a + ' covers ' + b);
        }
        for (const e of document.querySelectorAll('.bar *')) if (e.checkVisibility()) {
          const r = e.getBoundingClientRect();
          if (r.width > 0 && r.right > innerWidth + 1) bad.push('sticks out: ' + e.className);
        }
        const bar = [...document.querySelectorAll('tandem-status > *, .steps, #stop')].filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect());
        for (let i = 0; i < bar.length; i++) for (let j = i + 1; j < bar.length; j++)
          if (bar[i].right - bar[j].left > 1 && bar[j].right - bar[i].left > 1) bad.push('bar items ' + i + ' and ' + j);
        return bad;
      })()
      """;
}
