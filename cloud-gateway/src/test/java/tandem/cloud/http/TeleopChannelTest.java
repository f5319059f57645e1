package tandem.cloud.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tandem.cloud.fake.FakeNode;
import tandem.proto.codec.Json;
import tandem.proto.v1.CommandRequest;
import tandem.proto.v1.StreamGoal;

class TeleopChannelTest {
  private static final Duration WITHIN = Duration.ofSeconds(20);
  private FakeNode node;
  private String command;

  @BeforeEach
  void start() throws Exception {
    node = new FakeNode(0);
    command = openStream();
  }

  private String openStream() {
    return node.twins
        .command(
            CommandRequest.newBuilder()
                .setRobot("ada")
                .setBy("eve")
                .setStream(StreamGoal.newBuilder().setKind("velocity"))
                .build())
        .toCompletableFuture()
        .join()
        .getId();
  }

  @AfterEach
  void stop() {
    node.close();
  }

  @Test
  void shouldPassSetpointsOnAndAnswerEachByItsNumber() throws Exception {
    try (var control = new Control(node, "ada", command, null)) {
      control.say(held(1, 0.2));
      var first = control.answer(1);
      control.say(held(2, 0.3));
      var second = control.answer(2);

      assertThat(first.get("accepted")).isEqualTo(true);
      assertThat(second.get("accepted")).isEqualTo(true);
      assertThat(second.get("speedFactor")).isEqualTo(1.0);
      assertThat(node.twins.teleop().taken(command))
          .extracting(s -> s.getVelocity().getVxMetersPerSec())
          .containsExactly(0.2, 0.3);
    }
  }

  @Test
  void shouldTellTheNewestTokenUnaskedAgainAndAgain() throws Exception {
    try (var control = new Control(node, "ada", command, null)) {
      long before = -1;
      for (int i = 0; i < 3; i++) {
        var told = control.next(m -> m.get("number").equals(0L));
        long tick = (Long) ((Map<?, ?>) told.get("token")).get("tickMillis");
        assertThat(tick).isGreaterThan(before);
        before = tick;
        assertThat(told.get("state")).isEqualTo("executing");
      }
    }
  }

  @Test
  void shouldKeepOneUnderWayAndReplaceTheOneThatWaits() throws Exception {
    try (var control = new Control(node, "ada", command, null)) {
      node.twins.teleop().answering(false);
      for (int i = 1; i <= 4; i++) control.say(held(i, i));
      var second = control.answer(2);
      var third = control.answer(3);

      assertThat(second.get("code")).isEqualTo("tandem.teleop.replaced");
      assertThat(second.get("accepted")).isEqualTo(false);
      assertThat(third.get("replaced")).isEqualTo(2L);
      assertThat(node.twins.teleop().taken(command))
          .extracting(s -> s.getNumber())
          .containsExactly(1L);

      node.twins.teleop().answering(true);
      assertThat(control.answer(4).get("accepted")).isEqualTo(true);
      assertThat(node.twins.teleop().taken(command))
          .extracting(s -> s.getNumber())
          .containsExactly(1L, 4L);
    }
  }

  @Test
  void shouldNeverReplaceALetGo() throws Exception {
    try (var control = new Control(node, "ada", command, null)) {
      node.twins.teleop().answering(false);
      control.say(held(1, 1));
      control.say("{\"number\":2,\"held\":false}");
      control.say(held(3, 1));
      assertThat(control.answer(3).get("code")).isEqualTo("tandem.teleop.let-go");

      node.twins.teleop().answering(true);
      control.answer(2);
      assertThat(node.twins.teleop().taken(command))
          .extracting(s -> s.getHeld())
          .containsExactly(true, false);
      assertThat(control.next(m -> m.get("state").equals("done"))).isNotNull();
      control.awaitClosed();
    }
  }

  @Test
  void shouldInventNothingWhenTheConnectionEnds() throws Exception {
    try (var control = new Control(node, "ada", command, null)) {
      control.say(held(1, 1));
      control.answer(1);
    }
    waitFor(() -> node.server().heldControls() == 0);
    waitFor(
        () ->
            node.twins
                .await(command, Duration.ZERO)
                .toCompletableFuture()
                .join()
                .getState()
                .equals("failed"));
    assertThat(node.twins.teleop().taken(command)).hasSize(1);
  }

  @Test
  void shouldForgetAHeldSetpointThatWaitsWhenTheConnectionEnds() throws Exception {
    try (var control = new Control(node, "ada", command, null)) {
      node.twins.teleop().answering(false);
      control.say(held(1, 1));
      control.say(held(2, 1));
      control.say(held(3, 1));
      control.answer(2);
    }
    waitFor(() -> node.server().heldControls() == 0);
    node.twins.teleop().answering(true);
    assertThat(node.twins.teleop().taken(command))
        .extracting(s -> s.getNumber())
        .containsExactly(1L);
  }

  @Test
  void shouldSayWhatIsWrongAndTakeTheNextGoodOne() throws Exception {
    try (var control = new Control(node, "ada", command, null)) {
      control.say("{not json");
      assertThat(control.next(m -> m.get("code").equals("tandem.request.malformed"))).isNotNull();
      control.say("{\"number\":1,\"held\":true}");
      assertThat(control.next(m -> m.get("code").equals("tandem.request.invalid")).get("why"))
          .asString()
          .contains("target: expected one of velocity, joint, reach");
      control.say("{\"number\":1,\"held\":true,\"velocity\":{\"vxMetersPerSec\":1e9}}");
      assertThat(control.next(m -> m.get("code").equals("tandem.request.invalid")).get("why"))
          .asString()
          .contains("velocity: expected numbers within");
      control.say(held(1, 0.1));
      assertThat(control.answer(1).get("accepted")).isEqualTo(true);
      assertThat(node.twins.teleop().taken(command)).hasSize(1);
    }
  }

  @Test
  void shouldCloseOnlyTheConnectionThatSendsTooMuch() throws Exception {
    try (var good = new Control(node, "ada", command, null)) {
      try (var binary = new Control(node, "ada", command, null)) {
        binary.socket.sendBinary(ByteBuffer.allocate(10), true).join();
        assertThat(binary.next(m -> m.get("code").equals("tandem.request.type"))).isNotNull();
        binary.awaitClosed();
      }
      try (var big = new Control(node, "ada", command, null)) {
        big.socket.sendText("x".repeat(100_000), true);
        assertThat(big.next(m -> m.get("code").equals("tandem.request.size"))).isNotNull();
        big.awaitClosed();
      }
      try (var many = new Control(node, "ada", openStream(), null)) {
        many.flood(2 * HeldControl.MAX_PER_SECOND);
        assertThat(many.next(m -> m.get("code").equals("tandem.teleop.rate"))).isNotNull();
        many.awaitClosed();
      }
      good.say(held(9, 0.1));
      assertThat(good.answer(9).get("accepted")).isEqualTo(true);
    }
  }

  @Test
  void shouldSayThatACommandIsUnknownAndClose() throws Exception {
    try (var control = new Control(node, "ada", "c-9999", null)) {
      assertThat(control.next(m -> m.get("code").equals("tandem.command.unknown"))).isNotNull();
      control.awaitClosed();
    }
  }

  @Test
  void shouldRefuseAPageOfAnotherSiteAndOneControlTooMany() throws Exception {
    assertThatThrownBy(() -> new Control(node, "ada", command, "http://evil.example"))
        .hasMessageContaining("403");
    var open = new ArrayList<Control>();
    try {
      for (int i = 0; i < TeleopHub.MAX_CONTROLS; i++) {
        open.add(new Control(node, "ada", command, null));
        open.getLast().next(m -> m.get("number").equals(0L));
      }
      assertThatThrownBy(() -> new Control(node, "ada", command, null)).hasMessageContaining("503");
    } finally {
      for (var control : open) control.close();
    }
    waitFor(() -> node.server().heldControls() == 0);
  }

  private static String held(int number, double vx) {
    return "{\"number\":%d,\"held\":true,\"velocity\":{\"vxMetersPerSec\":%s}}"
        .formatted(number, vx);
  }

  private static void waitFor(BooleanSupplier condition) {
    long end = System.nanoTime() + WITHIN.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited " + WITHIN).isLessThan(end);
      Thread.onSpinWait();
      Thread.yield();
    }
  }

  /** A held control that reads everything it is told. */
  private static final class Control implements WebSocket.Listener, AutoCloseable {
    private final BlockingQueue<Map<?, ?>> told = new LinkedBlockingQueue<>();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final StringBuilder part = new StringBuilder();
    private final HttpClient client = HttpClient.newHttpClient();
    private final WebSocket socket;

    Control(FakeNode node, String robot, String command, String origin) throws IOException {
      var builder = client.newWebSocketBuilder();
      if (origin != null) builder.header("Origin", origin);
      String path = "/api/teleop?robot=%s&command=%s".formatted(robot, command);
      try {
        socket =
            builder
                .buildAsync(URI.create(node.url().replace("http", "ws") + path), this)
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
      } catch (CompletionException e) {
        if (e.getCause() instanceof WebSocketHandshakeException refused)
          throw new IOException("status " + refused.getResponse().statusCode(), e);
        throw e;
      }
    }

    void say(String text) {
      socket.sendText(text, true).orTimeout(20, TimeUnit.SECONDS).join();
    }

    /** As many as the connection still takes. */
    void flood(int messages) {
      for (int i = 1; i <= messages; i++) {
        try {
          socket.sendText(held(i, 0), true).orTimeout(20, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
          return; // closed meanwhile, as it should be
        }
      }
    }

    Map<?, ?> answer(long number) throws InterruptedException {
      return next(m -> m.get("number").equals(number));
    }

    Map<?, ?> next(Predicate<Map<?, ?>> wanted) throws InterruptedException {
      long end = System.nanoTime() + WITHIN.toNanos();
      while (true) {
        var message = told.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        assertThat(message).as("the wanted message within " + WITHIN).isNotNull();
        if (wanted.test(message)) return message;
      }
    }

    void awaitClosed() {
      closed.orTimeout(20, TimeUnit.SECONDS).join();
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      part.append(data);
      if (last) {
        told.add((Map<?, ?>) Json.parse(part.toString()));
        part.setLength(0);
      }
      from.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
      closed.complete(null);
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      closed.complete(null);
    }

    @Override
    public void close() {
      socket.abort();
      client.shutdownNow();
    }
  }
}
