package tandem.ros2.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tandem.ros2.Attachment;
import tandem.ros2.Gid;
import tandem.ros2.Qos;
import tandem.ros2.TopicKey;
import tandem.ros2.cdr.Float64s;
import tandem.ros2.graph.Graph;
import tandem.ros2.graph.LivelinessToken.Kind;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.JointState;
import tandem.ros2.msg.StringMessage;
import tandem.ros2.msg.Time;
import tandem.zenoh.PutOptions;
import tandem.zenoh.Router;
import tandem.zenoh.RouterConfig;
import tandem.zenoh.Sample;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

class Ros2NodeTest {
  private static final JointState JOINTS =
      new JointState(
          new Header(new Time(12, 34), "base_link"),
          List.of("hip", "knee"),
          Float64s.of(0.5, -1.25),
          Float64s.of(0, 2),
          Float64s.EMPTY);

  private Router router;
  private Session robot;
  private GraphWatch watch;

  @BeforeEach
  void open() {
    router = Router.listen(RouterConfig.on("tcp/127.0.0.1:0"));
    robot = Session.open(SessionConfig.to(router.endpoint()));
    watch = new GraphWatch(router.local(), 0);
  }

  @AfterEach
  void close() {
    watch.close();
    robot.close();
    router.close();
  }

  private Graph graph() {
    return watch.graph();
  }

  @Test
  void shouldBringSamplesWithTheirSender() throws Exception {
    AtomicLong clock = new AtomicLong(5_000);
    BlockingQueue<Ros2Sample<JointState>> heard = new LinkedBlockingQueue<>();
    try (var listener = new Ros2Node(router.local(), 0, "/tandem", "listener");
        var balance = new Ros2Node(robot, 0, "/ada", "balance", clock::incrementAndGet);
        var subscription =
            listener.subscribe("/ada/joint_states", JointState.TYPE, Qos.reliable(10), heard::add);
        var publisher = balance.publisher("joint_states", JointState.TYPE, Qos.reliable(10))) {
      Waiting.until(graph(), "both ends", g -> g.endpoints(Kind.PUBLISHER).size() == 1);
      publisher.publish(JOINTS);
      publisher.publish(JOINTS);

      var first = Waiting.next(heard, "sample");
      var second = Waiting.next(heard, "second sample");

      assertThat(first.message()).isEqualTo(JOINTS);
      assertThat(first.history()).isFalse();
      assertThat(first.attachment()).isEqualTo(new Attachment(1, 5_001, publisher.gid()));
      assertThat(second.attachment().sequence()).isEqualTo(2);
      assertThat(publisher.gid()).isEqualTo(Gid.ofToken(publisher.token().key()));
      var found =
          graph()
              .publisher(
                  TopicKey.parse(first.sample().key()),
                  first.attachment().gid(),
                  first.sample().sourceZid())
              .orElseThrow();
      assertThat(found.match()).isEqualTo(Graph.Match.GID);
      assertThat(found.token().fullNodeName()).isEqualTo("/ada/balance");
      assertThat(found.token().qos()).isEqualTo(Qos.reliable(10));
      assertThat(subscription.refused()).isZero();
    }
    Waiting.until(graph(), "all gone", g -> g.entities().isEmpty());
  }

  @Test
  void shouldNotHandOnWhatItCannotRead() throws Exception {
    BlockingQueue<Ros2Sample<StringMessage>> heard = new LinkedBlockingQueue<>();
    try (var node = new Ros2Node(router.local(), 0, "/", "listener");
        var subscription =
            node.subscribe("/chatter", StringMessage.TYPE, Qos.reliable(10), heard::add);
        var talker = new Ros2Node(robot, 0, "/", "talker");
        var publisher = talker.publisher("/chatter", StringMessage.TYPE, Qos.reliable(10))) {
      Waiting.until(graph(), "publisher", g -> g.endpoints(Kind.PUBLISHER).size() == 1);
      robot.put(publisher.key().key(), new byte[] {0, 1, 0, 0}, PutOptions.DEFAULT);
      publisher.publishCdr(new byte[] {0, 1, 0, 0, 9, 0, 0, 0});
      publisher.publish(new StringMessage("fine"));

      assertThat(Waiting.next(heard, "the readable one").message().data()).isEqualTo("fine");
      assertThat(subscription.refused()).isEqualTo(2);
      assertThat(subscription.lastRefusal().orElseThrow())
          .contains("0/chatter/std_msgs::msg::dds_::String_/")
          .contains("field data: expected a string within the 0 bytes left, found 9 bytes");
    }
  }

  @Test
  void shouldGiveALateSubscriberWhatIsLatchedOnceAndInOrder() throws Exception {
    BlockingQueue<Ros2Sample<StringMessage>> early = new LinkedBlockingQueue<>();
    BlockingQueue<Ros2Sample<StringMessage>> heard = new LinkedBlockingQueue<>();
    try (var node = new Ros2Node(router.local(), 0, "/", "listener");
        var first = node.subscribe("/ada/plan", StringMessage.TYPE, Qos.reliable(5), early::add);
        var talker = new Ros2Node(robot, 0, "/ada", "state");
        var publisher = talker.publisher("plan", StringMessage.TYPE, Qos.latched(2))) {
      for (String text : List.of("one", "two", "three")) {
        publisher.publish(new StringMessage(text));
      }
      // All three have arrived: the late subscriber gets none of them live.
      Waiting.next(early, 3, "sample");
      assertThat(first.refused()).isZero();
      try (var subscription =
          node.subscribe("/ada/plan", StringMessage.TYPE, Qos.latched(5), heard::add)) {
        var kept = Waiting.next(heard, 2, "kept sample");
        publisher.publish(new StringMessage("four"));
        var live = Waiting.next(heard, "live sample");

        assertThat(kept).extracting(one -> one.message().data()).containsExactly("two", "three");
        assertThat(kept).allMatch(Ros2Sample::history);
        assertThat(kept.get(1).attachment().sequence()).isEqualTo(3);
        assertThat(live.message().data()).isEqualTo("four");
        assertThat(live.history()).isFalse();
        assertThat(heard).isEmpty();
        assertThat(subscription.refused()).isZero();
      }
    }
  }

  @Test
  void shouldGetWhatIsLatchedFromAPublisherThatComesLater() throws Exception {
    BlockingQueue<Ros2Sample<StringMessage>> heard = new LinkedBlockingQueue<>();
    try (var node = new Ros2Node(router.local(), 0, "/", "early");
        var subscription =
            node.subscribe(
                "/ada/robot_description", StringMessage.TYPE, Qos.latched(1), heard::add);
        var talker = new Ros2Node(robot, 0, "/ada", "state");
        var publisher = talker.publisher("robot_description", StringMessage.TYPE, Qos.latched(1))) {
      publisher.publish(new StringMessage("<robot/>"));

      assertThat(Waiting.next(heard, "description").message().data()).isEqualTo("<robot/>");
      assertThat(subscription.refused()).isZero();
    }
    assertThat(heard).isEmpty();
  }

  @Test
  void shouldBeANewPublisherAfterANewLink() throws Exception {
    BlockingQueue<DomainTap.Heard> heard = new LinkedBlockingQueue<>();
    try (var tap = new DomainTap(router.local(), 0, queued(heard));
        var talker = new Ros2Node(robot, 0, "/ada", "state");
        var chatter = talker.publisher("chatter", StringMessage.TYPE, Qos.reliable(10));
        var latched = talker.publisher("robot_description", StringMessage.TYPE, Qos.latched(1))) {
      latched.publish(new StringMessage("<robot/>"));
      var before = Waiting.next(heard, "description");
      String oldZid = robot.zid();
      String oldToken = chatter.token().key();

      router.close(oldZid, "the test cuts the link");
      Waiting.until(
          graph(),
          "new tokens and no old ones",
          g ->
              g.endpoints(Kind.PUBLISHER).size() == 2
                  && g.entities().stream().noneMatch(e -> e.zid().equals(oldZid)));
      var after = Waiting.next(heard, "description of the new publisher");
      chatter.publish(new StringMessage("again"));
      var again = Waiting.next(heard, "sample over the new link");

      assertThat(robot.zid()).isNotEqualTo(oldZid);
      assertThat(chatter.token().key()).isNotEqualTo(oldToken);
      assertThat(again.attachment().sequence()).isEqualTo(1);
      assertThat(again.attachment().gid()).isEqualTo(Gid.ofToken(chatter.token().key()));
      assertThat(after.history()).isTrue();
      assertThat(after.attachment().gid()).isNotEqualTo(before.attachment().gid());
      assertThat(after.sample().payload()).isEqualTo(before.sample().payload());
      assertThat(tap.repeated()).isNotNegative();
    }
  }

  @Test
  void shouldKnowTheGraphAgainAfterALostLinkAlsoWhatWentMeanwhile() throws Exception {
    Session other = Session.open(SessionConfig.to(router.endpoint()));
    try (var seen = new GraphWatch(robot, 0);
        var stays = new Ros2Node(router.local(), 0, "/", "stays");
        var goes = new Ros2Node(other, 0, "/", "goes")) {
      Waiting.until(seen.graph(), "both nodes", g -> g.nodes().size() == 2);
      assertThat(List.of(stays.token().node(), goes.token().node())).hasSize(2);
      other.close();
      router.close(robot.zid(), "the test cuts the link");

      Waiting.until(seen.graph(), "one node", g -> g.nodes().size() == 1);
      assertThat(seen.graph().nodes().get(0).node()).isEqualTo("stays");
      try (var late = new Ros2Node(router.local(), 0, "/", "comes")) {
        Waiting.until(seen.graph(), "a new node", g -> g.nodes().size() == 2);
        assertThat(seen.graph().nodes()).contains(late.token());
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
      public void unreadable(Sample sample, String why) {
        throw new AssertionError(why);
      }
    };
  }

  @Test
  void shouldHearAWholeDomainWithItsHistoryAndNothingTwice() throws Exception {
    BlockingQueue<DomainTap.Heard> heard = new LinkedBlockingQueue<>();
    BlockingQueue<String> unreadable = new LinkedBlockingQueue<>();
    BlockingQueue<Sample> arrived = new LinkedBlockingQueue<>();
    try (var early = router.local().declareSubscriber("0/ada/**", arrived::add);
        var talker = new Ros2Node(robot, 0, "/ada", "state");
        var elsewhere = new Ros2Node(robot, 1, "/ada", "state");
        var description =
            talker.publisher("robot_description", StringMessage.TYPE, Qos.latched(1));
        var other = elsewhere.publisher("chatter", StringMessage.TYPE, Qos.latched(1))) {
      description.publish(new StringMessage("<robot/>"));
      other.publish(new StringMessage("of another domain"));
      assertThat(Waiting.next(arrived, early.key()).key()).isEqualTo(description.key().key());
      DomainTap.Listener listener =
          new DomainTap.Listener() {
            @Override
            public void heard(DomainTap.Heard sample) {
              heard.add(sample);
            }

            @Override
            public void unreadable(Sample sample, String why) {
              unreadable.add(why);
            }
          };
      try (var tap = new DomainTap(router.local(), 0, listener)) {
        var kept = Waiting.next(heard, "description");
        assertThat(kept.history()).isTrue();
        assertThat(kept.key().name()).isEqualTo("/ada/robot_description");

        robot.put("0/nonsense", new byte[0], PutOptions.DEFAULT);
        assertThat(Waiting.next(unreadable, "refusal"))
            .contains("expected <domain>/<name>/<type>/<hash>");

        robot.put(description.key().key(), new byte[] {1}, PutOptions.DEFAULT);
        var bare = Waiting.next(heard, "sample without attachment");
        assertThat(bare.attachment()).isNull();
        assertThat(bare.attachmentProblem()).contains("found none");

        description.publish(new StringMessage("<robot name='new'/>"));
        assertThat(Waiting.next(heard, "live sample").history()).isFalse();
        assertThat(heard).isEmpty();
        assertThat(tap.repeated()).isZero();
      }
    }
  }

  @Test
  void shouldGiveEachEndpointANumberOfItsOwn() throws Exception {
    try (var one = new Ros2Node(robot, 0, "/", "one");
        var two = new Ros2Node(robot, 0, "/", "two");
        var first = one.publisher("a", StringMessage.TYPE, Qos.reliable(1));
        var second = one.publisher("a", StringMessage.TYPE, Qos.reliable(1))) {
      assertThat(List.of(one.token().id(), two.token().id(), first.token().id()))
          .doesNotHaveDuplicates();
      assertThat(first.gid()).isNotEqualTo(second.gid());
      assertThat(first.token().nid()).isEqualTo(one.token().nid());
      assertThatThrownBy(
              () ->
                  one.publisher(
                      TopicKey.parse("3/a/std_msgs::msg::dds_::String_/x"), Qos.reliable(1)))
          .hasMessageContaining("expected domain 0");
    }
  }

  @Test
  void shouldSendAsTheQualityAsks() {
    assertThat(Ros2Publisher.zenoh(Qos.reliable(1))).isEqualTo(tandem.zenoh.Qos.DATA);
    assertThat(Ros2Publisher.zenoh(Qos.bestEffort(1))).isEqualTo(tandem.zenoh.Qos.BEST_EFFORT);
    assertThat(Ros2Publisher.zenoh(Qos.reliable(1).withHistory(Qos.History.KEEP_ALL)))
        .isEqualTo(tandem.zenoh.Qos.DATA_BLOCK);
  }
}
