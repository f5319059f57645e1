package tandem.zenoh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import tandem.zenoh.GetOptions.Consolidation;
import tandem.zenoh.GetOptions.Target;

/** Our session against our router; what the real core does the same way is in InteropTest. */
class SessionTest {
  private static final PutOptions BLOCK = PutOptions.DEFAULT.withQos(Qos.DATA_BLOCK);
  private Router router;
  private Session one;
  private Session two;

  @BeforeEach
  void open() {
    router = Router.listen(RouterConfig.on("tcp/127.0.0.1:0"));
    one = Session.open(SessionConfig.to(router.endpoint()));
    two = Session.open(SessionConfig.to(router.endpoint()));
  }

  @AfterEach
  void close() {
    one.close();
    two.close();
    router.close();
  }

  /** Waits until everything this session said before has been taken in. */
  private static void settle(Session session) {
    var answers = new Heard.Answers();
    session.getTokens("settle/nothing", Duration.ofSeconds(10), answers);
    answers.end(false);
  }

  private static byte[] bytes(String text) {
    return text.getBytes();
  }

  private static void answer(Session on, String key, boolean complete, String... texts) {
    on.declareQueryable(
        key,
        complete,
        query -> {
          for (String text : texts) query.reply("k/1", bytes(text), PutOptions.DEFAULT);
          query.close();
        });
    settle(on);
  }

  @Test
  void shouldCarryEverythingThatAccompaniesASample() {
    var heard = new Heard<Sample>();
    two.declareSubscriber("a/**", heard);
    settle(two);
    var timestamp = new Timestamp(0x7000_0000_0000_0001L, "abc");
    var source = new SourceInfo("def", 7, 4_000_000_000L);
    var qos = new Qos(2, Qos.Congestion.BLOCK, true, false);
    var options = new PutOptions(qos, new Encoding(5, "v1"), bytes("att"), timestamp, source);

    one.put("a/b", bytes("hello"), options);
    one.delete("a/b", PutOptions.DEFAULT.withAttachment(bytes("why")));

    var put = heard.await(2).stream().filter(s -> s.kind() == Sample.Kind.PUT).findFirst().get();
    assertThat(put.key()).isEqualTo("a/b");
    assertThat(put.payload()).asString().isEqualTo("hello");
    assertThat(put.attachment()).asString().isEqualTo("att");
    assertThat(put.encoding()).isEqualTo(new Encoding(5, "v1"));
    assertThat(put.timestamp()).isEqualTo(timestamp);
    assertThat(put.sourceInfo()).isEqualTo(source);
    assertThat(put.qos()).isEqualTo(qos);
    assertThat(put.sourceZid()).isEqualTo(router.zid());
    var delete = heard.all().stream().filter(s -> s.kind() == Sample.Kind.DELETE).findFirst().get();
    assertThat(delete.attachment()).asString().isEqualTo("why");
  }

  @Test
  void shouldNameTheSessionThatDeliveredASampleOnTheRouter() {
    var heard = new Heard<Sample>();
    router.local().declareSubscriber("a", heard);

    one.put("a", bytes("1"), PutOptions.DEFAULT.withSourceInfo(new SourceInfo("bad", 1, 1)));
    router.local().put("a", bytes("2"), PutOptions.DEFAULT);

    heard.await(2);
    assertThat(heard.all())
        .extracting(Sample::sourceZid)
        .containsExactlyInAnyOrder(one.zid(), router.zid());
  }

  @Test
  void shouldDeliverToSubscribersOfTheSameSessionOnce() {
    var heard = new Heard<Sample>();
    one.declareSubscriber("a/*", heard);
    settle(one);

    one.put("a/b", bytes("x"), BLOCK);
    two.put("a/end", bytes("x"), BLOCK);

    heard.await("the other's", s -> s.key().equals("a/end"));
    assertThat(heard.all()).extracting(Sample::key).containsExactlyInAnyOrder("a/b", "a/end");
  }

  @Test
  void shouldStopAfterUndeclaring() {
    var heard = new Heard<Sample>();
    var all = new Heard<Sample>();
    var some = two.declareSubscriber("a/*", heard);
    two.declareSubscriber("**", all);
    settle(two);

    one.put("a/1", bytes("x"), BLOCK);
    heard.await(1);
    some.close();
    some.close();
    settle(two);
    one.put("a/2", bytes("x"), BLOCK);

    all.await("the second", s -> s.key().equals("a/2"));
    assertThat(heard.all()).hasSize(1);
  }

  @Test
  void shouldKeepTheOrderOfALaneAndCarryManySizes() {
    var heard = new Heard<Sample>();
    two.declareSubscriber("a", heard);
    settle(two);
    int[] sizes = {0, 1, 100, 65_000, 65_519, 65_520, 65_535, 65_536, 200_000, 1 << 20, 6 << 20};

    for (int size : sizes) one.put("a", new byte[size], BLOCK);

    assertThat(heard.await(sizes.length))
        .extracting(s -> s.payload().length)
        .containsExactly(java.util.Arrays.stream(sizes).boxed().toArray(Integer[]::new));
  }

  @Test
  void shouldSurviveACallbackThatThrows() {
    var heard = new Heard<Sample>();
    two.declareSubscriber(
        "a",
        sample -> {
          throw new IllegalStateException("on purpose");
        });
    two.declareSubscriber("a", heard);
    settle(two);

    one.put("a", bytes("1"), BLOCK);
    one.put("a", bytes("2"), BLOCK);

    heard.await(2);
    assertThat(two.statistics().failedCallbacks()).isEqualTo(2);
  }

  @Test
  void shouldRefuseMalformedKeysAtOnce() {
    assertThatThrownBy(() -> one.put("a//b", bytes("x"), PutOptions.DEFAULT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a//b");
    assertThatThrownBy(() -> one.declareSubscriber("/a", s -> {}))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(one.declareSubscriber("a/**/*", s -> {}).key()).isEqualTo("a/*/**");
  }

  @Test
  void shouldWriteNothingForAPublisherWithoutSubscribers() {
    var publisher = one.declarePublisher("p/x", Qos.DATA);
    settle(one);
    long before = one.statistics().sentMessages();

    for (int i = 0; i < 100; i++) publisher.put(bytes("x"), PutOptions.DEFAULT);

    assertThat(one.statistics().sentMessages()).isEqualTo(before);
    assertThat(publisher.matched()).isFalse();
    var heard = new Heard<Sample>();
    var subscriber = two.declareSubscriber("p/**", heard);
    Heard.until("the publisher to match", publisher::matched);
    publisher.put(bytes("now"), PutOptions.DEFAULT);
    heard.await(1);
    subscriber.close();
    Heard.until("the publisher to match no more", () -> !publisher.matched());
  }

  @Test
  void shouldMatchARouterPublisherAndCountItsOwnSubscriber() {
    var publisher = router.local().declarePublisher("p/x", Qos.DATA);
    assertThat(publisher.matched()).isFalse();

    var own = router.local().declareSubscriber("p/*", s -> {});
    assertThat(publisher.matched()).isTrue();
    own.close();
    assertThat(publisher.matched()).isFalse();
    one.declareSubscriber("p/*", s -> {});
    Heard.until("the publisher to match", publisher::matched);
    one.close();
    Heard.until("the publisher to match no more", () -> !publisher.matched());
  }

  @Test
  void shouldAskTheTargetsThatWereNamed() {
    answer(two, "k/1", false, "partial");
    answer(router.local(), "k/**", true, "complete");

    assertThat(texts(one, Target.ALL)).containsExactlyInAnyOrder("partial", "complete");
    assertThat(texts(one, Target.ALL_COMPLETE)).containsExactly("complete");
    assertThat(texts(one, Target.BEST_MATCHING)).containsExactly("complete");
  }

  private static List<String> texts(Session session, Target target) {
    var answers = new Heard.Answers();
    session.get(
        "k/1",
        GetOptions.DEFAULT.withTarget(target).withConsolidation(Consolidation.NONE),
        answers);
    return answers.texts();
  }

  @Test
  void shouldConsolidateReplies() {
    two.declareQueryable(
        "k/*",
        true,
        query -> {
          query.reply("k/1", bytes("old"), at(10));
          query.reply("k/1", bytes("new"), at(30));
          query.reply("k/1", bytes("middle"), at(20));
          query.close();
        });
    settle(two);

    assertThat(consolidated(Consolidation.NONE)).containsExactly("old", "new", "middle");
    assertThat(consolidated(Consolidation.MONOTONIC)).containsExactly("old", "new");
    assertThat(consolidated(Consolidation.LATEST)).containsExactly("new");
    assertThat(consolidated(Consolidation.AUTO)).containsExactly("new");
  }

  private static PutOptions at(long ntp64) {
    return PutOptions.DEFAULT.withTimestamp(new Timestamp(ntp64, "a"));
  }

  private List<String> consolidated(Consolidation how) {
    var answers = new Heard.Answers();
    one.get("k/1", GetOptions.DEFAULT.withConsolidation(how), answers);
    return answers.texts();
  }

  @Test
  void shouldAnswerItsOwnQueries() {
    answer(one, "k/**", false, "own");

    assertThat(texts(one, Target.ALL)).containsExactly("own");
    answer(router.local(), "k/**", false, "router");
    assertThat(texts(router.local(), Target.ALL)).containsExactlyInAnyOrder("own", "router");
  }

  @Test
  void shouldRefuseARepliedKeyThatWasNotAsked() {
    var refused = new Heard<Throwable>();
    two.declareQueryable(
        "k/**",
        false,
        query -> {
          try {
            query.reply("other", bytes("x"), PutOptions.DEFAULT);
          } catch (IllegalArgumentException e) {
            refused.accept(e);
          }
          query.close();
        });
    settle(two);
    var answers = new Heard.Answers();

    one.get("k/1", GetOptions.DEFAULT, answers);

    assertThat(answers.end(false)).isEmpty();
    assertThat(refused.await(1).getFirst()).hasMessageContaining("'other'");
  }

  @Test
  void shouldEndAGetWhoseTimeIsOut() {
    var held = new Heard<Query>();
    two.declareQueryable("k/**", false, held);
    settle(two);
    var answers = new Heard.Answers();

    one.get("k/1", GetOptions.DEFAULT.withTimeout(Duration.ofMillis(150)), answers);

    assertThat(answers.done.await(1)).hasSize(1);
    held.await(1).getFirst().reply("k/1", bytes("late"), PutOptions.DEFAULT);
    held.all().getFirst().close();
    assertThat(answers.replies.all()).isEmpty();
  }

  @Test
  void shouldEndAGetWhenTheAnswererDies() {
    var held = new Heard<Query>();
    two.declareQueryable("k/**", false, held);
    settle(two);
    var answers = new Heard.Answers();

    one.get("k/1", GetOptions.DEFAULT.withTimeout(Duration.ofSeconds(60)), answers);
    held.await(1);
    router.close(two.zid(), "a test");

    answers.end(false);
  }

  @Test
  void shouldTellTokensToWhoAsks() {
    var heard = new Heard<Sample>();
    one.subscribeTokens("live/**", true, heard);
    var first = two.declareToken("live/a");
    var second = two.declareToken("live/a");
    var own = one.declareToken("live/own");

    heard.await("the token", s -> s.key().equals("live/a") && s.kind() == Sample.Kind.PUT);
    heard.await("its own", s -> s.key().equals("live/own"));
    first.close();
    settle(two);
    settle(one);
    assertThat(heard.all()).noneMatch(s -> s.kind() == Sample.Kind.DELETE);
    second.close();
    heard.await("the end", s -> s.key().equals("live/a") && s.kind() == Sample.Kind.DELETE);
    own.close();
    heard.await("its own end", s -> s.key().equals("live/own") && s.kind() == Sample.Kind.DELETE);
    assertThat(heard.all()).hasSize(4);
  }

  @Test
  void shouldTellTheTokensOfASessionThatDiesAsGone() {
    var heard = new Heard<Sample>();
    router.local().subscribeTokens("live/**", true, heard);
    two.declareToken("live/a");
    heard.await("the token", s -> s.kind() == Sample.Kind.PUT);

    two.close();

    heard.await("the end", s -> s.kind() == Sample.Kind.DELETE);
  }

  /** Nothing else makes that router write in the time that is waited: its keep-alives are rare. */
  @Test
  void shouldTellOthersOfTheEndOfASessionWithoutWaitingForAKeepAlive() {
    var heard = new Heard<Sample>();
    var usual = RouterConfig.on("tcp/127.0.0.1:0");
    var quiet =
        new RouterConfig(
            usual.endpoint(),
            usual.policy(),
            Duration.ofMinutes(10),
            usual.queueBytes(),
            usual.blockTimeout(),
            usual.maxMessageBytes(),
            usual.maxSessions(),
            usual.maxDeclarations());
    try (var rare = Router.listen(quiet);
        var stays = Session.open(SessionConfig.to(rare.endpoint()))) {
      var goes = Session.open(SessionConfig.to(rare.endpoint()));
      stays.subscribeTokens("live/**", true, heard);
      goes.declareToken("live/a");
      heard.await("the token", s -> s.kind() == Sample.Kind.PUT);

      goes.close();

      heard.await("its end", s -> s.kind() == Sample.Kind.DELETE);
    }
  }

  @Test
  void shouldListTheTokensThatAreThereNow() {
    two.declareToken("live/a");
    router.local().declareToken("live/b");
    settle(two);

    for (var session : List.of(one, two, router.local())) {
      var answers = new Heard.Answers();
      session.getTokens("live/*", Duration.ofSeconds(10), answers);
      assertThat(answers.end(false))
          .extracting(r -> ((Reply.Value) r).sample().key())
          .containsExactlyInAnyOrder("live/a", "live/b");
    }
  }

  @Test
  void shouldConnectAgainWithANewIdentityAndDeclareEverythingAgain() {
    var heard = new Heard<Sample>();
    var tokens = new Heard<Sample>();
    var links = new Heard<Boolean>();
    one.declareSubscriber("a/*", heard);
    one.subscribeTokens("live/**", true, tokens);
    var publisher = one.declarePublisher("b/x", Qos.DATA_BLOCK);
    one.declareToken("live/one");
    answer(one, "k/**", false, "still here");
    two.declareSubscriber("b/*", heard);
    var gone = two.declareToken("live/goes");
    two.declareToken("live/stays");
    tokens.await("both", s -> s.key().equals("live/stays"));
    Heard.until("the publisher to match", publisher::matched);
    one.onConnection(links);
    String before = one.zid();

    router.close(one.zid(), "a test");
    links.await("the loss", up -> !up);
    gone.close();
    links.await(
        "the new link",
        new java.util.function.Predicate<Boolean>() {
          private boolean lost;

          @Override
          public boolean test(Boolean up) {
            lost |= !up;
            return lost && up;
          }
        });
    Heard.until("the publisher to match again", publisher::matched);
    settle(one);
    publisher.put(bytes("x"), PutOptions.DEFAULT);
    two.put("a/after", bytes("x"), BLOCK);

    heard.await("its subscription", s -> s.key().equals("a/after"));
    heard.await("its publisher", s -> s.key().equals("b/x"));
    assertThat(one.zid()).isNotEqualTo(before);
    assertThat(texts(two, Target.ALL)).containsExactly("still here");
    tokens.await(
        "the token that went meanwhile",
        s -> s.key().equals("live/goes") && s.kind() == Sample.Kind.DELETE);
    assertThat(tokens.all())
        .noneMatch(s -> s.key().equals("live/stays") && s.kind() == Sample.Kind.DELETE);
    assertThat(one.statistics().reconnects()).isEqualTo(1);
  }

  /** One that the router has agreed to, and not yet begun to serve. */
  @RepeatedTest(50)
  void shouldCloseARouterThatHasJustTakenASession() {
    try (var session = Session.open(SessionConfig.to(router.endpoint()))) {
      router.close();
      Heard.until("the loss", () -> !session.connected());
    }
  }

  @Test
  void shouldDropOrWaitWhileThereIsNoLink() {
    String endpoint = router.endpoint();
    var config =
        new SessionConfig(
            List.of(endpoint),
            Duration.ofSeconds(5),
            Duration.ofSeconds(10),
            1 << 20,
            Duration.ofMillis(300),
            1 << 20);
    try (var session = Session.open(config)) {
      router.close();
      Heard.until("the loss", () -> !session.connected());

      assertThat(session.put("a", bytes("x"), PutOptions.DEFAULT)).isFalse();
      assertThat(session.statistics().droppedWithoutLink()).isEqualTo(1);
      assertThatThrownBy(() -> session.put("a", bytes("x"), BLOCK))
          .isInstanceOf(ZenohException.class)
          .hasMessageContaining("not sent");
      var answers = new Heard.Answers();
      session.get("a", GetOptions.DEFAULT, answers);
      answers.end(true);
    }
  }

  @Test
  void shouldSayWhyNobodyTookTheSession() {
    String endpoint = router.endpoint();
    router.close();
    var config =
        new SessionConfig(
            List.of(endpoint),
            Duration.ofMillis(200),
            Duration.ofSeconds(10),
            1 << 20,
            Duration.ofSeconds(1),
            1 << 20);

    assertThatThrownBy(() -> Session.open(config))
        .isInstanceOf(ZenohException.class)
        .hasMessageContaining(endpoint);
    assertThatThrownBy(() -> Session.open(SessionConfig.to("udp/1.2.3.4:1")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("tcp/HOST:PORT");
  }

  @Test
  void shouldWriteWhatWasQueuedBeforeItCloses() {
    var heard = new Heard<Sample>();
    router.local().declareSubscriber("a/*", heard);

    for (int i = 0; i < 1000; i++) one.put("a/" + i, new byte[2000], BLOCK);
    one.close();

    heard.await(1000);
    assertThatThrownBy(() -> one.put("a/x", bytes("x"), PutOptions.DEFAULT))
        .isInstanceOf(ZenohException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void shouldTellWhoComesAndGoes() {
    var opened = new Heard<Router.Peer>();
    var closed = new Heard<String>();
    router.onPeer(
        new Router.PeerListener() {
          @Override
          public void opened(Router.Peer peer) {
            opened.accept(peer);
          }

          @Override
          public void closed(Router.Peer peer, String why) {
            closed.accept(peer.zid());
          }
        });
    // A session is open at its own end a moment before the router has told it.
    for (var session : List.of(one, two))
      opened.await("a session", peer -> peer.zid().equals(session.zid()));

    two.close();

    closed.await("its end", zid -> zid.equals(two.zid()));
    assertThat(router.peers()).extracting(Router.Peer::zid).containsExactly(one.zid());
  }
}
