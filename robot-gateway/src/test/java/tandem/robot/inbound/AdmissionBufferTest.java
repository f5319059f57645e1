package tandem.robot.inbound;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class AdmissionBufferTest {
  private final AdmissionBuffer<Integer> buffer = new AdmissionBuffer<>(10, 10_000);

  private void keep(String stream, int number, int bytes, long at) {
    assertThat(buffer.keep("/eve", new AdmissionBuffer.Kept<>(stream, number, bytes, at))).isTrue();
  }

  private List<Integer> taken(String stream) {
    return buffer.take(kept -> kept.stream().equals(stream), stream::equals).samples().stream()
        .map(AdmissionBuffer.Kept::sample)
        .toList();
  }

  @Test
  void shouldGiveBackInTheOrderOfReceipt() {
    keep("/eve/a", 1, 10, 1);
    keep("/eve/b", 2, 10, 2);
    keep("/eve/a", 3, 10, 3);

    assertThat(taken("/eve/a")).containsExactly(1, 3);
    assertThat(taken("/eve/b")).containsExactly(2);
    assertThat(buffer.isEmpty()).isTrue();
  }

  @Test
  void shouldDropTheOldestOfTheBiggestTopicAndCountIt() {
    keep("/eve/robot_description", 0, 1_000, 0);
    for (int i = 1; i <= 10; i++) {
      keep("/eve/camera", i, 2_000, i);
    }

    var taken = buffer.take(kept -> true, stream -> true);

    assertThat(taken.overflowed()).containsOnlyKeys("/eve/camera").containsEntry("/eve/camera", 6L);
    assertThat(taken.samples().stream().map(AdmissionBuffer.Kept::sample))
        .containsExactly(0, 7, 8, 9, 10);
  }

  @Test
  void shouldGiveUpWhatHasWaitedTooLong() {
    keep("/eve/a", 1, 10, 1);
    keep("/eve/a", 2, 10, 5);

    assertThat(buffer.expire(12)).containsEntry("/eve/a", 1L);
    assertThat(taken("/eve/a")).containsExactly(2);
  }

  @Test
  void shouldBoundTheNumberOfProspects() {
    int kept = 0;
    for (int i = 0; i < 1_000; i++) {
      if (buffer.keep("/r" + i, new AdmissionBuffer.Kept<>("/r" + i, i, 1, 0))) kept++;
    }
    assertThat(kept).isEqualTo(256);
  }
}
