package tandem.ros2.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tandem.ros2.Attachment;
import tandem.ros2.Peers;
import tandem.ros2.RunningPeer;
import tandem.ros2.TypeName;
import tandem.ros2.Vectors;
import tandem.ros2.dynamic.DynamicMessage;
import tandem.ros2.dynamic.MessageCodec;
import tandem.ros2.graph.LivelinessToken.Kind;
import tandem.ros2.idl.InterfaceRegistry;
import tandem.ros2.msg.ServiceType;
import tandem.ros2.msg.SetBool;
import tandem.zenoh.Encoding;
import tandem.zenoh.GetOptions;
import tandem.zenoh.Replies;
import tandem.zenoh.Reply;
import tandem.zenoh.Router;
import tandem.zenoh.RouterConfig;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

class ServicesTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(200);
  private static final TypeName ADD = TypeName.parse("example_interfaces/srv/AddTwoInts");

  private Router router;
  private Session far;
  private Ros2Node server;
  private Ros2Node client;

  @BeforeEach
  void open() {
    router = Router.listen(RouterConfig.on("tcp/127.0.0.1:0"));
    far = Session.open(SessionConfig.to(router.endpoint()));
    server = new Ros2Node(router.local(), 0, "/java", "server");
    client = new Ros2Node(far, 0, "/", "client");
  }

  @AfterEach
  void close() {
    client.close();
    server.close();
    far.close();
    router.close();
  }

  private static <T> T get(CompletableFuture<T> future) throws Exception {
    return future.get(30, TimeUnit.SECONDS);
  }

  /** A server's token may be seen a moment before its queryable. */
  private static <T> T getOnceThere(java.util.function.Supplier<CompletableFuture<T>> call)
      throws Exception {
    long end = System.nanoTime() + 20_000_000_000L;
    while (true) {
      try {
        return get(call.get());
      } catch (ExecutionException e) {
        boolean notYet =
            e.getCause() instanceof ServiceFailure failure
                && failure.kind() == ServiceFailure.Kind.NO_SERVER;
        if (!notYet || System.nanoTime() > end) throw e;
      }
    }
  }

  private static ServiceFailure failure(CompletableFuture<?> future) {
    ExecutionException thrown =
        catchThrowableOfType(ExecutionException.class, () -> future.get(30, TimeUnit.SECONDS));
    return (ServiceFailure) thrown.getCause();
  }

  @Test
  void shouldAnswerEachCallOnceAndInItsOwnName() throws Exception {
    List<Long> sequences = new ArrayList<>();
    try (var serving =
            server.server(
                "switch",
                SetBool.TYPE,
                request -> {
                  sequences.add(request.attachment().sequence());
                  request.respond(new SetBool.Response(request.message().data(), "done"));
                  request.respond(new SetBool.Response(false, "again"));
                });
        var calling = client.client("/java/switch", SetBool.TYPE)) {
      assertThat(get(calling.call(new SetBool.Request(true), LONG)))
          .isEqualTo(new SetBool.Response(true, "done"));
      assertThat(get(calling.call(new SetBool.Request(false), LONG)).success()).isFalse();
      assertThat(sequences).containsExactly(1L, 2L);
      assertThat(calling.ignored()).isZero();
      assertThat(serving.token().kind()).isEqualTo(Kind.SERVICE_SERVER);
      assertThat(serving.token().key())
          .contains("/SS/%/%java/server/%java%switch/std_srvs::srv::dds_::SetBool_/RIHS01_")
          .endsWith("/::,10:,:,:,,");
      assertThat(calling.token().key()).contains("/SC/%/%/client/%java%switch/");
    }
  }

  @Test
  void shouldAnswerTheCapturedCallByteForByte() throws Exception {
    JsonNode golden = Vectors.all().get("service_call");
    var type = ServiceType.dynamic(InterfaceRegistry.bundled(), ADD);
    MessageCodec response = MessageCodec.of(InterfaceRegistry.bundled(), ADD.with("_Response"));
    BlockingQueue<Reply> replies = new LinkedBlockingQueue<>();
    try (var serving =
        server.server(
            "/add_two_ints",
            type,
            request ->
                request.respond(
                    response.fromTree(
                        java.util.Map.of(
                            "sum",
                            (Long) request.message().get("a")
                                + (Long) request.message().get("b")))))) {
      assertThat(serving.key().key()).isEqualTo(golden.get("key").asText());
      far.get(
          golden.get("key").asText(),
          GetOptions.DEFAULT
              .withTarget(GetOptions.Target.ALL_COMPLETE)
              .withConsolidation(GetOptions.Consolidation.NONE)
              .withPayload(Vectors.hex(golden.get("request")), Encoding.BYTES)
              .withAttachment(Vectors.hex(golden.get("request_attachment"))),
          collecting(replies));
      var reply = (Reply.Value) Waiting.next(replies, "reply");
      JsonNode expected = golden.get("replies").get(0);

      assertThat(reply.sample().key()).isEqualTo(expected.get("key").asText());
      assertThat(reply.sample().payload()).isEqualTo(Vectors.hex(expected.get("payload")));
      Attachment found = Attachment.parse(reply.sample().attachment());
      Attachment captured = Attachment.parse(Vectors.hex(expected.get("attachment")));
      assertThat(found.sequence()).isEqualTo(captured.sequence());
      assertThat(found.gid()).isEqualTo(captured.gid());
    }
  }

  private static Replies collecting(BlockingQueue<Reply> replies) {
    return new Replies() {
      @Override
      public void reply(Reply reply) {
        replies.add(reply);
      }

      @Override
      public void done(boolean timedOut) {}
    };
  }

  @Test
  void shouldSayWhyThereIsNoResponse() throws Exception {
    try (var calling = client.client("/java/switch", SetBool.TYPE)) {
      ServiceFailure nobody = failure(calling.call(new SetBool.Request(true), LONG));
      assertThat(nobody.kind()).isEqualTo(ServiceFailure.Kind.NO_SERVER);
      assertThat(nobody).hasMessageContaining("/java/switch").hasMessageContaining("nothing was");

      try (var silent = server.server("switch", SetBool.TYPE, request -> {})) {
        ServiceFailure late = failure(calling.call(new SetBool.Request(true), SHORT));
        assertThat(late.kind()).isEqualTo(ServiceFailure.Kind.TIMED_OUT);
        assertThat(late).hasMessageContaining("no response within 200 ms");
        assertThat(silent.refused()).isZero();
      }
      try (var refusing =
          server.server("switch", SetBool.TYPE, request -> request.refuse("not today"))) {
        ServiceFailure refused = failure(calling.call(new SetBool.Request(true), LONG));
        assertThat(refused.kind()).isEqualTo(ServiceFailure.Kind.REFUSED);
        assertThat(refused).hasMessageContaining("not today");
        assertThat(refusing.refused()).isZero();
      }
      try (var failing =
          server.server(
              "switch",
              SetBool.TYPE,
              request -> {
                throw new IllegalStateException("out of order");
              })) {
        ServiceFailure refused = failure(calling.call(new SetBool.Request(true), LONG));
        assertThat(refused).hasMessageContaining("out of order");
        assertThat(failing.refused()).isZero();
      }
    }
  }

  @Test
  void shouldFailWaitingCallsWhenTheServerCloses() throws Exception {
    BlockingQueue<Boolean> asked = new LinkedBlockingQueue<>();
    var serving =
        server.server("switch", SetBool.TYPE, request -> asked.add(request.message().data()));
    try (var calling = client.client("/java/switch", SetBool.TYPE)) {
      var call = calling.call(new SetBool.Request(true), LONG);
      Waiting.next(asked, "request");

      serving.close();

      assertThat(failure(call)).hasMessageContaining("closed");
    }
  }

  @Test
  void shouldRefuseTooManyOpenCallsAndAllAfterItsEnd() throws Exception {
    var calling = client.client("/java/switch", SetBool.TYPE);
    try (var silent = server.server("switch", SetBool.TYPE, request -> {})) {
      List<CompletableFuture<SetBool.Response>> calls = new ArrayList<>();
      for (int i = 0; i < ServiceClient.MAX_OPEN; i++) {
        calls.add(calling.call(new SetBool.Request(true), Duration.ofSeconds(3)));
      }
      assertThat(failure(calling.call(new SetBool.Request(true), SHORT)).kind())
          .isEqualTo(ServiceFailure.Kind.NOT_SENT);
      for (var call : calls) failure(call);
      assertThat(failure(calling.call(new SetBool.Request(true), SHORT)).kind())
          .isEqualTo(ServiceFailure.Kind.TIMED_OUT);
      assertThat(silent.refused()).isZero();
    }
    calling.close();
    assertThat(failure(calling.call(new SetBool.Request(true), SHORT)))
        .hasMessageContaining("closed");
  }

  @Test
  void shouldRefuseWhatIsNoRequestAndServeTheNext() throws Exception {
    try (var serving =
            server.server(
                "switch",
                SetBool.TYPE,
                request -> request.respond(new SetBool.Response(true, "")));
        var calling = client.client("/java/switch", SetBool.TYPE)) {
      byte[] attachment = new Attachment(1, 2, calling.token().gid()).toBytes();
      byte[] good = SetBool.TYPE.request().encode().apply(new SetBool.Request(true));
      record Bad(byte[] payload, byte[] attachment, String why) {}
      List<Bad> bad =
          List.of(
              new Bad(good, null, "found none"),
              new Bad(good, new byte[7], "found 7"),
              new Bad(new byte[] {0, 1, 0, 0}, attachment, "data"),
              new Bad(new byte[] {0, 9}, attachment, "header"));
      for (Bad one : bad) {
        BlockingQueue<Reply> replies = new LinkedBlockingQueue<>();
        far.get(
            serving.key().key(),
            GetOptions.DEFAULT
                .withTarget(GetOptions.Target.ALL_COMPLETE)
                .withPayload(one.payload(), Encoding.BYTES)
                .withAttachment(one.attachment()),
            collecting(replies));
        var refusal = (Reply.Failure) Waiting.next(replies, "error");
        assertThat(new String(refusal.payload(), StandardCharsets.UTF_8))
            .contains("not served")
            .contains(one.why());
      }
      assertThat(serving.refused()).isEqualTo(bad.size());
      assertThat(get(calling.call(new SetBool.Request(true), LONG)).success()).isTrue();
    }
  }

  @Test
  void shouldNotTakeAnAnswerToAnotherCall() throws Exception {
    try (var calling = client.client("/java/switch", SetBool.TYPE);
        var _ =
            router
                .local()
                .declareQueryable(
                    calling.key().key(),
                    true,
                    query -> {
                      Attachment asked = Attachment.parse(query.attachment());
                      byte[] cdr =
                          SetBool.TYPE.response().encode().apply(new SetBool.Response(true, ""));
                      try (query) {
                        query.reply(
                            query.key(),
                            cdr,
                            tandem.zenoh.PutOptions.DEFAULT.withAttachment(
                                new Attachment(asked.sequence() + 1, 0, asked.gid()).toBytes()));
                      }
                    })) {
      ServiceFailure failure = failure(calling.call(new SetBool.Request(true), LONG));

      assertThat(failure.kind()).isEqualTo(ServiceFailure.Kind.UNREADABLE);
      assertThat(failure).hasMessageContaining("expected call 1").hasMessageContaining("call 2");
      assertThat(calling.ignored()).isEqualTo(1);
    }
  }

  @Test
  void shouldCallAServerOnTheRealCore() throws Exception {
    try (var watch = new GraphWatch(router.local(), 0);
        var peer = new RunningPeer(Peers.peer("ros2_caller.py", router.endpoint(), "serve"))) {
      peer.until("ready");
      Waiting.until(
          watch.graph(),
          "the peer's server",
          graph -> !graph.endpoints(Kind.SERVICE_SERVER, "/foreign/switch").isEmpty());
      var found = watch.graph().endpoints(Kind.SERVICE_SERVER, "/foreign/switch").getFirst();
      assertThat(found.hash()).isEqualTo(SetBool.TYPE.hash());
      try (var calling =
          client.client(
              found.topicKey().orElseThrow(), SetBool.TYPE, tandem.zenoh.Qos.DATA_BLOCK)) {
        var first = getOnceThere(() -> calling.call(new SetBool.Request(true), LONG));
        assertThat(first.success()).isTrue();
        int number = Integer.parseInt(first.message().substring("call ".length()));
        assertThat(get(calling.call(new SetBool.Request(false), LONG)))
            .isEqualTo(new SetBool.Response(false, "call " + (number + 1)));
      }
      ServiceType<DynamicMessage, DynamicMessage> any =
          ServiceType.dynamic(InterfaceRegistry.bundled(), SetBool.TYPE.name());
      try (var calling = client.client("/foreign/switch", any)) {
        var request =
            MessageCodec.of(InterfaceRegistry.bundled(), any.name().with("_Request"))
                .fromTree(java.util.Map.of("data", true));
        assertThat(get(calling.call(request, LONG)).get("success")).isEqualTo(true);
      }
    }
  }
}
