package tandem.cloud.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tandem.cloud.fake.FakeNode;
import tandem.cloud.http.AuditDoor;
import tandem.cloud.http.Narration;
import tandem.proto.codec.Json;
import tandem.proto.v1.PlaybackSpan;
import tandem.proto.v1.PlaybackView;
import tandem.proto.v1.PostureView;
import tandem.proto.v1.StorySceneView;
import tandem.proto.v1.StoryView;
import tandem.proto.v1.Vector3View;

/** The story's line and the replay, in a page whose node tells one, and in one whose does not. */
class StoryBrowserTest {
  private static final Instant FROM = Instant.parse("2030-01-01T12:00:00Z");
  private static FakeNode node;
  private static Narration narration;
  private static Browser page;

  @BeforeAll
  static void open() throws Exception {
    if (Browser.find().isEmpty()) {
      System.err.println(Browser.missing());
      Assumptions.abort(Browser.missing());
    }
    narration = new Narration(story("waiting", 0).build());
    var audit =
        (AuditDoor)
            Proxy.newProxyInstance(
                AuditDoor.class.getClassLoader(),
                new Class<?>[] {AuditDoor.class},
                (self, method, arguments) -> {
                  if (method.getName().equals("playback"))
                    return CompletableFuture.completedFuture(
                        recorded((Instant) arguments[1], (Instant) arguments[2]));
                  throw new AssertionError("not asked for: " + method);
                });
    node = new FakeNode(0, Optional.of(narration), audit);
    page = new Browser(1280, 800);
    page.open(node.url());
    page.until("tandemStatus.frames > 5 && tandemStatus.drawnRobot", "the robot drawn");
  }

  @AfterAll
  static void close() {
    if (page != null) page.close();
    if (node != null) node.close();
  }

  private static StoryView.Builder story(String state, int scene) {
    return StoryView.newBuilder()
        .setState(state)
        .setScene(scene)
        .addSimplified("all of it")
        .addScenes(scene(1, scene > 1 ? "seen" : scene == 1 ? "running" : "ahead"))
        .addScenes(scene(2, scene == 2 ? "running" : "ahead"));
  }

  private static StorySceneView.Builder scene(int number, String state) {
    return StorySceneView.newBuilder()
        .setNumber(number)
        .setTitle("title " + number)
        .setCaption("caption " + number)
        .setState(state)
        .setSeen(state.equals("seen") ? "it was seen" : "");
  }

  /** Two seconds in which the base sinks. */
  private static String recorded(Instant from, Instant to) {
    var view =
        PlaybackView.newBuilder()
            .setRobot("ada")
            .setFrom(from.toString())
            .setTo(to.toString())
            .addNames("left_elbow");
    for (int i = 0; i <= 50; i++)
      view.addPostures(
          PostureView.newBuilder()
              .setAt(from.plusMillis(40L * i).toString())
              .addPositionsRad(0.01 * i)
              .setPosition(Vector3View.newBuilder().setX(5).setZ(0.8 - 0.01 * i)));
    return Json.print(view);
  }

  @Test
  void shouldSayTheSceneItsCaptionAndWhatIsSimplified() {
    narration.tell(story("running", 1).build());

    says("#story .number", "Scene 1 of 2");
    says("#story strong", "title 1");
    says("#story .caption", "caption 1");
    says("#story .chip", "playing");
    says("#story .notes", "Simplified here: all of it.");

    var failed = story("failed", 2);
    failed.getScenesBuilder(1).setState("failed").setSeen("the robot did not come");
    narration.tell(failed.build());
    says("#story .chip", "not seen");
    says("#story .seen", "Not seen: the robot did not come");
  }

  @Test
  void shouldPlayWhatTheStoryNamesAsALabelledGhostOfItsOwn() {
    var span =
        PlaybackSpan.newBuilder()
            .setRobot("ada")
            .setFrom(FROM.toString())
            .setTo(FROM.plusSeconds(2).toString());
    narration.tell(story("running", 2).setPlayback(span).build());

    page.until("tandemStatus.replay?.state === 'playing' && tandemStatus.replay.drawn", "ghost");
    says("#replay", "REPLAY");
    says("#replay", "recorded samples, half speed");
    page.until("Math.abs(tandemView.past.model.root.position.x - 5) < 1e-6", "the recorded place");
    page.until(
        "tandemStatus.replay.at > '2030-01-01T12:00:00.9'"
            + " && tandemView.past.model.root.position.z < 0.6",
        "the recorded motion");
    assertThat(page.number("tandemView.models.get('ada').model.root.position.x"))
        .as("the live robot stays where it is")
        .isLessThan(4);

    page.click("#replay-close");
    page.until("!tandemStatus.replay && !tandemView.past", "closed");
    narration.tell(story("running", 2).setPlayback(span).build());
    page.until("tandemStatus.story.sceneState === 'running'", "told again");
    assertThat(page.evaluate("tandemStatus.replay")).as("what was closed stays closed").isNull();
  }

  @Test
  void shouldLeaveThePageAsItIsWhereNoStoryIsTold() throws Exception {
    try (var plain = new FakeNode(0);
        var other = new Browser(1280, 800, "--disable-gpu", "--disable-3d-apis")) {
      other.open(plain.url());
      other.until("tandemStatus.frames > 5", "frames");

      assertThat(other.evaluate("tandemStatus.story")).isNull();
      assertThat(other.evaluate("document.querySelector('#story').checkVisibility()"))
          .isEqualTo(false);
      assertThat(other.evaluate("document.querySelector('#replay').checkVisibility()"))
          .isEqualTo(false);
      assertThat(other.text("document.body.style.getPropertyValue('--story')")).isEqualTo("0px");
    }
  }

  private static void says(String selector, String words) {
    page.until(
        "document.querySelector('%s').textContent.includes('%s')".formatted(selector, words),
        selector + " says " + words);
  }
}
