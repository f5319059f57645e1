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
import tandem.proto.v1.GuardStatus;
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
  private static final Duration STATUS = Duration.ofSeconds(2);

  private GuardDoor() {}

  /**
   * Latches or releases the stop; repeated until the guard acknowledges it, for at most 5 s. The
   * repetition is the same stop (its request id stays).
   *
   * @throws CliFailure where the guard does not answer: then it is not known whether it stopped
   */
  public static GuardReply stop(
      String endpoint, String robot, String by, String reason, boolean release) {
    long deadline = System.nanoTime() + ALL_ANSWERS.toNanos();
    String last = "no answer";
    try (var session = Session.open(SessionConfig.to(endpoint))) {
      var request = request(session, robot, by, reason, release);
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
    } catch (ZenohException | TimeoutException | ExecutionException e) {
      last = e.getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      last = "interrupted";
    }
    throw new CliFailure(
        "guard of %s at %s: %s; it is not known whether the robot was stopped"
            .formatted(robot, endpoint, last));
  }

  /** A release names the stop that the guard's newest status tells. */
  private static GuardRequest request(
      Session session, String robot, String by, String reason, boolean release)
      throws InterruptedException, ExecutionException, TimeoutException {
    var request = GuardRequest.newBuilder().setRobot(robot);
    if (!release) {
      var stop =
          Stop.newBuilder().setBy(by).setWhy(reason).setRequestId(UUID.randomUUID().toString());
      return request.setStop(stop).build();
    }
    var status = status(session, robot);
    var lifted =
        Release.newBuilder()
            .setBy(by)
            .setReason(reason)
            .setToken(status.getToken())
            .setStopNumber(status.getStopNumber());
    return request.setRelease(lifted).build();
  }

  private static GuardStatus status(Session session, String robot)
      throws InterruptedException, ExecutionException, TimeoutException {
    var told = new CompletableFuture<GuardStatus>();
    var subscriber =
        session.declareSubscriber(
            "tandem/guard/" + robot + "/status",
            sample -> {
              try {
                told.complete(GuardStatus.parseFrom(sample.payload()));
              } catch (InvalidProtocolBufferException e) {
                told.completeExceptionally(e);
              }
            });
    try {
      return told.get(STATUS.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new TimeoutException("the guard told no status within " + STATUS);
    } finally {
      subscriber.close();
    }
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
