package tandem.zenoh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tandem.zenoh.wire.NetworkCodec;
import tandem.zenoh.wire.NetworkMessage;
import tandem.zenoh.wire.NetworkMessage.Push;
import tandem.zenoh.wire.NetworkMessage.Put;
import tandem.zenoh.wire.TransportCodec;
import tandem.zenoh.wire.TransportMessage.Fragment;
import tandem.zenoh.wire.TransportMessage.Frame;
import tandem.zenoh.wire.WireReader;

/** What our writer puts into batches, seen byte by byte. */
class BatchesTest {
  private static final PutOptions BLOCK = PutOptions.DEFAULT.withQos(Qos.DATA_BLOCK);
  private Router router;

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
                config.blockTimeout(),
                4 << 20,
                16,
                100));
  }

  @AfterEach
  void close() {
    router.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void shouldCutLargeMessagesIntoBatchesOfTheAgreedSize(int patch) throws Exception {
    try (var peer = RawPeer.open(router.endpoint(), patch, 60_000, 300)) {
      peer.subscribe("f/*");
      var payload = new byte[5000];
      for (int i = 0; i < payload.length; i++) payload[i] = (byte) (i * 7);

      router.local().put("f/small", new byte[10], BLOCK);
      router.local().put("f/large", payload, BLOCK);
      router.local().put("f/after", new byte[10], BLOCK);

      var whole = new ByteArrayOutputStream();
      var keys = new ArrayList<String>();
      var numbers = new ArrayList<Long>();
      int pieces = 0;
      while (!keys.contains("f/after")) {
        byte[] bytes = peer.hearBytes();
        assertThat(bytes.length + 2).isLessThanOrEqualTo(300);
        var in = WireReader.of(bytes);
        switch (TransportCodec.read(in)) {
          case Frame frame -> {
            numbers.add(frame.sn());
            for (var one : frame.messages())
              if (one instanceof Push push) keys.add(push.key().suffix());
          }
          case Fragment fragment -> {
            numbers.add(fragment.sn());
            assertThat(fragment.first()).isEqualTo(patch > 0 && pieces == 0);
            pieces++;
            whole.write(fragment.piece());
            if (!fragment.more()) keys.add("whole");
          }
          default -> {}
        }
        assertThat(in.hasRemaining()).isFalse();
      }

      assertThat(keys).containsExactly("f/small", "whole", "f/after");
      for (int i = 1; i < numbers.size(); i++)
        assertThat(numbers.get(i) - numbers.get(i - 1) & 0xFFF_FFFF).isEqualTo(1);
      var push = (Push) NetworkCodec.read(WireReader.of(whole.toByteArray()));
      assertThat(((Put) push.body()).payload()).isEqualTo(payload);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void shouldLetUrgentMessagesOvertakeWithAndWithoutPriorityLanes(int patch) throws Exception {
    try (var peer = RawPeer.open(router.endpoint(), patch, 60_000, 65_535)) {
      peer.subscribe("u/*");
      int sent = stuff("u/data");

      router.local().put("u/stop", new byte[1], PutOptions.DEFAULT.withQos(Qos.URGENT));

      var order = new ArrayList<String>();
      var lanes = new ArrayList<Integer>();
      while (order.size() < sent + 1)
        for (var message : peer.hear())
          if (message instanceof Frame frame)
            for (NetworkMessage one : frame.messages())
              if (one instanceof Push push) {
                order.add(push.key().suffix());
                lanes.add(frame.priority());
              }
      int stop = order.indexOf("u/stop");
      assertThat(order.size() - 1 - stop).as("data that came after the stop").isPositive();
      assertThat(lanes.get(stop)).isEqualTo(patch == 2 ? Qos.URGENT.priority() : 5);
    }
  }

  /** Until nothing was taken for so long that kernel and queue are full; how many were taken. */
  private int stuff(String key) {
    int taken = 0;
    long lastNanos = System.nanoTime();
    while (System.nanoTime() - lastNanos < 500_000_000) {
      if (router.local().put(key, new byte[20_000], PutOptions.DEFAULT)) {
        taken++;
        lastNanos = System.nanoTime();
      }
    }
    return taken;
  }

  @Test
  void shouldPackManySmallMessagesIntoFewBatches() throws Exception {
    try (var peer = RawPeer.open(router.endpoint());
        var session = Session.open(SessionConfig.to(router.endpoint()))) {
      peer.subscribe("s/*");
      for (int i = 0; i < 20_000; i++) session.put("s/x", new byte[8], BLOCK);

      int messages = 0;
      int batches = 0;
      while (messages < 20_000) {
        batches++;
        for (var message : List.copyOf(peer.hear()))
          if (message instanceof Frame frame) messages += frame.messages().size();
      }

      assertThat(messages).isEqualTo(20_000);
      assertThat(batches).isLessThan(10_000);
    }
  }
}
