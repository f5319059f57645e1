package tandem.robot.guard;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.Stop;
import tandem.zenoh.Encoding;
import tandem.zenoh.GetOptions;
import tandem.zenoh.Replies;
import tandem.zenoh.Reply;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

/** A guard that runs on a disk whose syncs do not come back. */
class HungDiskTest {
  private static final Duration WITHIN = Duration.ofSeconds(20);
  @TempDir Path directory;
  private final AtomicBoolean hangs = new AtomicBoolean();
  private final Semaphore goesOn = new Semaphore(0);
  private final BlockingQueue<GuardStatus> told = new LinkedBlockingQueue<>();

  private GuardStatus status(Predicate<GuardStatus> wanted) throws Exception {
    long deadline = System.nanoTime() + WITHIN.toNanos();
    while (System.nanoTime() < deadline) {
      GuardStatus next = told.poll(1, TimeUnit.SECONDS);
      if (next != null && wanted.test(next)) {
        return next;
      }
    }
    throw new AssertionError("no such status within " + WITHIN);
  }

  private void heard(byte[] payload) {
    try {
      told.add(GuardStatus.parseFrom(payload));
    } catch (InvalidProtocolBufferException malformed) {
      throw new AssertionError(malformed);
    }
  }

  private static CompletableFuture<GuardReply> stop(Session session) {
    var answer = new CompletableFuture<GuardReply>();
    GuardRequest stop =
        GuardRequest.newBuilder()
            .setRobot("eve")
            .setStop(Stop.newBuilder().setBy("bob").setWhy("smoke").setRequestId("s"))
            .build();
    session.get(
        "tandem/guard/eve/request",
        GetOptions.DEFAULT.withTimeout(WITHIN).withPayload(stop.toByteArray(), Encoding.PROTOBUF),
        new Replies() {
          @Override
          public void reply(Reply reply) {
            try {
              answer.complete(GuardReply.parseFrom(((Reply.Value) reply).sample().payload()));
            } catch (InvalidProtocolBufferException malformed) {
              answer.completeExceptionally(malformed);
            }
          }

          @Override
          public void done(boolean timedOut) {
            answer.completeExceptionally(new AssertionError("no answer"));
          }
        });
    return answer;
  }

  @Test
  void shouldStopTickAndTellWhileTheDiskHangsAndWriteItWhenItGoesOn() throws Exception {
    GuardStore.Force force =
        file -> {
          if (hangs.get()) {
            goesOn.acquireUninterruptibly();
          }
          file.force(false);
        };
    var settings =
        new Guard.Settings("eve", List.of(), "tcp/127.0.0.1:0", directory, 0, null, null);
    try (Guard guard = Guard.start(settings, force);
        Session session = Session.open(SessionConfig.to(guard.endpoint()))) {
      session.declareSubscriber("tandem/guard/eve/status", sample -> heard(sample.payload()));
      status(any -> true);
      hangs.set(true);

      CompletableFuture<GuardReply> answer = stop(session);

      GuardStatus latched = status(GuardStatus::getStopLatched);
      long later = latched.getToken().getTickMillis() + 300;
      status(next -> next.getToken().getTickMillis() > later);
      GuardReply reply = answer.get(WITHIN.toSeconds(), TimeUnit.SECONDS);
      assertThat(reply.getAccepted()).isTrue();
      assertThat(reply.getCode()).isEqualTo("tandem.guard.not-stored");
      hangs.set(false);
      goesOn.release(1_000);
      GuardStatus stored =
          status(
              next ->
                  next.getCountersMap().get("stateSyncs")
                      > latched.getCountersMap().get("stateSyncs"));
      assertThat(stored.getStopLatched()).isTrue();
      assertThat(GuardStore.peek(directory).orElseThrow().getStopLatched()).isTrue();
    }
  }
}
