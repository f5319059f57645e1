package tandem.cloud.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import tandem.proto.v1.StorySceneView;
import tandem.proto.v1.StoryView;

class NarrationTest {
  private final StoryView first = StoryView.newBuilder().setState("waiting").build();

  @Test
  void shouldTellEachListenerWhatIsNewAndKeepIt() {
    var narration = new Narration(first);
    var heard = new ArrayList<String>();
    narration.listen(story -> heard.add(story.getState()));

    narration.tell(first.toBuilder().setState("running").build());

    assertThat(heard).containsExactly("running");
    assertThat(narration.now().getState()).isEqualTo("running");
  }

  @Test
  void shouldRefuseWhatIsTooLargeAndGoOnTellingWhatItHad() {
    var narration = new Narration(first);
    var scene = StorySceneView.newBuilder().setNumber(1);
    var long1 = "x".repeat(Narration.MOST_CHARACTERS + 1);
    var many = first.toBuilder();
    for (int i = 0; i <= Narration.MOST_SCENES; i++) many.addScenes(scene);

    for (var large :
        new StoryView.Builder[] {
          many,
          first.toBuilder().addScenes(scene.clone().setCaption(long1)),
          first.toBuilder().addScenes(scene.clone().setSeen(long1)),
          first.toBuilder().addSimplified(long1)
        })
      assertThatThrownBy(() -> narration.tell(large.build()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("not told");
    assertThat(narration.now()).isEqualTo(first);
  }
}
