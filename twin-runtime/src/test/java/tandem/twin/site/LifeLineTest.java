package tandem.twin.site;

import static org.assertj.core.api.Assertions.assertThat;
import static tandem.twin.site.SiteNode.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One line, with a peer that does what the test wants. */
class LifeLineTest {
  private static final InetAddress HERE = InetAddress.getLoopbackAddress();
  private static final LifeLine.Patience SHORT = new LifeLine.Patience(300, 1, 20);

  private final Heard heard = new Heard();
  private ServerSocket peer;
  private LifeLine line;

  private static final class Heard implements LifeLine.Watcher {
    final AtomicInteger up = new AtomicInteger();
    final AtomicInteger broken = new AtomicInteger();
    final AtomicInteger unanswered = new AtomicInteger();
    final List<String> gone = java.util.Collections.synchronizedList(new ArrayList<>());

    @Override
    public void up() {
      up.incrementAndGet();
    }

    @Override
    public void broken() {
      broken.incrementAndGet();
    }

    @Override
    public void unanswered() {
      unanswered.incrementAndGet();
    }

    @Override
    public void gone(String how) {
      gone.add(how);
    }
  }

  @BeforeEach
  void listen() throws IOException {
    peer = new ServerSocket(0, 50, HERE);
  }

  @AfterEach
  void end() throws IOException {
    line.close();
    peer.close();
  }

  private void watch(long incarnation) {
    line =
        new LifeLine(new InetSocketAddress(HERE, peer.getLocalPort()), incarnation, SHORT, heard);
    line.start();
  }

  private static byte[] greeting(long magic, long incarnation) {
    return ByteBuffer.allocate(16).putLong(magic).putLong(incarnation).array();
  }

  private Socket greet(long incarnation) throws IOException {
    Socket socket = peer.accept();
    socket.getOutputStream().write(greeting(LifeLine.MAGIC, incarnation));
    return socket;
  }

  @Test
  void shouldSayGoneWhenItBreaksAndANewOneIsRefused() throws IOException {
    watch(7);
    Socket standing = greet(7);
    await("up", () -> heard.up.get() == 1);

    peer.close();
    standing.setSoLinger(true, 0); // a reset, as a killed process leaves one
    standing.close();

    await("gone", () -> !heard.gone.isEmpty());
    assertThat(heard.gone).containsExactly("its connection broke and a new one was refused");
    assertThat(heard.broken).hasValue(1);
  }

  @Test
  void shouldSayGoneWhenAnotherIncarnationAnswers() throws IOException {
    watch(7);
    greet(7).close();
    greet(8);

    await("gone", () -> !heard.gone.isEmpty());
    assertThat(heard.gone).containsExactly("its connection broke and another incarnation answers");
  }

  @Test
  void shouldStandAgainWhenTheSameIncarnationAnswers() throws IOException {
    watch(-7);
    greet(-7).close();
    greet(-7).close();
    greet(-7);

    await("up again", () -> heard.up.get() == 3);
    assertThat(heard.broken).hasValue(2);
    assertThat(heard.gone).isEmpty();
  }

  /** Connections are taken, as the kernel does for a paused process, and nothing is said. */
  @Test
  void shouldSayNothingOfAPeerThatIsSilent() throws IOException {
    watch(7);
    greet(7).close();

    await("silence noticed", () -> heard.unanswered.get() >= 2);
    assertThat(heard.gone).isEmpty();

    peer.accept(); // the attempts that were given up
    peer.accept();
    await("up", () -> heard.up.get() == 2 || takes(7));
    assertThat(heard.gone).isEmpty();
  }

  private boolean takes(long incarnation) {
    try {
      greet(incarnation);
    } catch (IOException e) {
      // That one was given up.
    }
    return false;
  }

  @Test
  void shouldSayNothingOfAStranger() throws IOException {
    watch(7);
    greet(7).close();
    for (int i = 0; i < 3; i++) {
      try (Socket socket = peer.accept()) {
        socket.getOutputStream().write(greeting(LifeLine.MAGIC + 1, 8));
      }
    }
    peer.accept().close(); // and one that says nothing at all
    greet(7);

    await("up again", () -> heard.up.get() == 2);
    assertThat(heard.gone).isEmpty();
  }

  /** A firewall that always refuses is no death. */
  @Test
  void shouldSayNothingWhereItNeverStood() throws IOException {
    int port = peer.getLocalPort();
    peer.close();
    watch(7);
    await("refused some times", () -> line.attempts() >= 4);
    assertThat(heard.gone).isEmpty();

    peer = new ServerSocket(port, 50, HERE);
    greet(8).close(); // nor is another incarnation
    greet(7);

    await("up", () -> heard.up.get() == 1);
    assertThat(heard.gone).isEmpty();
  }

  @Test
  void shouldTurnAwayWhoeverSpeaksAndWhoeverIsTooMany() throws IOException {
    watch(0);
    try (var listener = new LifeLineListener(HERE, 42, 3)) {
      try (var one = new Socket(HERE, listener.port());
          var other = new Socket(HERE, listener.port());
          var hostile = new Socket(HERE, listener.port())) {
        for (Socket each : List.of(one, other, hostile)) {
          assertThat(each.getInputStream().readNBytes(16)).isEqualTo(greeting(LifeLine.MAGIC, 42));
        }
        try (var fourth = new Socket(HERE, listener.port())) {
          assertThat(fourth.getInputStream().read()).isEqualTo(-1);
        }
        assertThat(listener.turnedAway()).isEqualTo(1);

        hostile.getOutputStream().write(1);

        assertThat(hostile.getInputStream().read()).isEqualTo(-1);
        assertThat(listener.turnedAway()).isEqualTo(2);
        await("room again", () -> isGreeted(listener.port()));
      }
    }
  }

  private static boolean isGreeted(int port) {
    try (var socket = new Socket(HERE, port)) {
      return socket.getInputStream().read() >= 0;
    } catch (IOException e) {
      return false;
    }
  }
}
