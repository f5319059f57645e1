package tandem.cloud.browser;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.function.IntConsumer;

/**
 * What an operator does at the console, from the first picture to the stop and its release, on
 * whatever node serves the page. Throws with what the page showed where a step does not come true.
 * From the command line: {@code URL FOLDER}, with pictures in the folder.
 */
public final class ConsoleRound {
  private static final Duration MOTION = Duration.ofSeconds(60);
  private static final int TRIES = 5;
  private static final double ANOTHER_PLACE_RAD = 0.05;
  private final Browser page;
  private final Path pictures;

  /**
   * @param pictures folder for screenshots; null: none
   */
  public ConsoleRound(Browser page, Path pictures) {
    this.page = page;
    this.pictures = pictures;
  }

  /** Everything, in order. */
  public void all(String url, String robot) {
    see(url, robot);
    System.out.println(Instant.now() + " robot drawn and moving");
    moveBySlider("left_elbow", 1.0);
    reach("left_hand", 0.04, 0.02, 0.08);
    stopAndRelease();
  }

  /** Opens the page and waits for the robot, drawn and moving. */
  public void see(String url, String robot) {
    page.open(url);
    page.until("tandemStatus.robot === '%s'".formatted(robot), "robot " + robot);
    page.until("tandemStatus.mode === 'live'", "the twin live");
    page.until("tandemStatus.frames > 20 && tandemStatus.drawnRobot", "the robot drawn");
    page.until("tandemStatus.ageMs !== null && tandemStatus.ageMs < 1000", "fresh values");
    picture("console");
  }

  /** Acquires the lease and drags one slider; the twin's evidence ends it. */
  public void moveBySlider(String joint, double rad) {
    takeLease();
    page.until("!document.querySelector('[data-joint=%s]').disabled".formatted(joint), "sliders");
    int tries =
        untilTaken(
            "joint",
            i -> page.slide("[data-joint=%s]".formatted(joint), rad - i * ANOTHER_PLACE_RAD));
    page.until(
        "Math.abs(tandemStatus.joints.%s - %s) < 0.1"
            .formatted(joint, rad - (tries - 1) * ANOTHER_PLACE_RAD),
        "the joint there");
  }

  /** Asks for the lease, and again while the guard is not heard yet. */
  private void takeLease() {
    page.click("#lease-acquire");
    page.evaluate(
        """
        (() => {
          const again = setInterval(() => {
            if (tandemStatus.hasLease) clearInterval(again);
            else document.getElementById('lease-acquire').click();
          }, 1000);
        })()\
        """);
    page.until("tandemStatus.hasLease", "the lease");
  }

  /** Moves the target away from where the tip is and sends it. */
  public void reach(String tip, double dx, double dy, double dz) {
    page.evaluate(
        "(() => { const s = document.getElementById('reach-tip'); s.value = '%s'; s.dispatchEvent(new Event('change')); })()"
            .formatted(tip));
    page.click("label[title^='Shows the target']");
    page.until("tandemView.targetShown", "the target");
    String[] axes = {"x", "y", "z"};
    double[] off = {dx, dy, dz};
    for (int i = 0; i < axes.length; i++) {
      double at =
          page.number("document.getElementById('reach-%s').valueAsNumber".formatted(axes[i]));
      page.type("#reach-" + axes[i], "%.3f".formatted(at + off[i]));
    }
    page.click("#tab-commands");
    picture("reach");
    untilTaken("reach", i -> page.click("#reach-send"));
    picture("reach-done");
    page.click("label[title^='Shows the target']");
  }

  /** Presses the stop and sees it in effect; then releases it with a reason. */
  public void stopAndRelease() {
    page.click("#stop");
    page.until("tandemStatus.stop === 'effect'", "the stop in effect");
    picture("stopped");
    page.click("#release-open");
    page.type("#release-reason", "round of the console test: the floor is clear");
    page.click("#release-confirm");
    page.until("tandemStatus.stop === 'idle'", "the stop released");
  }

  /**
   * Asks again, as a person would, where the robot's newest sample was too old to move by: on a
   * machine with too much to do that is so now and then, and the rule is right.
   *
   * @return how often it was asked
   */
  private int untilTaken(String form, IntConsumer ask) {
    for (int i = 0; i < TRIES; i++) {
      String before = String.valueOf(page.text("tandemStatus.commands[0]?.id ?? ''"));
      ask.accept(i);
      page.until(
          "tandemStatus.commands[0]?.form === '%s' && tandemStatus.commands[0].id !== '%s'"
              .formatted(form, before),
          "the command known");
      String why = end(form);
      if (why.isEmpty()) return i + 1;
      // as the twin says it, and the guard
      if (!why.contains("newest sample: expected within") && !why.contains("was last measured"))
        throw new AssertionError(form + " command ended " + why);
      System.out.println(Instant.now() + " " + form + " command asked again: " + why);
    }
    throw new AssertionError(form + " command refused " + TRIES + " times");
  }

  /** State and reason of a command that is not done; empty where it is. */
  private String end(String form) {
    page.until(
        "['done', 'failed', 'refused', 'expired', 'unknown',"
            + " 'cancelled'].includes(tandemStatus.commands[0].state)",
        "the end of the " + form + " command",
        MOTION);
    String state = page.text("tandemStatus.commands[0].state");
    return state.equals("done") ? "" : state + ": " + page.text("tandemStatus.commands[0].why");
  }

  private void picture(String name) {
    if (pictures == null) return;
    int[][] sizes = {{1600, 900}, {800, 600}};
    for (int[] size : sizes) {
      page.size(size[0], size[1]);
      page.until("innerWidth === " + size[0], "the size");
      double drawn = page.number("tandemStatus.drawn");
      page.until("tandemStatus.drawn > %s + 2".formatted(drawn), "drawn in that size");
      page.screenshot(pictures.resolve("%s-%dx%d.png".formatted(name, size[0], size[1])));
    }
    page.size(1600, 900);
    page.until("innerWidth === 1600", "the size");
  }

  /** Exits 3 where there is no Chromium. */
  public static void main(String[] arguments) {
    if (Browser.find().isEmpty()) {
      System.err.println(Browser.missing());
      System.exit(3);
    }
    String robot = arguments.length > 2 ? arguments[2] : "ada";
    try (var page = new Browser(1600, 900)) {
      var round = new ConsoleRound(page, Path.of(arguments[1]));
      round.all(arguments[0] + "/?quality=high", robot);
      page.errors().forEach(System.err::println);
    }
  }
}
