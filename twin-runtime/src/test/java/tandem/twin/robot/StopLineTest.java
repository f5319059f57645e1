package tandem.twin.robot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tandem.proto.v1.GuardReply;

class StopLineTest {
  private final GuardPorts ports = new GuardPorts();
  private final LinkedBlockingQueue<String> sent = new LinkedBlockingQueue<>();
  private final Map<String, GuardReply> answers = new ConcurrentHashMap<>();
  private final StopLine line = new StopLine(ports, (robot, id) -> {});

  @BeforeEach
  void listen() {
    ports.port(
        "ada",
        request -> {
          String id = request.getStop().getRequestId();
          sent.add(id);
          GuardReply answer = answers.get(id);
          return answer == null
              ? new CompletableFuture<>()
              : CompletableFuture.completedStage(answer);
        });
  }

  @AfterEach
  void close() {
    line.close();
  }

  private void await(String id) throws InterruptedException {
    for (String next = ""; !id.equals(next); ) {
      next = sent.poll(10, TimeUnit.SECONDS);
      assertThat(next).as("a repetition of " + id).isNotNull();
    }
  }

  @Test
  void shouldGoOnWithAStopThatCameAfterTheOneThatIsReleased() throws Exception {
    answers.put("a", GuardReply.newBuilder().setAccepted(true).build());
    assertThat(line.stop("ada", "a", "ann", "smoke").toCompletableFuture().join().getAccepted())
        .isTrue();
    var second = line.stop("ada", "b", "bob", "a child").toCompletableFuture();
    await("b");

    line.forget("ada", "a");
    sent.clear();

    await("b");
    assertThat(second).isNotDone();
    answers.put("b", GuardReply.newBuilder().setAccepted(true).build());
    assertThat(second.get(10, TimeUnit.SECONDS).getAccepted()).isTrue();
  }

  @Test
  void shouldEndTheRepetitionsOfTheStopThatIsReleased() throws Exception {
    var stop = line.stop("ada", "a", "ann", "smoke").toCompletableFuture();
    await("a");

    line.forget("ada", "a");

    assertThatThrownBy(stop::join).hasMessageContaining("released before it was acknowledged");
  }
}
