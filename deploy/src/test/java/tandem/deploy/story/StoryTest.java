package tandem.deploy.story;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tandem.cloud.http.Narration;
import tandem.proto.v1.StoryView;

class StoryTest {
  private static final Instant FELL = Instant.parse("2030-01-01T12:00:02Z");
  private final Theatre theatre =
      new Theatre("http://127.0.0.1:1", "http://127.0.0.1:1", null, null, false);

  @AfterEach
  void close() {
    theatre.close();
  }

  private static Scene scene(String name, Scene.Play play) {
    return new Scene(name, "title of " + name, "caption of " + name, play);
  }

  @Test
  void shouldTellWhatIsPlayedWhatWasSeenAndWhatIsReplayed() {
    var scenes =
        List.of(
            scene("one", on -> new Seen("it moved", Map.of("millis", 3))),
            scene(
                "two",
                on -> {
                  on.show(new Theatre.Span(FELL.minusSeconds(2), FELL));
                  return new Seen("it fell", Map.of());
                }));
    var narration = new Narration(Story.announced(scenes, List.of("everything")));
    assertThat(narration.now().getState()).isEqualTo("waiting");
    var story = new Story(scenes, theatre, narration);

    var played = story.play();

    assertThat(story.passed()).isTrue();
    assertThat(played.getFirst().fields())
        .containsEntry("event", "scene")
        .containsEntry("number", 1)
        .containsEntry("name", "one")
        .containsEntry("passed", true)
        .containsEntry("seen", "it moved")
        .containsEntry("figures", Map.of("millis", 3));
    StoryView told = narration.now();
    assertThat(told.getState()).isEqualTo("passed");
    assertThat(told.getScene()).isEqualTo(2);
    assertThat(told.getScenes(0).getSeen()).isEqualTo("it moved");
    assertThat(told.getPlayback().getFrom()).isEqualTo("2030-01-01T12:00:00Z");
    assertThat(told.getSimplifiedList()).containsExactly("everything");
  }

  @Test
  void shouldSayWhyASceneFailedAndPlayNoneAfterIt() {
    var scenes =
        List.of(
            scene(
                "one",
                on -> {
                  throw new NotSeen("the hand at its target: not within 40 s");
                }),
            scene("two", on -> new Seen("never", Map.of())));
    var narration = new Narration(Story.announced(scenes, List.of()));
    var story = new Story(scenes, theatre, narration);

    var played = story.play();

    assertThat(story.passed()).isFalse();
    assertThat(played).hasSize(1);
    assertThat(played.getFirst().fields())
        .containsEntry("passed", false)
        .containsEntry("seen", "the hand at its target: not within 40 s");
    assertThat(narration.now().getState()).isEqualTo("failed");
    assertThat(narration.now().getScenes(0).getState()).isEqualTo("failed");
    assertThat(narration.now().getScenes(0).getSeen()).contains("not within 40 s");
    assertThat(narration.now().getScenes(1).getState()).isEqualTo("ahead");
  }

  /** Captions fit what a page shows; names are those that scripts know. */
  @Test
  void shouldAnnounceFiveScenes() {
    var told = new Narration(Story.announced(Scenes.all(), Scenes.SIMPLIFIED)).now();

    assertThat(told.getScenesList())
        .extracting(one -> one.getNumber() + " " + one.getState())
        .containsExactly("1 ahead", "2 ahead", "3 ahead", "4 ahead", "5 ahead");
    assertThat(Scenes.all())
        .extracting(Scene::name)
        .containsExactly("reach", "cable", "take", "stop", "fall");
    assertThat(told.getSimplifiedList()).anyMatch(note -> note.contains("60 ± 20 ms"));
  }
}
