package tandem.cloud.http;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import tandem.proto.v1.StorySceneView;
import tandem.proto.v1.StoryView;

/**
 * The story that this process tells its viewers, as {@code GET /api/story} and the live channel
 * show it. Only who holds this object can tell; no request can. Bounded; thread-safe.
 */
public final class Narration {
  static final int MOST_SCENES = 16;
  static final int MOST_NOTES = 12;
  static final int MOST_CHARACTERS = 500;

  private final List<Consumer<StoryView>> listeners = new CopyOnWriteArrayList<>();
  private volatile StoryView now;

  public Narration(StoryView first) {
    now = bounded(first);
  }

  public StoryView now() {
    return now;
  }

  /** {@link IllegalArgumentException} where it is larger than a page should have to show. */
  public synchronized void tell(StoryView next) {
    now = bounded(next);
    for (var listener : listeners) listener.accept(next);
  }

  /** Called on the teller's thread for all that follows; must not block. */
  void listen(Consumer<StoryView> listener) {
    listeners.add(listener);
  }

  private static StoryView bounded(StoryView story) {
    if (story.getScenesCount() > MOST_SCENES || story.getSimplifiedCount() > MOST_NOTES)
      throw new IllegalArgumentException(
          "story: expected at most %d scenes and %d notes, found %d and %d; not told"
              .formatted(
                  MOST_SCENES, MOST_NOTES, story.getScenesCount(), story.getSimplifiedCount()));
    for (var note : story.getSimplifiedList()) bounded("simplified", note);
    for (StorySceneView scene : story.getScenesList()) {
      bounded("title", scene.getTitle());
      bounded("caption", scene.getCaption());
      bounded("seen", scene.getSeen());
    }
    return story;
  }

  private static void bounded(String field, String text) {
    if (text.length() > MOST_CHARACTERS)
      throw new IllegalArgumentException(
          "story: %s: expected at most %d characters, found %d; not told"
              .formatted(field, MOST_CHARACTERS, text.length()));
  }
}
