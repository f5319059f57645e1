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
import tandem.proto.v1.NodeAnswer;
import tandem.proto.v1.NodeQuestion;
import tandem.twin.robot.RobotTwin;
import tandem.twin.robot.RobotTwin.Answered;

/**
 * Messages to twins: those of this node as they are, others as questions to the node on which the
 * twin lives. Thread-safe.
 */
final class TwinRegion {
  static final EntityTypeKey<RobotTwin.Message> KEY =
      EntityTypeKey.create(RobotTwin.Message.class, "RobotTwin");

  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final Duration ATTEMPT = Duration.ofMillis(500);
  private static final String NO_ANSWER = "tandem.twin.no-answer";

  private final ClusterSharding sharding;
  private final KnownTwins known;
  private final Homes homes;

  TwinRegion(ClusterSharding sharding, KnownTwins known, Homes homes) {
    this.sharding = sharding;
    this.known = known;
    this.homes = homes;
  }

  /** To a twin of this node; to one that lives elsewhere it is not said. */
  void tell(String robot, RobotTwin.Message message) {
    if (homes.isHere(robot)) sharding.entityRefFor(KEY, robot).tell(message);
  }

  /** Starts a twin where it belongs. */
  void wake(String robot) {
    sharding.entityRefFor(KEY, robot).tell(new RobotTwin.Wake());
  }

  /**
   * Asks the node on which the twin lives, wherever that is; fails with {@link Refused} where it
   * refuses.
   *
   * @param atMost longer where the answer itself may take longer
   */
  CompletionStage<NodeAnswer> ask(NodeQuestion question, Duration atMost) {
    return sharding
        .entityRefFor(KEY, question.getRobot())
        .<NodeAnswer>ask(replyTo -> new RobotTwin.Serve(question, replyTo), atMost)
        .handle(
            (answer, late) -> {
              if (late != null) {
                throw new CompletionException(unanswered(question.getRobot(), late));
              }
              if (answer.hasRefused()) {
                throw new Refused(answer.getRefused().getCode(), answer.getRefused().getError());
              }
              return answer;
            });
  }

  /**
   * The same of a question that may be asked twice: again and again, since the node on which the
   * twin lived may be gone, and the first to be asked with it.
   */
  CompletionStage<NodeAnswer> askUntilAnswered(NodeQuestion.Builder question) {
    return askUntilAnswered(question.build(), System.nanoTime() + ANSWER.toNanos());
  }

  private CompletionStage<NodeAnswer> askUntilAnswered(NodeQuestion question, long untilNanos) {
    return ask(question, ATTEMPT)
        .exceptionallyCompose(
            failure ->
                isUnanswered(failure) && System.nanoTime() < untilNanos
                    ? askUntilAnswered(question, untilNanos)
                    : CompletableFuture.failedStage(failure));
  }

  private static boolean isUnanswered(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof Refused refused && refused.code().equals(NO_ANSWER);
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
    if (!homes.isHere(robot)) {
      return CompletableFuture.failedStage(
          new Refused(
              Homes.MOVED,
              "twin %s lives on another node of this site by now; nothing was done here"
                  .formatted(robot)));
    }
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
        failure == null ? NO_ANSWER : "tandem.journal.corrupt",
        "twin %s did not answer in time%s; it is not known whether it acted"
            .formatted(robot, failure == null ? "" : ": " + failure));
  }
}
