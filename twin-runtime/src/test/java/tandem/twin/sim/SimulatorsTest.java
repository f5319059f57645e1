package tandem.twin.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tandem.proto.v1.SimulatorView;
import tandem.twin.Refused;

class SimulatorsTest {
  private static ActorTestKit kit;

  private final LinkedBlockingQueue<String> calls = new LinkedBlockingQueue<>();
  private volatile SimulatorControl.Reports reports;
  private volatile int failures;

  @BeforeAll
  static void start() {
    kit = ActorTestKit.create("simulators");
  }

  @AfterAll
  static void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void shouldRunAndStopASimulatorAndShowItsProgress() throws Exception {
    try (var simulators = simulators()) {
      assertThat(simulators.views().getFirst().getState()).isEqualTo("stopped");

      assertThat(get(simulators.start("ada-dream")).getState()).isEqualTo("running");
      reports.progress(0.99, 1_000, 2.0);
      while (simulators.views().getFirst().getSteps() == 0) {
        Thread.yield();
      }
      var view = simulators.views().getFirst();
      assertThat(view.getRealTimeFactor()).isEqualTo(0.99);
      assertThat(view.getClock()).isEqualTo(2.0);
      assertThat(view.getDream()).isTrue();

      assertThat(get(simulators.stop("ada-dream")).getState()).isEqualTo("stopped");
      assertThat(simulators.views().getFirst().getRealTimeFactor()).isZero();
      assertThat(calls).containsExactly("start", "stop");
    }
  }

  @Test
  void shouldStartASimulatorAgainThatFailed() throws Exception {
    try (var simulators = simulators()) {
      failures = 1;
      var failed = get(simulators.start("ada-dream"));
      assertThat(failed.getState()).isEqualTo("failed");
      assertThat(failed.getWhy()).contains("not started", "no model");
      assertThat(calls.poll(30, TimeUnit.SECONDS)).isEqualTo("start");
      assertThat(calls.poll(30, TimeUnit.SECONDS)).isEqualTo("start");

      assertThat(get(simulators.start("ada-dream")).getState()).isEqualTo("running");
      reports.failed("diverged");
      assertThat(calls.poll(30, TimeUnit.SECONDS)).isEqualTo("start");
    }
  }

  @Test
  void shouldNotStartAgainWhatAPersonStopped() throws Exception {
    try (var simulators = simulators()) {
      failures = 1;
      get(simulators.start("ada-dream"));

      assertThat(get(simulators.stop("ada-dream")).getState()).isEqualTo("stopped");
      assertThat(get(simulators.stop("ada-dream")).getWhy()).isEmpty();
    }
  }

  @Test
  void shouldNameASimulatorItDoesNotKnow() {
    try (var simulators = simulators()) {
      assertThatThrownBy(() -> get(simulators.start("eve-dream")))
          .hasRootCauseInstanceOf(Refused.class)
          .hasMessageContaining("simulator eve-dream: expected one of [ada-dream]");
    }
  }

  private Simulators simulators() {
    var simulators = new Simulators();
    kit.spawn(simulators.supervisor());
    simulators.enter(
        new Simulators.Declaration("ada-dream", "embedded", true, "ada-dream"),
        new SimulatorControl() {
          @Override
          public void start(Reports to) {
            calls.add("start");
            if (failures-- > 0) {
              throw new IllegalStateException("no model");
            }
            reports = to;
          }

          @Override
          public void stop() {
            calls.add("stop");
          }
        });
    return simulators;
  }

  private static SimulatorView get(CompletionStage<SimulatorView> stage) throws Exception {
    return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
