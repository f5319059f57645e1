package tandem.cloud.browser;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import tandem.cloud.fake.FakeNode;

/** VR hands with a headset that the test injects: one left controller, frames from a timer. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class XrBrowserTest {
  private static final String HEADSET =
      """
      (() => {
        delete window.XRWebGLBinding;
        WebGL2RenderingContext.prototype.makeXRCompatible = async () => {};
        window.XRWebGLLayer = class { framebuffer = null; framebufferWidth = 64; framebufferHeight = 64; ignoreDepthValues = true;
          getViewport() { return { x: 0, y: 0, width: 64, height: 64 }; } };
        window.grip = { x: 0.2, y: 1.2, z: -0.3 };
        window.squeeze = false;
        window.tracked = true;
        const button = { get pressed() { return window.squeeze; } };
        const left = { handedness: 'left', targetRayMode: 'tracked-pointer', gripSpace: {}, targetRaySpace: {}, gamepad: { buttons: [{ pressed: false }, button], axes: [] } };
        class Session extends EventTarget {
          inputSources = [left]; renderState = { baseLayer: null }; visibilityState = 'visible'; environmentBlendMode = 'opaque'; enabledFeatures = ['local-floor']; wanted = [];
          constructor() {
            super();
            const transform = (position, orientation) => ({ position, orientation, matrix: new Float32Array(16) });
            const frame = { session: this,
              getPose: () => window.tracked ? { emulatedPosition: false, transform: transform({ ...window.grip }, { x: 0, y: 0, z: 0, w: 1 }) } : null,
              getViewerPose: () => ({ views: [], transform: transform({ x: 0, y: 1.6, z: 0 }, { x: 0, y: 0, z: 0, w: 1 }) }) };
            this.timer = setInterval(() => { for (const f of this.wanted.splice(0)) f(performance.now(), frame); }, 20);
          }
          updateRenderState(state) { Object.assign(this.renderState, state); }
          async requestReferenceSpace() { return new EventTarget(); }
          requestAnimationFrame(f) { return this.wanted.push(f); }
          cancelAnimationFrame() { this.wanted.length = 0; }
          async end() { clearInterval(this.timer); this.dispatchEvent(new Event('end')); }
        }
        Object.defineProperty(navigator, 'xr', { configurable: true, value: {
          isSessionSupported: async (mode) => mode === 'immersive-vr',
          requestSession: async () => (window.session = new Session()) } });
      })();
      """;

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
    page = new Browser(640, 480);
    page.before(HEADSET);
    page.open(node.url() + "/");
    page.until("tandemStatus.drawnRobot", "the robot drawn");
    page.click("#lease-acquire");
    page.until("tandemStatus.hasLease", "the lease");
  }

  @AfterAll
  static void close() {
    if (page != null) page.close();
    if (node != null) node.close();
  }

  @Test
  @Order(1)
  void shouldEnterVrWhereThereIsAHeadset() {
    page.until("document.getElementById('hand-vr').checkVisibility()", "the VR section");
    page.evaluate("document.getElementById('hand-vr').open = true");
    page.click("#vr-enter");
    page.until("tandemStatus.hand.xr === 'inside'", "inside");
    double drawn = page.number("tandemStatus.drawn");
    page.until("tandemStatus.drawn > " + drawn, "drawn for the headset");
  }

  @Test
  @Order(2)
  void shouldMoveTheHandAsTheSqueezedControllerMovesAndStopWhenItOpens() {
    double z = node.twins.tip("l_gripper").z();
    double x = node.twins.tip("l_gripper").x();
    String command =
        new Holding(page)
            .until(
                () -> page.evaluate("squeeze = true; grip.y = 1.3; grip.z = -0.36"),
                XrBrowserTest::unsqueeze,
                () -> {
                  page.evaluate("grip.y = Math.min(1.6, grip.y + 0.01); grip.z -= 0.004");
                  return node.twins.tip("l_gripper").z() > z + 0.04
                      && node.twins.tip("l_gripper").x() > x + 0.005;
                });
    assertThat(page.text("tandemStatus.hand.source")).isEqualTo("VR left hand");
    unsqueeze();
    page.until("tandemStatus.hand.ended === 'let go'", "let go");
    page.until("tandemStatus.hand.phase === 'over'", "over");
    assertThat(node.twins.teleop().taken(command).getLast().getHeld()).isFalse();
  }

  @Test
  @Order(3)
  void shouldLetGoWhenTheControllerIsNoLongerTracked() {
    new Holding(page)
        .until(() -> page.evaluate("squeeze = true"), XrBrowserTest::unsqueeze, () -> true);
    page.evaluate("tracked = false");
    page.until("tandemStatus.hand.endedBy === 'rule'", "ended");
    page.evaluate("tracked = true");
    twoFrames();
    assertThat(page.text("tandemStatus.hand.source")).as("still squeezed").isEqualTo("null");
    unsqueeze();
  }

  @Test
  @Order(4)
  void shouldLetGoWhenTheSessionEndsAndDrawInTheWindowAgain() {
    new Holding(page)
        .until(() -> page.evaluate("squeeze = true"), XrBrowserTest::unsqueeze, () -> true);
    page.evaluate("session.end()");
    page.until("tandemStatus.hand.endedBy === 'rule' && tandemStatus.hand.xr === 'ready'", "ended");
    assertThat(page.text("tandemStatus.hand.ended")).matches(".*(VR session ended|stalled).*");
    double drawn = page.number("tandemStatus.drawn");
    page.until("tandemStatus.drawn > %s + 1".formatted(drawn), "drawn in the window");
  }

  // The hand opens, and two frames have seen it.
  private static void unsqueeze() {
    page.evaluate("squeeze = false");
    twoFrames();
  }

  private static void twoFrames() {
    double drawn = page.number("tandemStatus.drawn");
    page.until("tandemStatus.drawn > %s + 1".formatted(drawn), "two frames");
  }
}
