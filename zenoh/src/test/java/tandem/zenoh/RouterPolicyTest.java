package tandem.zenoh;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One door: what the policy does not accept reaches nobody, what it does not route stays. */
class RouterPolicyTest {
  private static final PutOptions BLOCK = PutOptions.DEFAULT.withQos(Qos.DATA_BLOCK);
  private final CopyOnWriteArrayList<String> refused = new CopyOnWriteArrayList<>();
  private volatile String guard = "";

  /** Keys below cmd only from the guard; nobody hears another but the guard. */
  private final IngressPolicy policy =
      new IngressPolicy() {
        @Override
        public boolean accept(Router.Peer from, Kind kind, String key) {
          boolean taken = !key.startsWith("cmd/") || from.zid().equals(guard);
          if (!taken) refused.add(kind + " " + key + " " + from.zid());
          return taken;
        }

        @Override
        public boolean route(Router.Peer from, Router.Peer to, Kind kind, String key) {
          return from.zid().equals(guard) || to.zid().equals(guard);
        }

        @Override
        public boolean announce(Router.Peer from, Router.Peer to, String keyExpr) {
          return !keyExpr.startsWith("secret/");
        }
      };

  private Router router;
  private Session robot;
  private Session intruder;
  private Session authority;

  @BeforeEach
  void open() {
    router = Router.listen(RouterConfig.on("tcp/127.0.0.1:0").withPolicy(policy));
    robot = Session.open(SessionConfig.to(router.endpoint()));
    intruder = Session.open(SessionConfig.to(router.endpoint()));
    authority = Session.open(SessionConfig.to(router.endpoint()));
    guard = authority.zid();
  }

  @AfterEach
  void close() {
    robot.close();
    intruder.close();
    authority.close();
    router.close();
  }

  private static void settle(Session session) {
    var answers = new Heard.Answers();
    session.getTokens("settle/nothing", Duration.ofSeconds(10), answers);
    answers.end(false);
  }

  @Test
  void shouldTakePutsOnCommandKeysFromTheGuardOnly() {
    var heard = new Heard<Sample>();
    var seen = new Heard<Sample>();
    robot.declareSubscriber("cmd/**", heard);
    settle(robot);
    router.local().declareSubscriber("**", seen);

    intruder.put("cmd/go", "bad".getBytes(), BLOCK);
    intruder.delete("cmd/go", BLOCK);
    intruder.put("data/x", "fine".getBytes(), BLOCK);
    seen.await("the accepted one", s -> s.key().equals("data/x"));
    boolean local = router.local().put("cmd/go", "local".getBytes(), BLOCK);
    authority.put("cmd/go", "good".getBytes(), BLOCK);

    var only = heard.await(1).getFirst();
    assertThat(only.payload()).asString().isEqualTo("good");
    assertThat(local).isFalse();
    assertThat(seen.all()).extracting(Sample::key).containsOnly("data/x", "cmd/go");
    assertThat(refused)
        .containsExactly(
            "PUT cmd/go " + intruder.zid(),
            "DELETE cmd/go " + intruder.zid(),
            "PUT cmd/go " + router.zid());
  }

  @Test
  void shouldNotRouteBetweenRobotsButToTheLocalSession() {
    var other = new Heard<Sample>();
    var local = new Heard<Sample>();
    var guards = new Heard<Sample>();
    intruder.declareSubscriber("**", other);
    authority.declareSubscriber("**", guards);
    settle(intruder);
    settle(authority);
    router.local().declareSubscriber("**", local);

    robot.put("data/x", "x".getBytes(), BLOCK);
    router.local().put("data/end", "x".getBytes(), BLOCK);

    other.await("the router's own", s -> s.key().equals("data/end"));
    guards.await("the guard's", s -> s.key().equals("data/x"));
    local.await("the local one", s -> s.key().equals("data/x"));
    assertThat(other.all()).extracting(Sample::key).containsExactly("data/end");
  }

  @Test
  void shouldRefuseQueriesAndRepliesOnCommandKeys() {
    robot.declareQueryable(
        "cmd/**",
        false,
        query -> {
          query.reply(query.key(), "from the robot".getBytes(), PutOptions.DEFAULT);
          query.close();
        });
    settle(robot);
    var asked = new Heard.Answers();
    var byGuard = new Heard.Answers();

    intruder.get("cmd/q", GetOptions.DEFAULT, asked);
    authority.get("cmd/q", GetOptions.DEFAULT, byGuard);

    assertThat(asked.end(false)).isEmpty();
    assertThat(byGuard.end(false)).isEmpty();
    assertThat(refused)
        .containsExactlyInAnyOrder("QUERY cmd/q " + intruder.zid(), "REPLY cmd/q " + robot.zid());
  }

  @Test
  void shouldNotAnnounceWhatThePolicyHides() {
    var tokens = new Heard<Sample>();
    intruder.subscribeTokens("**", true, tokens);
    settle(intruder);

    robot.declareToken("secret/a");
    robot.declareToken("open/a");

    tokens.await("the open one", s -> s.key().equals("open/a"));
    var now = new Heard.Answers();
    intruder.getTokens("**", Duration.ofSeconds(10), now);
    assertThat(now.end(false)).hasSize(1);
    assertThat(List.copyOf(tokens.all())).extracting(Sample::key).containsExactly("open/a");
  }
}
