package tandem.cloud.browser;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/**
 * What kim, the first operator of {@code ./tandem demo --story}, sees at the console: captions,
 * labels and states of each scene, with a picture. From the command line: {@code URL FOLDER}; exits
 * 3 where there is no Chromium.
 */
public final class StoryRound {
  private static final Duration SCENE = Duration.ofSeconds(120);
  private final Browser page;
  private final Path pictures;

  StoryRound(Browser page, Path pictures) {
    this.page = page;
    this.pictures = pictures;
  }

  private void all(String url) {
    page.before("localStorage.setItem('tandem.operator', 'kim')");
    page.open(url);
    page.until("tandemStatus.robot === 'ada' && tandemStatus.drawnRobot", "the robot drawn");
    page.until("tandemStatus.story", "a story announced");
    page.click("#tab-commands");
    reach();
    cable();
    take();
    stop();
    fall();
    page.until("tandemStatus.story.state === 'passed'", "the story's end", SCENE);
    says("#story .chip", "all seen");
  }

  private void reach() {
    scene(1, "Teleoperated reach");
    says("#story .notes", "Simplified here: scripted operators");
    says("#story .notes", "an emulated link");
    page.until("tandemStatus.lease === 'kim'", "kim's lease", SCENE);
    page.until("tandemStatus.commands[0]?.form === 'reach-stream'", "the held reach", SCENE);
    seen(1);
    picture("1-reach");
  }

  private void cable() {
    scene(2, "Cable pulled in mid-reach");
    page.until("tandemStatus.ageMs > 2000 && tandemStatus.mode !== 'live'", "old values", SCENE);
    page.until("!document.querySelector('.old').hidden", "the age over the view");
    says(".old", "old, ");
    picture("2-cable");
    page.until("tandemStatus.ageMs < 1000 && tandemStatus.mode === 'live'", "fresh again", SCENE);
    seen(2);
  }

  private void take() {
    scene(3, "Another operator takes the lease");
    page.until("tandemStatus.lease === 'sam'", "sam's lease", SCENE);
    says("tandem-lease .holder", "sam controls this robot");
    page.until("tandemStatus.whyNot === 'no lease: sam holds it'", "why kim's controls are dead");
    page.until(
        "[...document.querySelectorAll('[data-joint]')].every((s) => s.disabled)",
        "kim's sliders dead");
    seen(3);
    picture("3-take");
  }

  private void stop() {
    scene(4, "Stop under push");
    page.until("tandemStatus.stop === 'effect'", "the stop in effect", SCENE);
    says("tandem-banner", "latched by kim");
    says("tandem-banner", "a hand came near the arm");
    page.until(
        "tandemStatus.commands[0].state === 'refused' &&"
            + " tandemStatus.commands[0].why.includes('latched')",
        "the refusal shown",
        SCENE);
    picture("4-stop");
    page.until("tandemStatus.stop === 'idle'", "the release", SCENE);
    seen(4);
  }

  private void fall() {
    scene(5, "Pushes rise to a real fall");
    page.until("document.querySelector('.body').textContent === 'fallen'", "the fall", SCENE);
    says(".hazards", "fallen");
    page.until(
        "tandemStatus.commands[0].state === 'refused' &&"
            + " tandemStatus.commands[0].why.includes('fallen')",
        "the refusal shown",
        SCENE);
    page.until("tandemStatus.replay?.state === 'playing'", "the replay", SCENE);
    page.until("tandemStatus.replay.drawn", "the replay's ghost");
    says("#replay", "REPLAY");
    says("#replay", "recorded samples, half speed");
    seen(5);
    page.until(
        "(() => { const left = Date.parse(tandemStatus.replay.to) -"
            + " Date.parse(tandemStatus.replay.at); return left > 600 && left < 1000; })()",
        "the replay in mid-fall");
    picture("5-fall");
  }

  private void scene(int number, String title) {
    page.until("tandemStatus.story.scene === %d".formatted(number), "scene " + number, SCENE);
    says("#story .number", "Scene %d of 5".formatted(number));
    says("#story strong", title);
  }

  private void seen(int number) {
    page.until(
        "tandemStatus.story.scene === %d && tandemStatus.story.sceneState !== 'running'"
            .formatted(number),
        "the end of scene " + number,
        SCENE);
    if (!page.text("tandemStatus.story.sceneState").equals("seen"))
      throw new AssertionError(
          "scene %d: %s"
              .formatted(number, page.text("document.querySelector('#story .seen').textContent")));
    System.out.println(Instant.now() + " scene " + number + " seen");
  }

  private void says(String selector, String words) {
    page.until(
        "document.querySelector(\"%s\").textContent.includes(\"%s\")".formatted(selector, words),
        "%s says '%s'".formatted(selector, words),
        Duration.ofSeconds(10));
  }

  private void picture(String name) {
    double drawn = page.number("tandemStatus.drawn");
    page.until("tandemStatus.drawn > %s".formatted(drawn + 1), "drawn");
    page.screenshot(pictures.resolve("story-" + name + ".png"));
  }

  public static void main(String[] arguments) {
    if (Browser.find().isEmpty()) {
      System.err.println(Browser.missing());
      System.exit(3);
    }
    try (var page = new Browser(1440, 860)) {
      new StoryRound(page, Path.of(arguments[1])).all(arguments[0]);
      page.errors().forEach(System.err::println);
    }
  }
}
