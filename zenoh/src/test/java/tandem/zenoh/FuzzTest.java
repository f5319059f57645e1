package tandem.zenoh;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tandem.zenoh.wire.Declaration;
import tandem.zenoh.wire.NetworkCodec;
import tandem.zenoh.wire.NetworkMessage;
import tandem.zenoh.wire.NetworkMessage.Declare;
import tandem.zenoh.wire.NetworkMessage.Interest;
import tandem.zenoh.wire.NetworkMessage.Push;
import tandem.zenoh.wire.NetworkMessage.Put;
import tandem.zenoh.wire.NetworkMessage.QueryBody;
import tandem.zenoh.wire.NetworkMessage.Request;
import tandem.zenoh.wire.WireKey;
import tandem.zenoh.wire.WireWriter;

/** Many sessions of real messages with flipped bits against one router. The seed is printed. */
@Tag("slow")
class FuzzTest {
  private static final int SESSIONS = 2000;
  private static final int MESSAGES = 200;

  @Test
  void shouldServeTheWitnessWhateverOthersSay() throws Exception {
    long seed = Long.getLong("tandem.seed", System.nanoTime());
    System.out.println("FuzzTest seed " + seed + " (repeat with -Dtandem.seed=" + seed + ")");
    var random = new Random(seed);
    try (var router = Router.listen(RouterConfig.on("tcp/127.0.0.1:0"));
        var witness = Session.open(SessionConfig.to(router.endpoint()))) {
      var heard = new Heard<Sample>();
      router.local().declareSubscriber("witness/*", heard);
      router
          .local()
          .declareQueryable(
              "q/**",
              false,
              query -> {
                query.reply(query.key(), new byte[1], PutOptions.DEFAULT);
                query.close();
              });
      for (int i = 0; i < SESSIONS; i++) {
        try (var peer = RawPeer.open(router.endpoint(), random.nextInt(3), 60_000, 65_535)) {
          for (int k = 0; k < MESSAGES; k++) peer.batch(batch(random, peer));
        } catch (java.io.IOException e) {
          // The router has closed this link, as it should when what it read is no message.
          assertThat(e).isNotNull();
        }
        witness.put("witness/" + i, new byte[1], PutOptions.DEFAULT.withQos(Qos.DATA_BLOCK));
        String key = "witness/" + i;
        heard.await("the witness of seed " + seed, s -> s.key().equals(key));
      }
      assertThat(witness.statistics().reconnects()).isZero();
      Heard.until("the others to be gone", () -> router.peers().size() == 1);
    }
  }

  private static byte[] batch(Random random, RawPeer peer) {
    var out = new WireWriter().u8(0x25).varint(peer.nextSn());
    int count = 1 + random.nextInt(3);
    for (int i = 0; i < count; i++) NetworkCodec.write(out, message(random));
    byte[] bytes = out.toBytes();
    if (random.nextInt(10) == 0)
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    return bytes;
  }

  private static NetworkMessage message(Random random) {
    var key = new WireKey(random.nextInt(4), "q/" + random.nextInt(5), random.nextBoolean());
    int id = random.nextInt(20);
    return switch (random.nextInt(9)) {
      case 0 -> new Declare(-1, new Declaration.Key(id, WireKey.full("k" + id)));
      case 1 -> new Declare(-1, new Declaration.Subscriber(id, key));
      case 2 -> new Declare(-1, new Declaration.UndeclareSubscriber(id, null));
      case 3 -> new Declare(-1, new Declaration.Token(id, key));
      case 4 -> new Declare(-1, new Declaration.UndeclareToken(id, null));
      case 5 -> new Interest(id, random.nextInt(4), random.nextInt(16), key, 8);
      case 6 -> new Declare(-1, new Declaration.Queryable(id, key, random.nextBoolean(), 0));
      case 7 ->
          new Request(
              id,
              key,
              5,
              null,
              0,
              random.nextInt(3),
              0,
              50,
              new QueryBody(0, "", null, null, null, null));
      default -> new Push(key, 5, new Put(null, Encoding.BYTES, null, null, new byte[20]));
    };
  }
}
