package tandem.deploy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class UrgentStopTest {
  private static final String NOTED = "{\"latched\":true,\"confirmed\":false}";
  private static final String CONFIRMED = "{\"latched\":true,\"confirmed\":true}";

  @Test
  void shouldNotTakeTheWordOfATwinThatOnlyNotedTheStop() {
    assertThatThrownBy(
            () ->
                UrgentStop.stop(
                    () -> NOTED, () -> List.of(nobody()), "ada", Duration.ofMillis(400)))
        .isInstanceOf(CliFailure.class)
        .hasMessageContaining("no guard has acknowledged it")
        .hasMessageContaining("the twin goes on repeating it");
  }

  @Test
  void shouldAskTheNodeUntilItsGuardHasTheStop() {
    var asked = new AtomicInteger();

    assertThat(
            UrgentStop.stop(
                () -> asked.incrementAndGet() < 3 ? NOTED : CONFIRMED,
                () -> List.of(nobody()),
                "ada",
                Duration.ofMinutes(1)))
        .isEqualTo(CONFIRMED);
    assertThat(asked).hasValue(3);
  }

  @Test
  void shouldTakeTheWordOfAGuardWhereTheNodeHasOnlyNotedTheStop() {
    assertThat(
            UrgentStop.stop(
                () -> NOTED,
                () -> List.of(nobody(), CompletableFuture.completedFuture("a guard's")),
                "ada",
                Duration.ofMinutes(1)))
        .isEqualTo("a guard's");
  }

  private static CompletableFuture<String> nobody() {
    return CompletableFuture.failedFuture(new CliFailure("no guard there"));
  }
}
