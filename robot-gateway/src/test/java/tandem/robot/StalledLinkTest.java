package tandem.robot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import tandem.zenoh.PutOptions;
import tandem.zenoh.Router;
import tandem.zenoh.RouterConfig;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

/** What a stalled link lets go of: nothing that waited when it was given up. */
class StalledLinkTest {
  private static byte[] numbered(int number) {
    return ByteBuffer.allocate(64 << 10).putInt(0, number).array();
  }

  @Test
  void shouldNeverSendWhatWaitedOnALinkThatWasDropped() throws Exception {
    List<Integer> got = new CopyOnWriteArrayList<>();
    try (Router router = Router.listen(RouterConfig.on("tcp/127.0.0.1:0"));
        PausableProxy proxy = new PausableProxy(router.endpoint());
        Session session = Session.open(SessionConfig.to(proxy.endpoint()))) {
      router
          .local()
          .declareSubscriber("k", one -> got.add(ByteBuffer.wrap(one.payload()).getInt()));
      Recorded.awaiting(
          "the subscriber known",
          () -> session.put("k", numbered(0), PutOptions.DEFAULT) && got.contains(0),
          got::toString);
      assertThat(session.unsent()).isLessThan(Duration.ofSeconds(1));

      proxy.pause(true);
      int[] last = {0};
      Recorded.awaiting(
          "bytes that wait",
          () -> {
            session.put("k", numbered(++last[0]), PutOptions.DEFAULT);
            return session.unsent().compareTo(Duration.ofMillis(250)) > 0;
          },
          session::unsent);
      int newest = last[0];
      session.dropLink("test");
      proxy.pause(false);
      Recorded.awaiting(
          "the link again",
          () -> session.put("k", numbered(-1), PutOptions.DEFAULT) && got.contains(-1),
          got::toString);

      assertThat(got).doesNotContain(newest);
      assertThat(session.unsent()).isLessThan(Duration.ofSeconds(1));
    }
  }
}
