package tandem.deploy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import com.typesafe.config.ConfigFactory;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tandem.cloud.http.ApiServer;
import tandem.cloud.http.ApiSettings;
import tandem.cloud.http.AuditDoor;
import tandem.proto.codec.Json;
import tandem.proto.v1.CommandRequest;
import tandem.proto.v1.CommandView;
import tandem.proto.v1.LeaseRequest;
import tandem.proto.v1.LeaseView;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.TeleopState;
import tandem.proto.v1.TimeToken;
import tandem.twin.Twins;

/** Hold-to-move from the command line against the real API and a twin that writes down. */
class HoldCommandTest {
  private final List<CommandRequest> commands = new CopyOnWriteArrayList<>();
  private final List<TeleopSetpoint> setpoints = new CopyOnWriteArrayList<>();
  private final List<LeaseRequest> leases = new CopyOnWriteArrayList<>();
  private final List<String> cancelled = new CopyOnWriteArrayList<>();
  private final AtomicLong tick = new AtomicLong(1_000);
  private volatile String state = "executing";
  private ActorSystem<Void> system;
  private ApiServer server;

  @BeforeEach
  void start() throws Exception {
    system =
        ActorSystem.create(
            Behaviors.empty(),
            "hold",
            ConfigFactory.parseString("akka.loglevel = WARNING, akka.actor.provider = local")
                .withFallback(ConfigFactory.load()));
    server =
        ApiServer.start(
                system,
                (Twins)
                    Proxy.newProxyInstance(
                        getClass().getClassLoader(),
                        new Class<?>[] {Twins.class},
                        (self, method, arguments) -> answer(method.getName(), arguments)),
                AuditDoor.closed("no audit here"),
                ApiSettings.onLoopback(0, "test", List.of("edge"), "test").withConsole(false))
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() {
    server.stop(Duration.ofSeconds(1)).toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }

  private Object answer(String method, Object[] arguments) {
    return CompletableFuture.completedFuture(
        switch (method) {
          case "command" -> {
            commands.add((CommandRequest) arguments[0]);
            yield view();
          }
          case "await" -> view();
          case "commands" -> List.of(view(), view().toBuilder().setState("done").build());
          case "cancel" -> {
            cancelled.add(arguments[0] + " " + arguments[1] + " " + arguments[2]);
            yield view();
          }
          case "teleop" -> told().build();
          case "setpoint" -> {
            var setpoint = (TeleopSetpoint) arguments[2];
            setpoints.add(setpoint);
            if (!setpoint.getHeld()) state = "done";
            yield told().setNumber(setpoint.getNumber()).setAccepted(true).build();
          }
          case "lease" -> {
            leases.add((LeaseRequest) arguments[0]);
            yield LeaseView.newBuilder().setHolder("ben").setPart("arms").build();
          }
          default -> throw new AssertionError("not asked for: " + method);
        });
  }

  private CommandView view() {
    return CommandView.newBuilder().setId("ada.1").setRobot("ada").setState(state).build();
  }

  private TeleopState.Builder told() {
    return TeleopState.newBuilder()
        .setState(state)
        .setToken(TimeToken.newBuilder().setBootId("b0").setTickMillis(tick.incrementAndGet()));
  }

  private record Ran(int code, String out, String err) {}

  private Ran run(String line) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var realOut = System.out;
    var realErr = System.err;
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      String api = " --json --api http://127.0.0.1:" + server.port();
      int code = Main.run((line + api).split(" "));
      return new Ran(
          code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(realOut);
      System.setErr(realErr);
    }
  }

  @Test
  void shouldCancelWhatIsNamedOrElseWhateverIsOpen() {
    assertThat(run("twin command ada cancel ada.7 --as anna --reason enough").code()).isZero();
    assertThat(run("twin command ada cancel --as anna").code()).isZero();
    state = "done";
    var nothing = run("twin command ada cancel");

    assertThat(cancelled).containsExactly("ada.7 anna enough", "ada.1 anna ");
    assertThat(nothing.code()).isEqualTo(1);
    assertThat(nothing.err()).contains("nothing of ada is open");
  }

  @Test
  void shouldSendANavigationAsItIsTyped() {
    state = "done";
    var whole =
        run("twin command ada navigate 1.5 -2 0.5 --frame map --within 30s --wait --as anna");
    var least = run("twin command ada navigate -1 0");
    var few = run("twin command ada navigate 1.5");
    var many = run("twin command ada navigate 1 2 3 4");
    var word = run("twin command ada navigate here 2");

    assertThat(whole.code()).as(whole.err()).isZero();
    assertThat(least.code()).as(least.err()).isZero();
    assertThat(List.of(few.code(), many.code(), word.code())).containsOnly(2);
    assertThat(commands).hasSize(2);
    var goal = commands.getFirst().getNavigate();
    assertThat(goal.getFrame()).isEqualTo("map");
    assertThat(goal.getXMeters()).isEqualTo(1.5);
    assertThat(goal.getYMeters()).isEqualTo(-2);
    assertThat(goal.getYawRad()).isEqualTo(0.5);
    assertThat(goal.getWithinSeconds()).isEqualTo(30);
    assertThat(commands.getFirst().getBy()).isEqualTo("anna");
    assertThat(commands.getLast().getNavigate().getFrame()).as("the twin's to fill in").isEmpty();
    assertThat(commands.getLast().getNavigate().getXMeters()).isEqualTo(-1);
    assertThat(commands.getLast().getNavigate().getWithinSeconds()).isEqualTo(60);
  }

  @Test
  void shouldBeTheHoldItselfAndLetGoAtTheEnd() {
    var ran = run("twin command ada velocity 0.2 -0.1 0.3 --for 400ms --as anna");

    assertThat(ran.code()).as(ran.err()).isZero();
    assertThat(((Map<?, ?>) Json.parse(ran.out().strip())).get("state")).isEqualTo("done");
    assertThat(commands).hasSize(1).allMatch(CommandRequest::hasStream);
    assertThat(commands.getFirst().getBy()).isEqualTo("anna");
    assertThat(setpoints.size()).isBetween(2, 10);
    assertThat(setpoints.getLast().getHeld()).isFalse();
    var held = setpoints.subList(0, setpoints.size() - 1);
    assertThat(held).allMatch(TeleopSetpoint::getHeld);
    assertThat(held).allMatch(s -> s.getVelocity().getVyMetersPerSec() == -0.1);
    assertThat(held).allMatch(s -> s.getToken().getBootId().equals("b0"));
    for (int i = 1; i < setpoints.size(); i++) {
      assertThat(setpoints.get(i).getNumber()).isGreaterThan(setpoints.get(i - 1).getNumber());
    }
  }

  @Test
  void shouldSendNothingForACommandThatWasRefused() {
    state = "refused";
    var ran = run("twin command ada velocity 0.2 0 0 --for 400ms");

    assertThat(ran.code()).isEqualTo(1);
    assertThat(setpoints).isEmpty();
  }

  @Test
  void shouldAskForPartsWishesAndHandOver() {
    assertThat(run("twin lease ada request --part arms --reason mine --as eve").code()).isZero();
    assertThat(run("twin lease ada hand-over --to eve --as ben").code()).isZero();
    assertThat(run("twin lease ada acquire --part tail").code()).isEqualTo(2);
    assertThat(run("twin lease ada hand-over").code()).isEqualTo(2);
    assertThat(run("twin command ada stance fly").code()).isEqualTo(2);

    assertThat(leases)
        .extracting(l -> l.getAction() + " " + l.getPart() + " " + l.getTo())
        .containsExactly("request arms ", "hand-over  eve");
    assertThat(commands).isEmpty();
  }
}
