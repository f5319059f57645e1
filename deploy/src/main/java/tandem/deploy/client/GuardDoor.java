package tandem.deploy.client;

import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.Release;
import tandem.proto.v1.Stop;
import tandem.zenoh.Encoding;
import tandem.zenoh.GetOptions;
import tandem.zenoh.Qos;
import tandem.zenoh.Replies;
import tandem.zenoh.Reply;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;
import tandem.zenoh.ZenohException;

/**
 * Speaks to a robot's guard on its own listener, past every node: for the stop, which needs
 * nobody's leave.
 */
public final class GuardDoor {
  private static final Duration ONE_ANSWER = Duration.ofMillis(500);
  private static final Duration ALL_ANSWERS = Duration.ofSeconds(5);

  private GuardDoor() {}

  /**
   * Latches or releases the stop; repeated until the guard acknowledges it, for at most 5 s. The
   * repetition is the same stop (its request id stays).
   *
   * @throws CliFailure where the guard does not answer: then it is not known whether it stopped
   */
  public static GuardReply stop(
      String endpoint, String robot, String by, String reason, boolean release) {
    var request = GuardRequest.newBuilder().setRobot(robot);
    if (release) request.setRelease(Release.newBuilder().setBy(by).setReason(reason));
    else
      request.setStop(
          Stop.newBuilder().setBy(by).setWhy(reason).setRequestId(UUID.randomUUID().toString()));
    return ask(endpoint, robot, request.build());
  }

  private static GuardReply ask(String endpoint, String robot, GuardRequest request) {
    long deadline = System.nanoTime() + ALL_ANSWERS.toNanos();
    String last = "no answer";
    try (var session = Session.open(SessionConfig.to(endpoint))) {
      while (System.nanoTime() < deadline) {
        var answer = new CompletableFuture<GuardReply>();
        session.get(
            "tandem/guard/" + robot + "/request",
            GetOptions.DEFAULT
                .withTimeout(ONE_ANSWER)
                .withQos(Qos.URGENT)
                .withPayload(request.toByteArray(), Encoding.PROTOBUF),
            new Replies() {
              @Override
              public void reply(Reply reply) {
                switch (reply) {
                  case Reply.Value value -> complete(answer, value.sample().payload());
                  case Reply.Failure failure ->
                      answer.completeExceptionally(
                          new CliFailure("guard's error: " + new String(failure.payload())));
                }
              }

              @Override
              public void done(boolean timedOut) {
                answer.completeExceptionally(
                    new CliFailure(timedOut ? "no answer in " + ONE_ANSWER : "no guard there"));
              }
            });
        try {
          return answer.get(ONE_ANSWER.toMillis() + 200, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
          last = e.getCause() == null ? "no answer in " + ONE_ANSWER : e.getCause().getMessage();
        }
      }
    } catch (ZenohException e) {
      last = e.getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      last = "interrupted";
    }
    throw new CliFailure(
        "guard of %s at %s: %s; it is not known whether the robot was stopped"
            .formatted(robot, endpoint, last));
  }

  private static void complete(CompletableFuture<GuardReply> answer, byte[] payload) {
    try {
      answer.complete(GuardReply.parseFrom(payload));
    } catch (InvalidProtocolBufferException e) {
      answer.completeExceptionally(
          new CliFailure("the guard's answer is no GuardReply: " + e.getMessage()));
    }
  }
}
