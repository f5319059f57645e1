package tandem.ros2.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import tandem.ros2.Gid;
import tandem.ros2.Qos;
import tandem.ros2.TopicKey;
import tandem.ros2.graph.LivelinessToken.Kind;
import tandem.ros2.msg.StringMessage;

class GraphTest {
  private static final TopicKey CHATTER =
      TopicKey.of(0, "/chatter", StringMessage.TYPE.name(), StringMessage.TYPE.hash());

  private final Graph graph = new Graph();

  private static LivelinessToken publisher(String zid, long id, String namespace) {
    return LivelinessToken.node(0, zid, 0, namespace, "talker")
        .endpoint(Kind.PUBLISHER, id, CHATTER, Qos.reliable(10));
  }

  @Test
  void shouldReadWhatATokenSays() {
    LivelinessToken token =
        LivelinessToken.parse(
            "@ros2_lv/7/aac3/2/10/MS/%/%robot1%arm/listener/%robot1%joint_states"
                + "/sensor_msgs::msg::dds_::JointState_/RIHS01_a1/2:1:,5:,:,:,,");

    assertThat(token.kind()).isEqualTo(Kind.SUBSCRIPTION);
    assertThat(token.domain()).isEqualTo(7);
    assertThat(token.fullNodeName()).isEqualTo("/robot1/arm/listener");
    assertThat(token.name()).isEqualTo("/robot1/joint_states");
    assertThat(token.qos().isTransientLocal()).isTrue();
    assertThat(token.qos().isReliable()).isFalse();
    assertThat(token.topicKey().orElseThrow().key())
        .isEqualTo("7/robot1/joint_states/sensor_msgs::msg::dds_::JointState_/RIHS01_a1");
  }

  @Test
  void shouldIgnoreOneMoreChunkAndRefuseOthers() {
    String key = publisher("aa", 1, "/").key();

    assertThat(LivelinessToken.parse(key + "/shm")).isEqualTo(LivelinessToken.parse(key));
    assertThatThrownBy(() -> LivelinessToken.parse(key + "/shm/more"))
        .hasMessageContaining("chunks: expected 13, found 15");
    assertThatThrownBy(() -> LivelinessToken.parse("@ros2_lv/0/aa/0/0/XX/%/%/n"))
        .hasMessageContaining("kind: expected NN, MP, MS, SS or SC, found XX");
    assertThatThrownBy(() -> LivelinessToken.parse("@ros2_lv/0/aa/-1/0/NN/%/%/n"))
        .hasMessageContaining("node id");
    assertThatThrownBy(() -> LivelinessToken.parse("@/aa/@ros2_lv/MP/chatter"))
        .hasMessageContaining("@ros2_lv and at least 8 more");
  }

  @Property
  void shouldSurviveAnyText(@ForAll String noise) {
    graph.appeared(noise);
    graph.appeared("@ros2_lv/0/" + noise);
    graph.vanished(noise);

    assertThat(graph.entities()).isEmpty();
    assertThat(graph.lastRefusal().orElseThrow()).contains("not in the graph");
  }

  @Test
  void shouldTellListenersOnceAndInOrder() {
    List<String> told = new ArrayList<>();
    String first = publisher("aa", 1, "/").key();
    String second = publisher("bb", 1, "/").key();
    graph.appeared(first);
    Graph.Listening listening =
        graph.listen(
            new Graph.Listener() {
              @Override
              public void appeared(LivelinessToken entity) {
                told.add("+" + entity.zid());
              }

              @Override
              public void vanished(LivelinessToken entity) {
                told.add("-" + entity.zid());
              }
            });
    graph.appeared(second);
    graph.appeared(second);
    graph.vanished(first);
    graph.vanished(first);
    listening.close();
    graph.vanished(second);

    assertThat(told).containsExactly("+aa", "+bb", "-aa");
    assertThat(graph.entities()).isEmpty();
  }

  @Test
  void shouldFindAPublisherByItsGidElseOnlyWhereNoOtherCanBeMeant() {
    LivelinessToken one = publisher("aa", 1, "/ada");
    LivelinessToken two = publisher("bb", 1, "/eve");
    Gid random = new Gid(1, 2);
    graph.appeared(one.key());

    assertThat(graph.publisher(CHATTER, random, null).orElseThrow().match())
        .isEqualTo(Graph.Match.ONLY_ONE);
    graph.appeared(two.key());

    assertThat(graph.publisher(CHATTER, two.gid(), "aa").orElseThrow())
        .isEqualTo(new Graph.Publisher(two, Graph.Match.GID));
    assertThat(graph.publisher(CHATTER, random, "bb").orElseThrow())
        .isEqualTo(new Graph.Publisher(two, Graph.Match.ONLY_ONE_OF_SESSION));
    assertThat(graph.publisher(CHATTER, random, "cc")).isEmpty();
    assertThat(graph.publisher(CHATTER, null, null)).isEmpty();
    graph.vanished(two.key());
    assertThat(graph.find(two.gid())).isEmpty();
  }

  @Test
  void shouldStayBounded() {
    for (int i = 0; i <= Graph.MAX_ENTITIES; i++) graph.appeared(publisher("aa", i, "/").key());

    assertThat(graph.entities()).hasSize(Graph.MAX_ENTITIES);
    assertThat(graph.refused()).isEqualTo(1);
    assertThat(graph.lastRefusal().orElseThrow()).contains("graph is full with 20000 entities");
  }
}
