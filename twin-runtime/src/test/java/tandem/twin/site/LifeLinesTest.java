package tandem.twin.site;

import static org.assertj.core.api.Assertions.assertThat;
import static tandem.twin.site.SiteNode.NO_DETECTOR;
import static tandem.twin.site.SiteNode.await;
import static tandem.twin.site.SiteNode.get;

import akka.cluster.MemberStatus;
import java.net.InetAddress;
import java.net.Socket;
import java.util.HashMap;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Nodes of a site, one of them a process that is killed or paused. No failure detector says a word
 * here: its patience is an hour.
 */
class LifeLinesTest {
  private SiteNode first;

  @BeforeEach
  void start() {
    first = SiteNode.start(null, true, NO_DETECTOR);
  }

  @AfterEach
  void end() {
    first.close();
  }

  private SiteNode.Forked fork() throws Exception {
    var settings = new HashMap<String, Object>(NO_DETECTOR);
    settings.put("akka.coordinated-shutdown.phases.cluster-exiting.timeout", "60s");
    return SiteNode.Forked.start(first.address(), true, settings);
  }

  @Test
  void shouldDownAKilledNodeAtOnceAndKeepTheOthers() throws Exception {
    try (var second = SiteNode.start(first.address(), true, NO_DETECTOR);
        var killed = fork()) {
      await("three up", () -> first.members() == 3 && second.members() == 3);
      await("lines", () -> first.lines().up() == 2 && second.lines().up() == 2);

      killed.process.toHandle().destroyForcibly();

      await("removed", () -> first.statusOf(killed.address).isEmpty());
      await("removed at the other one", () -> second.statusOf(killed.address).isEmpty());
      assertThat(first.lines().downed() + second.lines().downed()).isPositive();
      assertThat(first.isUp(second.address())).isTrue();
      assertThat(second.isUp(first.address())).isTrue();
      await("one line each", () -> first.lines().up() == 1 && second.lines().up() == 1);
    }
  }

  /** Its lines break while it is paused; nobody refuses a new one, and nobody answers it. */
  @Test
  void shouldNotDownAPausedNode() throws Exception {
    try (var paused = fork()) {
      await("line", () -> first.lines().up() == 1 && first.isUp(paused.address));
      paused.signal("-STOP");
      first.lines().cut();
      await("tried in vain", () -> first.lines().unanswered() >= 2);

      assertThat(first.lines().downed()).isZero();
      assertThat(first.isUp(paused.address)).isTrue();
      assertThat(first.lines().broken()).isEqualTo(1);

      paused.signal("-CONT");
      await("line again", () -> first.lines().up() == 1);
      assertThat(first.lines().downed()).isZero();
      assertThat(first.isUp(paused.address)).isTrue();
    }
  }

  @Test
  void shouldNotDownANodeThatLeavesInOrder() throws Exception {
    try (var leaving = fork()) {
      await("line", () -> first.lines().up() == 1 && first.isUp(leaving.address));

      leaving.say("leave");

      get(leaving.process.onExit());
      await("removed", () -> first.statusOf(leaving.address).isEmpty());
      await("no line", () -> first.lines().up() == 0);
      assertThat(first.lines().downed()).isZero();
    }
  }

  /** Once it has said that it goes, its end is no news. */
  @Test
  void shouldNotDownANodeThatDiesWhileItLeaves() throws Exception {
    try (var leaving = fork()) {
      await("line", () -> first.lines().up() == 1 && first.isUp(leaving.address));
      leaving.say("leave-and-hang");
      leaving.hear("hanging");

      leaving.process.toHandle().destroyForcibly();

      await("its end was seen", () -> first.lines().endedInOrder() == 1);
      assertThat(first.lines().downed()).isZero();
      assertThat(first.statusOf(leaving.address)).isNotEqualTo(Optional.of(MemberStatus.down()));
    }
  }

  @Test
  void shouldStandWhateverAStrangerSends() throws Exception {
    try (var second = SiteNode.start(first.address(), true, NO_DETECTOR)) {
      await("lines", () -> first.lines().up() == 1 && second.lines().up() == 1);
      try (var stranger = new Socket(InetAddress.getByName("127.0.0.1"), first.lines().port())) {
        stranger.getInputStream().readNBytes(LifeLine.GREETING_BYTES);
        stranger.getOutputStream().write(new byte[] {'G', 'E', 'T'});
        assertThat(stranger.getInputStream().read()).isEqualTo(-1);
      }

      assertThat(first.lines().turnedAway()).isEqualTo(1);
      assertThat(first.lines().up()).isEqualTo(1);
      assertThat(second.lines().broken()).isZero();
    }
  }
}
