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

/**
 * Two consoles contend for one robot: each sees who holds it, and only the holder's stick moves.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LeaseBrowserTest {
  private static final String JOG = "[data-jog='left_elbow +']";
  private static FakeNode node;
  private static Browser ann;
  private static Browser bo;

  @BeforeAll
  static void open() throws Exception {
    if (Browser.find().isEmpty()) {
      System.err.println(Browser.missing());
      Assumptions.abort(Browser.missing());
    }
    node = new FakeNode(0);
    node.twins.patient();
    ann = console("ann", "");
    bo = console("bo", "");
  }

  private static Browser console(String operator, String query) {
    var page = new Browser(1280, 900, "--disable-gpu", "--disable-3d-apis");
    page.before("localStorage.setItem('tandem.operator', '%s')".formatted(operator));
    page.open(node.url() + "/" + query);
    page.until("tandemStatus.frames > 5 && document.hasFocus()", "frames");
    return page;
  }

  @AfterAll
  static void close() {
    if (ann != null) ann.close();
    if (bo != null) bo.close();
    if (node != null) node.close();
  }

  @Test
  @Order(1)
  void shouldShowEveryConsoleWhoHoldsItAndHowFresh() {
    ann.click("#lease-acquire");
    ann.until("tandemStatus.hasLease", "ann holds it");

    bo.until("tandemStatus.lease === 'ann' && !tandemStatus.hasLease", "bo sees it");
    bo.until(
        "/body.*ann.*heard .* ago/.test(document.querySelector('.held').textContent)", "fresh");
    bo.until("tandemStatus.whyNot === 'no lease: ann holds it'", "bo's controls are shut");
    assertThat(bo.evaluate("document.querySelector(\"%s\").disabled".formatted(JOG)))
        .isEqualTo(true);
    assertThat(bo.evaluate("document.getElementById('lease-acquire').checkVisibility()"))
        .isEqualTo(false);
  }

  @Test
  @Order(2)
  void shouldShowTheHolderWhoAsksAndTellWhoIsDeclined() {
    ask("I need the left arm");

    ann.until("tandemStatus.wishes.includes('bo')", "ann sees the wish");
    ann.until(
        "document.querySelector('.wishes').textContent.includes('bo asks for it: I need the left"
            + " arm')",
        "and its reason");
    bo.until("document.querySelector('.wishes').textContent.includes('You ask')", "bo too");
    ann.click("[data-decline='bo']");
    bo.until("/declined/.test(tandemStatus.leaseNote)", "bo is told");
    assertThat(node.twins.leaseHolder()).isEqualTo("ann");
  }

  @Test
  @Order(3)
  void shouldHandOverToWhoAskedAndTheFirstStickIsDeadAndSaysWhy() {
    ask("my turn");
    ann.until("tandemStatus.wishes.includes('bo')", "the wish");
    ann.click("[data-hand-over='bo']");

    bo.until("tandemStatus.hasLease && /handed over to you/.test(tandemStatus.leaseNote)", "bo");
    ann.until("tandemStatus.whyNot === 'no lease: bo holds it'", "ann's stick is dead");
    ann.until("document.querySelector(\"%s\").title.includes('bo holds it')".formatted(JOG), "why");
    double before = node.twins.position("left_elbow");
    ann.press(JOG);
    ann.letGo();
    assertThat(node.twins.position("left_elbow")).isEqualTo(before);
    assertThat(node.twins.leaseHolder()).isEqualTo("bo");
  }

  @Test
  @Order(4)
  void shouldTakeWithAReasonInTwoStepsAndEndTheOthersHeldControlAtOnce() {
    new Holding(bo).until(() -> bo.press(JOG), bo::letGo, () -> true);
    ann.click("#lease-take");
    ann.click("#lease-go");
    ann.until("/needs a reason/.test(tandemStatus.leaseNote)", "a reason is asked for");
    ann.type("#lease-reason", "bo is not at the desk");
    ann.click("#lease-go");
    assertThat(node.twins.leaseHolder()).as("after the first step").isEqualTo("bo");
    ann.until("document.getElementById('lease-go').textContent === 'Take from bo'", "second step");
    ann.click("#lease-go");

    ann.until("tandemStatus.hasLease", "ann holds it");
    bo.until("tandemStatus.hand.source === null && tandemStatus.hand.endedBy === 'rule'", "dead");
    bo.until("document.getElementById('hold').textContent.includes('ann holds it')", "and why");
    bo.until("tandemStatus.leaseNote?.includes('lost')", "bo is told");
    bo.letGo();
    double before = node.twins.position("left_elbow");
    bo.press(JOG);
    bo.letGo();
    assertThat(node.twins.position("left_elbow")).isEqualTo(before);
  }

  @Test
  @Order(5)
  void shouldPublishNothingWithoutALease() {
    bo.evaluate(
        "(() => { window.asked = []; const f = window.fetch; window.fetch = (...a) => {"
            + " asked.push((a[1]?.method ?? 'GET') + ' ' + a[0]); return f(...a); }; })()");
    double frames = bo.number("tandemStatus.frames");
    long before = node.twins.keepAlives();
    bo.until("tandemStatus.frames > %s + 100".formatted(frames), "a while");

    assertThat(bo.text("asked.filter(a => a.startsWith('POST')).join()")).isEmpty();
    ann.until("tandemStatus.hasLease", "ann still holds it");
    assertThat(node.twins.keepAlives()).as("ann's, who holds it").isGreaterThan(before);
  }

  @Test
  @Order(6)
  void shouldKeepNoKeepAliveForLaterWhileTheNodeDoesNotAnswer() {
    ann.until("tandemStatus.hasLease", "ann holds it");
    ann.evaluate(
        "(() => { window.stuck = 0; window.late = 0; window.left = false; const f = window.fetch;"
            + " document.getElementById('lease-release').addEventListener('click',"
            + " () => (left = true), true);"
            + " window.fetch = (path, options) => {"
            + " if (!(options?.body ?? '').includes('keepalive')) return f(path, options);"
            + " if (left) late++; return new Promise((_, no) =>"
            + " options.signal.addEventListener('abort',"
            + " () => { stuck++; no(options.signal.reason); })); }; })()");
    ann.until("stuck >= 2", "given up");
    ann.click("#lease-release");

    ann.until("tandemStatus.lease === null", "free");
    assertThat(ann.number("late")).as("sent after it was given back").isZero();
  }

  @Test
  @Order(7)
  void shouldGiveTheLeaseBackWhenNobodyTouchesTheConsole() {
    ann.open(node.url() + "/?idle=3");
    ann.until("tandemStatus.frames > 5", "frames");
    ann.click("#lease-acquire");
    ann.until("tandemStatus.hasLease", "held");

    ann.until("/given back: nobody touched/.test(tandemStatus.leaseNote)", "given back");
    bo.until("tandemStatus.lease === null", "free for bo");
    long before = node.twins.keepAlives();
    double frames = bo.number("tandemStatus.frames");
    bo.until("tandemStatus.frames > %s + 80".formatted(frames), "a while");
    assertThat(node.twins.keepAlives()).isEqualTo(before);
  }

  private static void ask(String reason) {
    bo.click("#lease-request");
    bo.type("#lease-reason", reason);
    bo.click("#lease-go");
  }
}
