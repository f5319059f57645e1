package tandem.twin.robot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tandem.proto.event.Event;
import tandem.proto.v1.GoalFeedback;
import tandem.proto.v1.TwinView;

class GuardShownTest extends CoreStage {
  private TwinView view() {
    return TwinViews.twin(
        state, "", seen().sensed(), seen().guard(), Map.of(), seen().now().nanos());
  }

  @Test
  void shouldRaiseAHazardOnceWhileTheGuardIsOfAnotherVersion() {
    live(hands(false));
    guard.setVersion("0.0.9").setExpectedVersion("1.0");
    after(100);
    after(100);

    assertThat(happened)
        .filteredOn(Event.HazardRaised.class::isInstance)
        .singleElement()
        .isEqualTo(
            new Event.HazardRaised(
                "guard-version",
                "error",
                "guard of ada: version: expected 1.0, found 0.0.9: stop and cancel still reach it,"
                    + " nothing else is said to it until it is replaced"));
    assertThat(view().getHazardsList())
        .singleElement()
        .satisfies(hazard -> assertThat(hazard.hasUntil()).isFalse());
    assertThat(view().getGuardVersion()).isEqualTo("0.0.9");

    guard.setVersion("1.0").clearExpectedVersion();
    after(100);
    after(100);

    assertThat(happened)
        .filteredOn(Event.HazardCleared.class::isInstance)
        .singleElement()
        .isEqualTo(new Event.HazardCleared("guard-version", "version 1.0 speaks"));
    assertThat(view().getHazards(0).hasUntil()).isTrue();
  }

  @Test
  void shouldShowWhatTheGuardSeesOfABodyThatStands() {
    live(hands(false));
    after(50);
    after(250);
    String own = view().getBody();
    assertThat(own).isEqualTo("standing");
    for (String seen : List.of("walking", "lifted", "gantry")) {
      guard.setBody(seen);
      assertThat(view().getBody()).isEqualTo(seen);
    }
    for (String seen : List.of("", "unknown", "standing", "fallen")) {
      guard.setBody(seen);
      assertThat(view().getBody()).as("guard says " + seen).isEqualTo(own);
    }
  }

  @Test
  void shouldShowTheCountersAndSessionsOfTheGuard() {
    live(hands(false));
    guard.putCounters("setpointsRefused", 3).putCounters("deadmanTrips", 0).addZids("ab12");

    assertThat(view().getGuardCountersMap())
        .containsOnly(Map.entry("setpointsRefused", 3L), Map.entry("deadmanTrips", 0L));
    assertThat(view().getGuardZidsList()).containsExactly("ab12");
    assertThat(view().hasFeedback()).isFalse();
    guard.setFeedback(GoalFeedback.newBuilder().setCommandId("c").setDistanceMeters(1.5));
    assertThat(view().getFeedback().getDistanceMeters()).isEqualTo(1.5);
  }
}
