package tandem.twin;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import tandem.proto.codec.EventCodec;
import tandem.proto.event.Event;
import tandem.proto.v1.AlarmList;
import tandem.proto.v1.CommandList;
import tandem.proto.v1.ErrorView;
import tandem.proto.v1.NodeAnswer;
import tandem.proto.v1.NodeQuestion;
import tandem.proto.v1.StreamList;

/** Answers other nodes of the site about twins that live here. Thread-safe. */
final class NodeDesk {
  private final NodeTwins twins;
  private final BiFunction<String, Event, CompletionStage<Long>> journal;
  private final BiFunction<String, String, String> contact;

  /**
   * @param journal writes an event for a robot's twin
   * @param contact by robot and by whom it is claimed: this node's name where it is in contact
   *     here, else empty
   */
  NodeDesk(
      NodeTwins twins,
      BiFunction<String, Event, CompletionStage<Long>> journal,
      BiFunction<String, String, String> contact) {
    this.twins = twins;
    this.journal = journal;
    this.contact = contact;
  }

  /** Never fails: what was refused is an answer. */
  CompletionStage<NodeAnswer> answer(NodeQuestion question) {
    CompletionStage<NodeAnswer.Builder> answer;
    try {
      answer = ask(question);
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedStage(e);
    }
    return answer.handle(
        (found, failure) -> failure == null ? found.build() : refused(NodeTwins.cause(failure)));
  }

  private static NodeAnswer refused(Throwable why) {
    String code = why instanceof Refused refused ? refused.code() : "tandem.twin.failed";
    return NodeAnswer.newBuilder()
        .setRefused(ErrorView.newBuilder().setCode(code).setError(String.valueOf(why.getMessage())))
        .build();
  }

  private CompletionStage<NodeAnswer.Builder> ask(NodeQuestion q) {
    String robot = q.getRobot();
    var answer = NodeAnswer.newBuilder();
    return switch (q.getQuestionCase()) {
      case SHOW -> twins.show(robot).thenApply(answer::setTwin);
      case COMMAND -> twins.command(q.getCommand()).thenApply(answer::setCommand);
      case AWAIT ->
          twins
              .await(q.getAwait().getCommandId(), Duration.ofMillis(q.getAwait().getAtMostMillis()))
              .thenApply(answer::setCommand);
      case CANCEL ->
          twins
              .cancel(q.getCancel().getCommandId(), q.getCancel().getBy(), q.getCancel().getWhy())
              .thenApply(answer::setCommand);
      case COMMANDS ->
          twins
              .commands(robot, q.getCommands())
              .thenApply(
                  all ->
                      answer.setCommands(
                          CommandList.newBuilder().setRobot(robot).addAllCommands(all)));
      case STOP -> twins.stop(q.getStop()).thenApply(answer::setStop);
      case REARM ->
          twins
              .rearm(robot, q.getRearm().getBy(), q.getRearm().getReason())
              .thenApply(answer::setTwin);
      case SETPOINT ->
          twins
              .setpoint(robot, q.getSetpoint().getCommandId(), q.getSetpoint().getSetpoint())
              .thenApply(answer::setTeleop);
      case TELEOP -> twins.teleop(robot, q.getTeleop()).thenApply(answer::setTeleop);
      case LEASE -> twins.lease(q.getLease()).thenApply(answer::setLease);
      case PROFILE -> twins.profile(robot).thenApply(answer::setProfile);
      case PROPOSED_PROFILE -> twins.proposedProfile(robot).thenApply(answer::setProfile);
      case ACCEPT_PROFILE ->
          twins.acceptProfile(robot, q.getAcceptProfile()).thenApply(answer::setProfile);
      case DESCRIPTION -> twins.description(robot).thenApply(answer::setDescription);
      case ALARMS ->
          twins
              .alarms(robot)
              .thenApply(all -> answer.setAlarms(AlarmList.newBuilder().addAllAlarms(all)));
      case STREAMS ->
          twins
              .streams(robot)
              .thenApply(
                  all ->
                      answer.setStreams(
                          StreamList.newBuilder().setRobot(robot).addAllStreams(all)));
      case EVENT ->
          journal
              .apply(
                  robot, EventCodec.decode(q.getEvent().getManifest(), q.getEvent().getPayload()))
              .thenApply(answer::setSequence);
      case CONTACT ->
          CompletableFuture.completedStage(
              answer.setContact(contact.apply(robot, q.getContact().getClaimedBy())));
      case QUESTION_NOT_SET ->
          CompletableFuture.failedStage(
              new Refused(
                  "tandem.twin.question",
                  "a question that this node does not know: the nodes of a site have to be of one"
                      + " version"));
    };
  }
}
