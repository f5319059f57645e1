package tandem.deploy.story;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tandem.cloud.http.Narration;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.Out;
import tandem.proto.v1.PlaybackSpan;
import tandem.proto.v1.StorySceneView;
import tandem.proto.v1.StoryView;

/**
 * Plays scenes one after the other, tells their captions, and keeps what was seen. The first that
 * fails ends it: what comes after would be played on a stage that is not as it should be.
 */
final class Story {
  /** A person who looks at the robot, too, reads so much in a second. */
  private static final double CHARACTERS_PER_SECOND = 40;

  private static final Duration TITLE = Duration.ofSeconds(2);

  private final List<Scene> scenes;
  private final Theatre theatre;
  private final Narration narration;
  private final List<Played> played = new ArrayList<>();

  /**
   * One scene that was played.
   *
   * @param seen null where it failed
   * @param why empty where it was seen
   */
  record Played(int number, Scene scene, double seconds, Seen seen, String why) {
    /** The line of the outside contract. */
    Map<String, Object> fields() {
      return Out.fields(
          "event",
          "scene",
          "number",
          number,
          "name",
          scene.name(),
          "passed",
          seen != null,
          "seen",
          seen != null ? seen.words() : why,
          "seconds",
          Math.round(seconds * 10) / 10.0,
          "figures",
          seen != null ? seen.figures() : Map.of());
    }
  }

  Story(List<Scene> scenes, Theatre theatre, Narration narration) {
    this.scenes = scenes;
    this.theatre = theatre;
    this.narration = narration;
  }

  /** What is told before the first scene. */
  static StoryView announced(List<Scene> scenes, List<String> simplified) {
    var view = StoryView.newBuilder().setState("waiting").addAllSimplified(simplified);
    for (int i = 0; i < scenes.size(); i++)
      view.addScenes(
          StorySceneView.newBuilder()
              .setNumber(i + 1)
              .setTitle(scenes.get(i).title())
              .setCaption(scenes.get(i).caption())
              .setState("ahead"));
    return view.build();
  }

  /** Plays all; what was played, in order. */
  List<Played> play() {
    for (int i = 0; i < scenes.size(); i++) {
      var result = play(i);
      played.add(result);
      if (result.seen() == null) break;
    }
    boolean whole = passed();
    narration.tell(narration.now().toBuilder().setState(whole ? "passed" : "failed").build());
    return List.copyOf(played);
  }

  boolean passed() {
    return played.size() == scenes.size() && played.stream().allMatch(p -> p.seen() != null);
  }

  private Played play(int index) {
    var scene = scenes.get(index);
    tell(index, "running", "");
    if (theatre.watched()) theatre.pause(TITLE); // the rest is read while it is played
    long from = System.nanoTime();
    Seen seen = null;
    String why = "";
    try {
      seen = scene.play().on(theatre);
    } catch (NotSeen | CliFailure e) {
      why = e.getMessage();
    } catch (RuntimeException e) {
      why = e.toString();
    }
    double seconds = (System.nanoTime() - from) / 1e9;
    tell(index, seen != null ? "seen" : "failed", seen != null ? seen.words() : why);
    reading(seen != null ? seen.words() : why);
    return new Played(index + 1, scene, seconds, seen, why);
  }

  private void tell(int index, String state, String seen) {
    var next = narration.now().toBuilder().setState("running").setScene(index + 1);
    next.getScenesBuilder(index).setState(state).setSeen(clipped(seen));
    var span = theatre.shown();
    if (span != null)
      next.setPlayback(
          PlaybackSpan.newBuilder()
              .setRobot(Theatre.ROBOT)
              .setFrom(span.from().toString())
              .setTo(span.to().toString()));
    narration.tell(next.build());
  }

  private static String clipped(String text) {
    return text.length() <= 400 ? text : text.substring(0, 399) + "…";
  }

  private void reading(String text) {
    long millis = (long) (1e3 * text.length() / CHARACTERS_PER_SECOND);
    if (theatre.watched()) theatre.pause(Duration.ofMillis(millis));
  }
}
