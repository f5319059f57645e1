package tandem.cloud.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tandem.cloud.fake.FakeNode;
import tandem.proto.codec.Json;

class LiveChannelTest {
  private static final Duration WITHIN = Duration.ofSeconds(20);
  private FakeNode node;

  @BeforeEach
  void start() throws Exception {
    node = new FakeNode(0);
  }

  @AfterEach
  void stop() {
    node.close();
  }

  @Test
  void shouldSendLayoutThenFramesAndDecidedState() throws Exception {
    try (var page = new Page(node, null)) {
      page.text("welcome");
      page.say("{\"ref\":5,\"subscribe\":{\"robot\":\"ada\"}}");

      var ack = (Map<?, ?>) page.text("ack").get("ack");
      var layout = (Map<?, ?>) page.text("layout").get("layout");
      var frame = page.frame();
      var twin = (Map<?, ?>) page.text("twin").get("twin");

      assertThat(ack.get("ok")).isEqualTo(true);
      assertThat(ack.get("ref")).isEqualTo(5L);
      assertThat((java.util.List<?>) layout.get("names")).hasSize(27);
      assertThat(Integer.toUnsignedLong(frame.getInt(4))).isEqualTo(layout.get("layout"));
      assertThat(frame.remaining()).isEqualTo(64 + 16 * 27);
      assertThat(frame.getDouble(16)).isBetween(0.0, 10_000.0);
      assertThat(twin.get("robot")).isEqualTo("ada");
      assertThat(twin.get("joints")).isNull();
      page.text("streams");
      page.text("commands");
      page.text("alarms");
      page.text("twins");
    }
  }

  @Test
  void shouldAnswerAPingAtOnceAndRefuseWhatItDoesNotKnow() throws Exception {
    try (var page = new Page(node, null)) {
      page.say("{\"ref\":9,\"ping\":{}}");
      assertThat(((Map<?, ?>) page.text("pong").get("pong")).get("ref")).isEqualTo(9L);

      page.say("{\"ref\":1,\"subscribe\":{\"robot\":\"nobody\"}}");
      assertThat(((Map<?, ?>) page.text("ack").get("ack")).get("code"))
          .isEqualTo("tandem.robot.unknown");

      page.say("{not json");
      assertThat(((Map<?, ?>) page.text("ack").get("ack")).get("code"))
          .isEqualTo("tandem.request.malformed");

      page.say("{\"ref\":2,\"move\":{}}");
      assertThat((String) ((Map<?, ?>) page.text("ack").get("ack")).get("error")).contains("move");
    }
  }

  @Test
  void shouldGrowTheAgeWhileTheRobotIsSilent() throws Exception {
    try (var page = new Page(node, null)) {
      page.say("{\"subscribe\":{\"robot\":\"ada\"}}");
      page.frame();
      node.twins.silence(true);

      waitFor(() -> page.frame().getDouble(16) > 1500);
    }
  }

  @Test
  void shouldWatchEachRobotOnceAndStopWatchingWithTheLastClient() throws Exception {
    try (var first = new Page(node, null);
        var second = new Page(node, null)) {
      for (var page : java.util.List.of(first, second)) {
        page.say("{\"subscribe\":{\"robot\":\"ada\"}}");
        page.frame();
      }
      assertThat(node.twins.watcherCount()).isEqualTo(1);
    }
    waitFor(() -> node.twins.watcherCount() == 0);
    waitFor(() -> node.server().liveClients() == 0);
  }

  @Test
  void shouldNotLetAClientThatDoesNotReadHoldUpAnybody() throws Exception {
    int samples = 12_000;
    try (var slow = new Socket();
        var quick = new Page(node, null)) {
      slow.setReceiveBufferSize(4096);
      slow.connect(new InetSocketAddress("127.0.0.1", node.server().port()));
      slow.setSoTimeout(20_000);
      upgrade(slow);
      slow.getOutputStream().write(masked("{\"subscribe\":{\"robot\":\"ada\"}}"));
      slow.getOutputStream().flush();
      quick.say("{\"subscribe\":{\"robot\":\"ada\"}}");
      quick.frame();

      // The watchers take them all at once, whoever reads or not.
      long last = 0;
      for (int i = 0; i < 12; i++) {
        last = node.twins.burst(samples / 12);
        slow.getOutputStream().write(masked("{\"ping\":{}}"));
      }
      long newest = last;
      waitFor(() -> sequence(quick.frame()) >= newest);
      quick.say("{\"ref\":3,\"ping\":{}}");
      assertThat(((Map<?, ?>) quick.text("pong").get("pong")).get("ref")).isEqualTo(3L);

      // When the slow one reads again it gets what is newest, not all that was.
      int read = framesUpTo(slow.getInputStream(), newest);
      assertThat(read).isBetween(1, samples - 1);
    }
  }

  @Test
  void shouldCloseOnABinaryMessageOrALongOneAndServeOthers() throws Exception {
    try (var other = new Page(node, null)) {
      other.text("welcome");
      try (var page = new Page(node, null)) {
        page.socket.sendBinary(ByteBuffer.allocate(10), true).join();
        page.awaitClosed();
      }
      try (var page = new Page(node, null)) {
        page.socket.sendText("x".repeat(100_000), true).join();
        page.awaitClosed();
      }
      other.say("{\"ref\":4,\"ping\":{}}");
      other.text("pong");
    }
  }

  @Test
  void shouldRefuseAPageOfAnotherSite() {
    assertThatThrownBy(() -> new Page(node, "http://evil.example")).hasMessageContaining("403");
    assertThat(node.server().liveClients()).isZero();
  }

  @Test
  void shouldServeAsManyClientsAsPermittedAndNoMore() throws Exception {
    var pages = new java.util.ArrayList<Page>();
    try {
      for (int i = 0; i < 64; i++) {
        pages.add(new Page(node, null));
        pages.getLast().text("welcome");
      }
      assertThatThrownBy(() -> new Page(node, null)).hasMessageContaining("503");
    } finally {
      for (var page : pages) page.close();
    }
    waitFor(() -> node.server().liveClients() == 0);
  }

  private static long sequence(ByteBuffer frame) {
    return frame.getLong(8);
  }

  private static void waitFor(BooleanSupplier condition) {
    long end = System.nanoTime() + WITHIN.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited " + WITHIN).isLessThan(end);
      Thread.onSpinWait();
      Thread.yield();
    }
  }

  private static void upgrade(Socket socket) throws IOException {
    socket
        .getOutputStream()
        .write(
            ("GET /api/ws HTTP/1.1\r\n"
                    + "Host: 127.0.0.1\r\n"
                    + "Upgrade: websocket\r\n"
                    + "Connection: Upgrade\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    + "Sec-WebSocket-Version: 13\r\n"
                    + "\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
    var head = new StringBuilder();
    while (!head.toString().endsWith("\r\n\r\n"))
      head.append((char) socket.getInputStream().read());
    assertThat(head.toString()).startsWith("HTTP/1.1 101");
  }

  /** Reads a server's frames (RFC 6455, 5.2) until a joint frame of at least this sequence. */
  private static int framesUpTo(InputStream stream, long sequence) throws IOException {
    var in = new DataInputStream(new BufferedInputStream(stream));
    for (int frames = 0; ; ) {
      int kind = in.readUnsignedByte() & 0x0f;
      long length = in.readUnsignedByte();
      if (length == 126) length = in.readUnsignedShort();
      else if (length == 127) length = in.readLong();
      byte[] payload = in.readNBytes((int) length);
      if (kind != 2) continue;
      frames++;
      if (sequence(ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN)) >= sequence)
        return frames;
    }
  }

  /** One masked text frame (RFC 6455, 5.2) with mask 0. */
  private static byte[] masked(String text) {
    byte[] payload = text.getBytes(StandardCharsets.UTF_8);
    var frame = ByteBuffer.allocate(6 + payload.length);
    frame.put((byte) 0x81).put((byte) (0x80 | payload.length)).putInt(0).put(payload);
    return frame.array();
  }

  /** A client that reads everything. */
  private static final class Page implements WebSocket.Listener, AutoCloseable {
    private final Map<String, BlockingQueue<Map<?, ?>>> texts = new ConcurrentHashMap<>();
    private final BlockingQueue<ByteBuffer> frames = new LinkedBlockingQueue<>(4);
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final StringBuilder part = new StringBuilder();
    private final HttpClient client = HttpClient.newHttpClient();
    private final WebSocket socket;

    Page(FakeNode node, String origin) throws IOException {
      var builder = client.newWebSocketBuilder();
      if (origin != null) builder.header("Origin", origin);
      try {
        socket =
            builder
                .buildAsync(URI.create(node.url().replace("http", "ws") + "/api/ws"), this)
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
      } catch (java.util.concurrent.CompletionException e) {
        if (e.getCause() instanceof java.net.http.WebSocketHandshakeException refused)
          throw new IOException("status " + refused.getResponse().statusCode(), e);
        throw e;
      }
    }

    void say(String text) {
      socket.sendText(text, true).orTimeout(20, TimeUnit.SECONDS).join();
    }

    /** The next message of this kind. */
    Map<?, ?> text(String kind) throws InterruptedException {
      var message = queue(kind).poll(WITHIN.toSeconds(), TimeUnit.SECONDS);
      assertThat(message).as("a message of kind " + kind + "; came: " + texts.keySet()).isNotNull();
      return message;
    }

    private BlockingQueue<Map<?, ?>> queue(String kind) {
      return texts.computeIfAbsent(kind, k -> new LinkedBlockingQueue<>());
    }

    ByteBuffer frame() {
      try {
        var frame = frames.poll(20, TimeUnit.SECONDS);
        assertThat(frame).as("a joint frame").isNotNull();
        return frame;
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    void awaitClosed() {
      closed.orTimeout(20, TimeUnit.SECONDS).join();
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      part.append(data);
      if (last) {
        var message = (Map<?, ?>) Json.parse(part.toString());
        queue(message.keySet().iterator().next().toString()).add(message);
        part.setLength(0);
      }
      from.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
      var copy =
          ByteBuffer.allocate(data.remaining()).order(ByteOrder.LITTLE_ENDIAN).put(data).flip();
      while (!frames.offer(copy)) frames.poll();
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
