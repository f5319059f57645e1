package tandem.twin.robot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tandem.proto.codec.CorruptEvent;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;
import tandem.proto.event.Evidence;
import tandem.proto.event.Goal;
import tandem.proto.event.SampleRef;
import tandem.proto.event.Used;
import tandem.proto.v1.StanceGoal;

class TwinFoldTest {
  private static final Goal SQUAT =
      new Goal.Stance(StanceGoal.newBuilder().setStance("squat").build());

  private static final Evidence SEEN =
      new Evidence(
          Used.of(new SampleRef("/ada/joint_states", "0a1b", 7, 7, 2.5), Map.of("elbow", 0.25)),
          0.0125,
          null,
          203.5);

  /** More commands than are kept, some of which never end, and what else changes lists and maps. */
  private static List<SealedEvent> chain(long seed, int events) {
    var random = new Random(seed);
    var chain = new ArrayList<SealedEvent>();
    ByteString head = SealedEvent.NO_HASH;
    for (int i = 1; i <= events; i++) {
      Event event =
          i == 1 ? new Event.TermBegun(1, 0, 0, ByteString.EMPTY, "home", "") : any(random, i);
      chain.add(SealedEvent.seal("ada", 1, i, 1_000 + i, head, event));
      head = chain.getLast().hash();
    }
    return chain;
  }

  private static Event any(Random random, int i) {
    String id = "c" + random.nextInt(i);
    return switch (random.nextInt(12)) {
      case 0, 1, 2 -> new Event.CommandCreated("c" + i, "anna", SQUAT, 2_000);
      case 3 -> new Event.CommandSent(id, i);
      case 4 -> new Event.CommandFailed(id, "tandem.no", "not reached", null);
      case 5 -> new Event.CommandCancelled(id, "ben", "enough");
      case 6 -> new Event.CommandDone(id, i, SEEN);
      case 7 -> new Event.LeaseOffered(i, "anna", "body", 1_000, "", "", "");
      case 8 -> new Event.LeaseGranted(i - 1);
      case 9 -> new Event.HazardRaised("kind" + random.nextInt(3), "warning", "text " + i);
      case 10 -> new Event.SegmentOpened("file" + i, i, "");
      default -> new Event.LeaseWished("ben" + random.nextInt(3), "body", "my turn");
    };
  }

  @Test
  void shouldComeToTheSameStateEventByEventAndInOneGo() {
    for (long seed = 0; seed < 5; seed++) {
      TwinState state = TwinState.empty("ada", 1);
      var often = new TwinFold.Folding(state);
      var once = new TwinFold.Folding(state);
      for (SealedEvent event : chain(seed, 600)) {
        TwinState before = state;
        String digest = TwinImages.digest(before);
        state = TwinFold.evolve(state, event);
        assertThat(TwinImages.digest(before)).as("a state does not change").isEqualTo(digest);
        often.take(event);
        once.take(event);
        TwinState asked = often.state();
        assertThat(asked).as("seed %d event %d", seed, event.sequence()).isEqualTo(state);
      }
      assertThat(once.state()).isEqualTo(state);
      assertThat(TwinImages.digest(once.state())).isEqualTo(TwinImages.digest(state));
      assertThat(state.commands()).hasSizeGreaterThan(TwinState.KEPT_COMMANDS);
    }
  }

  @Test
  void shouldNotChangeAStateThatWasGivenOut() {
    var chain = chain(7, 400);
    var folding = new TwinFold.Folding(TwinState.empty("ada", 1));
    for (SealedEvent event : chain.subList(0, 200)) folding.take(event);
    TwinState given = folding.state();
    String digest = TwinImages.digest(given);

    for (SealedEvent event : chain.subList(200, 400)) folding.take(event);

    assertThat(given.sequence()).isEqualTo(200);
    assertThat(TwinImages.digest(given)).isEqualTo(digest);
  }

  @Test
  void shouldChangeNothingWhereAnEventIsNotTheNextLink() {
    var chain = chain(1, 30);
    var folding = new TwinFold.Folding(TwinState.empty("ada", 1));
    for (SealedEvent event : chain.subList(0, 20)) folding.take(event);
    TwinState before = folding.state();
    SealedEvent twentieth = chain.get(19);
    ByteString head = twentieth.hash();
    Event note = new Event.OperatorAction("anna", "note", "hello");
    Event begun = new Event.TermBegun(1, 0, 0, ByteString.EMPTY, "home", "");

    for (SealedEvent wrong :
        List.of(
            chain.get(21),
            twentieth,
            SealedEvent.seal("eve", 1, 21, 2_000, head, note),
            SealedEvent.seal("ada", 2, 21, 2_000, head, note),
            SealedEvent.seal("ada", 1, 21, 2_000, SealedEvent.NO_HASH, note),
            SealedEvent.seal("ada", 1, 21, 2_000, head, begun),
            SealedEvent.seal("ada", 1, 21, twentieth.hybridNanos(), head, note))) {
      assertThatThrownBy(() -> folding.take(wrong))
          .isInstanceOf(CorruptEvent.class)
          .hasMessageStartingWith("chain: ");
      assertThat(folding.state()).isEqualTo(before);
    }

    folding.take(chain.get(20));
    assertThat(folding.state().sequence()).isEqualTo(21);
  }
}
