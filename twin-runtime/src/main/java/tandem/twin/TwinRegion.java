package tandem.twin;

import akka.actor.typed.ActorRef;
import akka.cluster.sharding.typed.javadsl.ClusterSharding;
import akka.cluster.sharding.typed.javadsl.EntityRef;
import akka.cluster.sharding.typed.javadsl.EntityTypeKey;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import tandem.proto.command.TwinCommand;
import tandem.proto.command.TwinReply;
import tandem.twin.robot.RobotTwin;
import tandem.twin.robot.RobotTwin.Answered;

/** Messages to twins wherever in the site they live. Thread-safe. */
final class TwinRegion {
  static final EntityTypeKey<RobotTwin.Message> KEY =
      EntityTypeKey.create(RobotTwin.Message.class, "RobotTwin");

  private static final Duration ANSWER = Duration.ofSeconds(10);

  private final ClusterSharding sharding;
  private final KnownTwins known;

  TwinRegion(ClusterSharding sharding, KnownTwins known) {
    this.sharding = sharding;
    this.known = known;
  }

  void tell(String robot, RobotTwin.Message message) {
    sharding.entityRefFor(KEY, robot).tell(message);
  }

  /** Fails with {@link Refused} where the twin refuses, or is unknown, or cannot be rebuilt. */
  CompletionStage<Answered> ask(String robot, TwinCommand command) {
    return ask(robot, replyTo -> new RobotTwin.Ask(command, replyTo), ANSWER);
  }

  CompletionStage<Answered> look(String robot) {
    return ask(robot, RobotTwin.Look::new, ANSWER);
  }

  CompletionStage<Answered> ask(
      String robot, Function<ActorRef<Answered>, RobotTwin.Message> message, Duration atMost) {
    if (!known.contains(robot)) {
      return CompletableFuture.failedStage(
          new Refused(
              "tandem.robot.unknown", "robot %s has never been seen here".formatted(robot)));
    }
    String failure = known.failure(robot);
    if (failure != null) return CompletableFuture.failedStage(KnownTwins.corrupt(robot, failure));
    EntityRef<RobotTwin.Message> twin = sharding.entityRefFor(KEY, robot);
    var answer = twin.<Answered>ask(message::apply, atMost).toCompletableFuture().copy();
    known.pending(robot, answer);
    return answer.handle(
        (answered, late) -> {
          if (late != null) throw new CompletionException(unanswered(robot, late));
          if (answered.reply() instanceof TwinReply.Refused(var code, var why)) {
            throw new Refused(code, why);
          }
          return answered;
        });
  }

  private Throwable unanswered(String robot, Throwable late) {
    Throwable cause =
        late instanceof CompletionException && late.getCause() != null ? late.getCause() : late;
    if (!(cause instanceof TimeoutException)) return cause;
    String failure = known.failure(robot);
    return new Refused(
        failure == null ? "tandem.twin.no-answer" : "tandem.journal.corrupt",
        "twin %s did not answer in time%s; it is not known whether it acted"
            .formatted(robot, failure == null ? "" : ": " + failure));
  }
}
