package tandem.ros2.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tandem.ros2.Attachment;
import tandem.ros2.Peers;
import tandem.ros2.Qos;
import tandem.ros2.RunningPeer;
import tandem.ros2.TopicKey;
import tandem.ros2.graph.Graph;
import tandem.ros2.graph.LivelinessToken.Kind;
import tandem.ros2.msg.StringMessage;
import tandem.zenoh.Router;
import tandem.zenoh.RouterConfig;

/** The real Zenoh core on the other side: zenoh-ext's advanced endpoints and zenoh-ros2-sdk. */
class PeersInteropTest {
  private Router router;
  private GraphWatch watch;

  @BeforeEach
  void open() {
    router = Router.listen(RouterConfig.on("tcp/127.0.0.1:0"));
    watch = new GraphWatch(router.local(), 0);
  }

  @AfterEach
  void close() {
    watch.close();
    router.close();
  }

  @Test
  void shouldTalkWithANodeOfTheRos2Sdk() throws Exception {
    int port =
        Integer.parseInt(router.endpoint().substring(router.endpoint().lastIndexOf(':') + 1));
    BlockingQueue<Ros2Sample<StringMessage>> heard = new LinkedBlockingQueue<>();
    try (var node = new Ros2Node(router.local(), 0, "/tandem", "both");
        var subscription =
            node.subscribe("/sdk/chatter", StringMessage.TYPE, Qos.reliable(10), heard::add);
        var publisher = node.publisher("chatter", StringMessage.TYPE, Qos.reliable(10));
        var peer = new RunningPeer(Peers.peer("ros2_sdk.py", port, "Tandem"))) {
      peer.until("ready");
      Waiting.until(
          watch.graph(),
          "talker and listener of the SDK",
          g ->
              g.endpoints(Kind.PUBLISHER, "/sdk/chatter").size() == 1
                  && g.endpoints(Kind.SUBSCRIPTION, "/tandem/chatter").size() == 1);
      publisher.publish(new StringMessage("from Java"));

      assertThat(peer.until("heard").get("heard").asText()).isEqualTo("from Java");
      List<Ros2Sample<StringMessage>> samples = Waiting.next(heard, 5, "sample of the SDK");
      assertThat(samples.get(0).message().data()).startsWith("Hello Tandem: ");
      assertThat(samples.get(4).attachment().sequence())
          .isEqualTo(samples.get(0).attachment().sequence() + 4);
      // The SDK's gid is random: the publisher is found all the same.
      Graph.Publisher found =
          watch
              .graph()
              .publisher(
                  TopicKey.parse(samples.get(0).sample().key()),
                  samples.get(0).attachment().gid(),
                  samples.get(0).sample().sourceZid())
              .orElseThrow();
      assertThat(found.token().fullNodeName()).isEqualTo("/sdk/talker");
      assertThat(found.match()).isEqualTo(Graph.Match.ONLY_ONE_OF_SESSION);
      assertThat(subscription.refused()).isZero();
    }
    Waiting.until(
        watch.graph(), "the SDK's tokens gone", g -> g.endpoints(Kind.PUBLISHER).isEmpty());
  }

  @Test
  void shouldGetTheHistoryOfAnAdvancedPublisherOfTheCore() throws Exception {
    TopicKey key =
        TopicKey.of(
            0, "/ada/robot_description", StringMessage.TYPE.name(), StringMessage.TYPE.hash());
    BlockingQueue<Ros2Sample<StringMessage>> heard = new LinkedBlockingQueue<>();
    BlockingQueue<DomainTap.Heard> tapped = new LinkedBlockingQueue<>();
    try (var peer =
        new RunningPeer(Peers.peer("adv_peer.py", "pub", router.endpoint(), key.key(), 3))) {
      peer.until("ready");
      // The last samples may still be on their way when we come: live or kept, each comes once.
      try (var tap = new DomainTap(router.local(), 0, queued(tapped))) {
        assertThat(Waiting.next(tapped, 3, "tapped sample"))
            .extracting(sample -> sample.attachment().sequence())
            .containsExactlyInAnyOrder(1L, 2L, 3L);
        assertThat(tap.repeated()).isBetween(0L, 3L);
      }
      try (var node = new Ros2Node(router.local(), 0, "/", "late");
          var subscription =
              node.subscribe(
                  "/ada/robot_description", StringMessage.TYPE, Qos.latched(2), heard::add)) {
        List<Ros2Sample<StringMessage>> kept = Waiting.next(heard, 2, "kept sample");
        assertThat(kept)
            .extracting(sample -> sample.message().data())
            .containsExactly("latched 1", "latched 2");
        assertThat(kept).allMatch(Ros2Sample::history);
        assertThat(subscription.refused()).isZero();
      }
    }
    assertThat(tapped).isEmpty();
    assertThat(heard).isEmpty();
  }

  @Test
  void shouldTellSamplesApartByTimestampWhereTheyHaveNoNumber() throws Exception {
    TopicKey key = TopicKey.of(0, "/ada/map", StringMessage.TYPE.name(), StringMessage.TYPE.hash());
    BlockingQueue<DomainTap.Heard> tapped = new LinkedBlockingQueue<>();
    try (var tap = new DomainTap(router.local(), 0, queued(tapped));
        var peer =
            new RunningPeer(
                Peers.peer("adv_peer.py", "pub-timestamps", router.endpoint(), key.key(), 2))) {
      peer.until("ready");
      List<DomainTap.Heard> first = Waiting.next(tapped, 2, "sample, live or kept");
      peer.say();
      DomainTap.Heard last = Waiting.next(tapped, "live sample");

      assertThat(first).allMatch(sample -> sample.sample().sourceInfo() == null);
      assertThat(first).allMatch(sample -> sample.sample().timestamp() != null);
      assertThat(first)
          .extracting(sample -> sample.attachment().sequence())
          .containsExactlyInAnyOrder(1L, 2L);
      assertThat(last.attachment().sequence()).isEqualTo(3);
      assertThat(tap.repeated()).isBetween(0L, 2L);
      try (var late = new DomainTap(router.local(), 0, queued(tapped))) {
        assertThat(Waiting.next(tapped, 2, "kept sample"))
            .allMatch(DomainTap.Heard::history)
            .extracting(sample -> sample.attachment().sequence())
            .containsExactly(2L, 3L);
        assertThat(late.repeated()).isZero();
      }
    }
  }

  private static DomainTap.Listener queued(BlockingQueue<DomainTap.Heard> heard) {
    return new DomainTap.Listener() {
      @Override
      public void heard(DomainTap.Heard sample) {
        heard.add(sample);
      }

      @Override
      public void unreadable(tandem.zenoh.Sample sample, String why) {
        throw new AssertionError(why);
      }
    };
  }

  @Test
  void shouldAnswerAnAdvancedSubscriberOfTheCore() throws Exception {
    try (var node = new Ros2Node(router.local(), 0, "/ada", "state");
        var publisher = node.publisher("robot_description", StringMessage.TYPE, Qos.latched(2))) {
      for (int i = 0; i < 3; i++) publisher.publish(new StringMessage("kept " + i));
      try (var peer =
          new RunningPeer(
              Peers.peer("adv_peer.py", "sub", router.endpoint(), publisher.key().key(), 3))) {
        peer.until("ready");
        JsonNode first = peer.until("payload");
        JsonNode second = peer.until("payload");
        publisher.publish(new StringMessage("live"));
        JsonNode third = peer.until("payload");

        assertThat(List.of(first, second, third))
            .extracting(
                line ->
                    StringMessage.TYPE
                        .decode(java.util.HexFormat.of().parseHex(line.get("payload").asText()))
                        .data())
            .containsExactly("kept 1", "kept 2", "live");
        assertThat(
                Attachment.parse(
                    java.util.HexFormat.of().parseHex(third.get("attachment").asText())))
            .matches(attachment -> attachment.sequence() == 4)
            .matches(attachment -> attachment.gid().equals(publisher.gid()));
      }
    }
  }
}
