package tandem.cloud.http;

import static org.assertj.core.api.Assertions.assertThat;

import akka.http.javadsl.model.ws.Message;
import akka.http.javadsl.model.ws.TextMessage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class OutboxTest {
  private final Outbox outbox = new Outbox();

  @Test
  void shouldKeepOnlyTheNewestViewAndCountTheReplaced() {
    for (int i = 0; i < 1000; i++) view("joints", "frame " + i);

    assertThat(text(outbox.take())).isEqualTo("frame 999");
    assertThat(outbox.take()).isNull();
    assertThat(outbox.replaced()).isEqualTo(999);
  }

  @Test
  void shouldSendAnswersBeforeViewsAndInOrder() {
    view("joints", "frame");
    outbox.answer(TextMessage.create("one"));
    outbox.answer(TextMessage.create("two"));

    assertThat(text(outbox.take())).isEqualTo("one");
    assertThat(text(outbox.take())).isEqualTo("two");
    assertThat(text(outbox.take())).isEqualTo("frame");
  }

  @Test
  void shouldGiveEachKeyItsTurnHoweverOftenOneChanges() {
    view("a", "a0");
    view("b", "b0");
    for (int i = 0; i < 10; i++) view("a", "a" + i);

    assertThat(text(outbox.take())).isEqualTo("a9");
    view("a", "a10");
    assertThat(text(outbox.take())).isEqualTo("b0");
  }

  @Test
  void shouldEndAClientThatDoesNotReadItsAnswers() {
    int kept = 0;
    while (outbox.answer(TextMessage.create("pong")) && kept < 10_000) kept++;

    assertThat(kept).isEqualTo(Outbox.MAX_ANSWERS);
    assertThat(outbox.ended()).isTrue();
  }

  @Test
  void shouldWakeTheReaderOnceForEachTimeItFoundNothing() {
    var wakes = new AtomicInteger();
    outbox.onWake(wakes::incrementAndGet);

    view("a", "1");
    assertThat(wakes).hasValue(0);
    outbox.take();
    assertThat(outbox.take()).isNull();
    view("a", "2");
    view("a", "3");

    assertThat(wakes).hasValue(1);
  }

  @Test
  void shouldBoundTheNumberOfViews() {
    for (int i = 0; i < 100_000; i++) view("robot-" + i, "x");

    int kept = 0;
    while (outbox.take() != null) kept++;
    assertThat(kept).isLessThanOrEqualTo(256);
    assertThat(outbox.replaced()).isEqualTo(100_000 - kept);
  }

  private void view(String key, String text) {
    outbox.view(key, () -> TextMessage.create(text));
  }

  private static String text(Message message) {
    return message.asTextMessage().getStrictText();
  }
}
