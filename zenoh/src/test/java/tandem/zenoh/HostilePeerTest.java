package tandem.zenoh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tandem.zenoh.wire.Declaration;
import tandem.zenoh.wire.NetworkCodec;
import tandem.zenoh.wire.NetworkMessage;
import tandem.zenoh.wire.NetworkMessage.Declare;
import tandem.zenoh.wire.NetworkMessage.Interest;
import tandem.zenoh.wire.NetworkMessage.Push;
import tandem.zenoh.wire.NetworkMessage.Put;
import tandem.zenoh.wire.NetworkMessage.Request;
import tandem.zenoh.wire.NetworkMessage.ResponseFinal;
import tandem.zenoh.wire.TransportMessage.Close;
import tandem.zenoh.wire.TransportMessage.Fragment;
import tandem.zenoh.wire.TransportMessage.Frame;
import tandem.zenoh.wire.TransportMessage.Init;
import tandem.zenoh.wire.TransportMessage.KeepAlive;
import tandem.zenoh.wire.WireKey;
import tandem.zenoh.wire.WireWriter;
import tandem.zenoh.wire.Zid;

/** Peers that lie, break off, repeat, flood and fall asleep: only their own link notices. */
class HostilePeerTest {
  private static final PutOptions BLOCK = PutOptions.DEFAULT.withQos(Qos.DATA_BLOCK);
  private Router router;
  private Session witness;
  private final Heard<Sample> heard = new Heard<>();
  private final Heard<String> ends = new Heard<>();

  @BeforeEach
  void open() {
    var config = RouterConfig.on("tcp/127.0.0.1:0");
    router =
        Router.listen(
            new RouterConfig(
                config.endpoint(),
                config.policy(),
                config.lease(),
                1 << 20,
                Duration.ofMillis(500),
                4 << 20,
                16,
                100));
    router.local().declareSubscriber("**", heard);
    router.onPeer(
        new Router.PeerListener() {
          @Override
          public void opened(Router.Peer peer) {}

          @Override
          public void closed(Router.Peer peer, String why) {
            ends.accept(why);
          }
        });
    witness = Session.open(SessionConfig.to(router.endpoint()));
  }

  @AfterEach
  void close() {
    witness.close();
    router.close();
  }

  private void assertOthersUnaffected() {
    String key = "witness/" + System.nanoTime();
    assertThat(witness.put(key, new byte[] {1}, BLOCK)).isTrue();
    heard.await("the witness", s -> s.key().equals(key));
    assertThat(witness.connected()).isTrue();
    assertThat(witness.statistics().reconnects()).isZero();
  }

  private static Push push(String key, String text) {
    return new Push(
        WireKey.full(key),
        NetworkMessage.DEFAULT_QOS,
        new Put(null, Encoding.BYTES, null, null, text.getBytes()));
  }

  @Test
  void shouldCloseOnlyTheLinkThatLiesAndNameThePlace() throws Exception {
    try (var peer = RawPeer.open(router.endpoint())) {
      // A put whose payload length says 1 MiB while 1 byte follows.
      var frame =
          new WireWriter()
              .u8(0x25)
              .varint(peer.nextSn())
              .u8(0x7D)
              .varint(0)
              .bytes("a".getBytes())
              .u8(0x01)
              .varint(1 << 20)
              .u8(7);
      peer.batch(frame.toBytes());

      assertThat(peer.awaitEnd()).isTrue();
      String why = ends.await("the reason", w -> w.contains("payload length"));
      assertThat(why)
          .contains(peer.zid.toString(), "expected 0..1", "found 1048576", "link closed");
    }
    assertOthersUnaffected();
  }

  @Test
  void shouldSurviveNoiseInEveryState() throws Exception {
    var random = new Random(3);
    for (int i = 0; i < 150; i++) {
      try (var peer = i % 2 == 0 ? RawPeer.silent(router.endpoint()) : opened()) {
        var noise = new byte[1 + random.nextInt(300)];
        random.nextBytes(noise);
        if (i % 3 == 0) peer.raw(noise);
        else peer.batch(noise);
      } catch (java.net.SocketException e) {
        // The router was faster: it has closed this link already, which is what is wanted.
        assertThat(e.getMessage()).isNotNull();
      }
    }
    assertOthersUnaffected();
    Heard.until("the noisy sessions to end", () -> router.peers().size() == 1);
  }

  private RawPeer opened() throws Exception {
    return RawPeer.open(router.endpoint());
  }

  @Test
  void shouldRefuseOtherVersionsOwnZidAndTakenZids() throws Exception {
    try (var peer = RawPeer.silent(router.endpoint())) {
      peer.say(new Init(false, 8, 2, peer.zid, 0x0A, 65_535, null, List.of()));
      assertThat(peer.hear()).containsExactly(new Close(false, Close.INVALID));
    }
    try (var peer = RawPeer.silent(router.endpoint())) {
      peer.say(new Init(false, 9, 2, Zid.parse(router.zid()), 0x0A, 65_535, null, List.of()));
      assertThat(peer.hear()).containsExactly(new Close(false, Close.TO_SELF));
    }
    try (var peer = RawPeer.silent(router.endpoint())) {
      peer.say(new Init(false, 9, 2, peer.zid, 0x0A, 20, null, List.of()));
      assertThat(peer.hear()).containsExactly(new Close(false, Close.UNSUPPORTED));
    }
    try (var peer = RawPeer.silent(router.endpoint())) {
      peer.say(new Init(false, 9, 0, peer.zid, 0x0A, 65_535, null, List.of()));
      assertThat(peer.hear()).containsExactly(new Close(false, Close.UNSUPPORTED));
    }
    var taken = Zid.parse(witness.zid());
    assertThatThrownBy(() -> RawPeer.open(router.endpoint(), taken, 1, 10_000, 65_535, 0x0A))
        .hasMessageContaining("reason=" + Close.MAX_LINKS);
    assertOthersUnaffected();
  }

  @Test
  void shouldDropRepeatedAndOldFramesAndKeepTheLink() throws Exception {
    try (var peer = RawPeer.open(router.endpoint())) {
      peer.say(new Frame(true, 100, 5, List.of(push("sn/1", "x"))));
      peer.say(new Frame(true, 100, 5, List.of(push("sn/repeated", "x"))));
      peer.say(new Frame(true, 90, 5, List.of(push("sn/old", "x"))));
      peer.say(new Frame(false, 100, 5, List.of(push("sn/other-lane", "x"))));
      peer.say(new Frame(true, 500, 5, List.of(push("sn/gap", "x"))));

      heard.await("the last", s -> s.key().equals("sn/gap"));
      assertThat(heard.all())
          .extracting(Sample::key)
          .containsExactly("sn/1", "sn/other-lane", "sn/gap");
    }
  }

  @Test
  void shouldCountSequenceNumbersModuloTheAgreedWidth() throws Exception {
    // Resolution 0 is seven bits: after 127 comes 0.
    try (var peer = RawPeer.open(router.endpoint(), Zid.random(), 1, 60_000, 65_535, 0x00)) {
      for (int i = 0; i < 300; i++)
        peer.say(new Frame(true, 100 + i & 0x7F, 5, List.of(push("w/" + i, "x"))));

      heard.await("the last", s -> s.key().equals("w/299"));
      assertThat(heard.all()).hasSize(300);
    }
  }

  @Test
  void shouldJoinFragmentsWithAndWithoutMarksAndDropBrokenChains() throws Exception {
    for (int patch = 0; patch <= 1; patch++) {
      try (var peer = RawPeer.open(router.endpoint(), patch, 60_000, 65_535)) {
        var whole = new WireWriter();
        NetworkCodec.write(whole, push("f/whole" + patch, "x".repeat(1000)));
        byte[] bytes = whole.toBytes();
        boolean marks = patch > 0;

        fragment(peer, bytes, 0, 400, true, marks);
        fragment(peer, bytes, 400, 800, true, false);
        fragment(peer, bytes, 800, bytes.length, false, false);
        // A chain with a missing piece in the middle.
        fragment(peer, bytes, 0, 400, true, marks);
        peer.nextSn();
        fragment(peer, bytes, 800, bytes.length, false, false);
        peer.say(push("f/end" + patch, "x"));

        String end = "f/end" + patch;
        heard.await("the last", s -> s.key().equals(end));
      }
    }
    assertThat(heard.all())
        .extracting(Sample::key)
        .containsExactly("f/whole0", "f/end0", "f/whole1", "f/end1");
  }

  private static void fragment(
      RawPeer peer, byte[] bytes, int from, int to, boolean more, boolean first) throws Exception {
    peer.say(
        new Fragment(
            true,
            more,
            peer.nextSn(),
            5,
            first,
            false,
            java.util.Arrays.copyOfRange(bytes, from, to)));
  }

  @Test
  void shouldBoundReassemblyAndKeepTheLink() throws Exception {
    try (var peer = RawPeer.open(router.endpoint())) {
      var piece = new byte[60_000];
      for (int i = 0; i < 100; i++)
        peer.say(new Fragment(true, i < 99, peer.nextSn(), 5, i == 0, false, piece));
      peer.say(push("after/flood", "x"));

      heard.await("what came after", s -> s.key().equals("after/flood"));
      assertThat(heard.all()).hasSize(1);
    }
    assertOthersUnaffected();
  }

  @Test
  void shouldBoundDeclarations() throws Exception {
    try (var peer = RawPeer.open(router.endpoint())) {
      for (int i = 1; i <= 500; i++)
        peer.say(
            new Declare(Declare.NO_INTEREST, new Declaration.Token(i, WireKey.full("flood/" + i))));
      peer.say(new Interest(9, Interest.CURRENT, Interest.TOKENS, WireKey.full("flood/*"), 8));
      int told = 0;
      while (!(peer.await(Declare.class).declaration() instanceof Declaration.Final)) told++;

      assertThat(told).isLessThanOrEqualTo(100);
    }
    assertOthersUnaffected();
  }

  @Test
  void shouldDropMessagesOnUnknownKeyNumbersAndOnNoKeysAtAll() throws Exception {
    try (var peer = RawPeer.open(router.endpoint())) {
      peer.say(
          new Push(
              new WireKey(77, "/x", true),
              5,
              new Put(null, Encoding.BYTES, null, null, new byte[1])));
      peer.say(push("not//a/key", "x"));
      peer.say(new Declare(Declare.NO_INTEREST, new Declaration.Key(3, WireKey.full("base"))));
      peer.say(
          new Push(
              new WireKey(3, "/x", true),
              5,
              new Put(null, Encoding.BYTES, null, null, new byte[1])));
      // The same number, said to be the router's: it has declared none.
      peer.say(
          new Push(
              new WireKey(3, "/y", false),
              5,
              new Put(null, Encoding.BYTES, null, null, new byte[1])));
      peer.say(
          new Request(
              5,
              new WireKey(99, "", true),
              5,
              null,
              0,
              0,
              0,
              0,
              new NetworkMessage.QueryBody(0, "", null, null, null, null)));

      assertThat(peer.await(ResponseFinal.class).id()).isEqualTo(5);
      heard.await("the known number", s -> s.key().equals("base/x"));
      assertThat(heard.all()).hasSize(1);
    }
  }

  @Test
  void shouldCutAPeerThatIsSilentForItsLeaseAndLetOthersLive() throws Exception {
    try (var peer = RawPeer.open(router.endpoint(), 1, 300, 65_535);
        var alive = RawPeer.open(router.endpoint(), 1, 60_000, 65_535)) {
      peer.say(push("before/silence", "x"));

      assertThat(peer.awaitEnd()).isTrue();
      ends.await("the reason", why -> why.contains("lease of 300 ms"));
      alive.say(push("still/alive", "x"));
      heard.await("the other", s -> s.key().equals("still/alive"));
    }
  }

  @Test
  void shouldSendKeepAlivesWhenItHasNothingElseToSay() throws Exception {
    var config = RouterConfig.on("tcp/127.0.0.1:0");
    try (var quick =
            Router.listen(
                new RouterConfig(
                    config.endpoint(),
                    config.policy(),
                    Duration.ofMillis(200),
                    1 << 20,
                    Duration.ofMillis(500),
                    1 << 20,
                    16,
                    100));
        var peer = RawPeer.open(quick.endpoint())) {
      assertThat(peer.hear()).containsExactly(new KeepAlive());
      assertThat(peer.hear()).containsExactly(new KeepAlive());
    }
  }

  @Test
  void shouldNotLetASleepingReaderSlowOthersOrGrowMemory() throws Exception {
    var others = new Heard<Sample>();
    try (var sleeper = RawPeer.open(router.endpoint());
        var publisher = Session.open(SessionConfig.to(router.endpoint()))) {
      sleeper.say(
          new Declare(Declare.NO_INTEREST, new Declaration.Subscriber(1, WireKey.full("load/**"))));
      witness.declareSubscriber("load/**", others);
      var settled = new Heard.Answers();
      witness.getTokens("none", Duration.ofSeconds(10), settled);
      settled.end(false);

      // 64 MiB of drop-class, far more than the queue of 1 MiB and the socket hold; paced by the
      // witness, which must get all of them.
      for (int i = 1; i <= 256; i++) {
        publisher.put("load/x", new byte[256 << 10], PutOptions.DEFAULT);
        if (i % 2 == 0) others.await(i);
      }
      assertThat(router.peers()).hasSize(3);
      String asleep = sleeper.zid.toString();
      Heard.until(
          "each message counted for the sleeper",
          () -> {
            var counts = router.statistics(asleep);
            return counts.sentMessages() + counts.droppedByCongestion() == 256;
          });
      long dropped = router.statistics(asleep).droppedByCongestion();
      assertThat(dropped).isPositive();
      assertThat(router.statistics(witness.zid()).droppedByCongestion()).isZero();

      // Block-class: the sleeper is given up after the block time, the others get it.
      publisher.put("load/block", new byte[900 << 10], BLOCK);
      publisher.put("load/block", new byte[900 << 10], BLOCK);
      others.await("the block-class", s -> s.key().equals("load/block"));
      ends.await("the sleeper's end", why -> why.contains("took nothing for 500 ms"));
      assertThat(router.statistics().droppedByCongestion()).isGreaterThanOrEqualTo(dropped);
    }
    assertOthersUnaffected();
  }

  @Test
  void shouldTellAClientWhoseRouterTakesNothing() throws Exception {
    try (var server = new java.net.ServerSocket(0)) {
      var accepted = new Heard<java.net.Socket>();
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  var socket = server.accept();
                  TestAcceptor.handshake(socket);
                  accepted.accept(socket);
                } catch (java.io.IOException e) {
                  System.err.println("acceptor: " + e);
                }
              });
      var config =
          new SessionConfig(
              List.of("tcp/127.0.0.1:" + server.getLocalPort()),
              Duration.ofSeconds(5),
              Duration.ofSeconds(60),
              1 << 20,
              Duration.ofMillis(200),
              1 << 20);
      try (var session = Session.open(config)) {
        boolean dropped = false;
        for (int i = 0; i < 1000 && !dropped; i++)
          dropped = !session.put("a", new byte[100_000], PutOptions.DEFAULT);

        assertThat(dropped).isTrue();
        assertThat(session.statistics().droppedByCongestion()).isEqualTo(1);
        assertThatThrownBy(
                () -> {
                  for (int i = 0; i < 500; i++) session.put("a", new byte[100_000], BLOCK);
                })
            .isInstanceOf(ZenohException.class)
            .hasMessageContaining("not sent");
        accepted.await(1).getFirst().close();
      }
    }
  }
}
