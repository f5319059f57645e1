package tandem.twin.robot;

import java.util.List;
import tandem.proto.codec.SealedEvent;
import tandem.proto.command.TwinCommand;
import tandem.proto.event.Event;
import tandem.proto.event.Goal;
import tandem.proto.v1.Authority;
import tandem.proto.v1.Cancel;
import tandem.proto.v1.Grant;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.JournalPosition;
import tandem.proto.v1.Motion;
import tandem.proto.v1.Rearm;
import tandem.proto.v1.Release;
import tandem.proto.v1.Revoke;
import tandem.proto.v1.Stop;
import tandem.twin.robot.Effect.Ending;

/**
 * What an effect asks of the guard, in the guard's words, and what its answer means to the twin.
 * Pure: the actor and {@link TwinModel} share it, so that what the seeded schedules send is what
 * the runtime sends.
 */
final class GuardRequests {
  private GuardRequests() {}

  /**
   * How a request ended.
   *
   * @param reply null where there was none
   * @param failure why not; empty where there was one
   * @param sentNanos ns since 1970, as {@code answeredNanos}
   */
  record Answer(GuardReply reply, String failure, long sentNanos, long answeredNanos) {
    boolean answered() {
      return reply != null;
    }

    boolean accepted() {
      return answered() && reply.getAccepted();
    }

    String code() {
      return answered() ? reply.getCode() : "tandem.guard.no-answer";
    }

    String why() {
      return answered() ? reply.getWhy() : failure;
    }
  }

  /**
   * @param state with the events behind the effect folded in
   * @param written those events, durable
   */
  static GuardRequest of(Effect effect, TwinState state, List<SealedEvent> written) {
    var request = GuardRequest.newBuilder().setRobot(state.robot());
    return switch (effect) {
      case Effect.Tell(var told) -> told;
      case Effect.Grant(var epoch, var holder, var part) ->
          request
              .setGrant(
                  Grant.newBuilder()
                      .setAuthority(authority(state, epoch))
                      .setHolder(holder)
                      .setPart(part))
              .build();
      case Effect.Revoke(_, var revoked, var part, var why) ->
          request
              .setRevoke(
                  Revoke.newBuilder()
                      .setAuthority(authority(state, revoked))
                      .setPart(part)
                      .setWhy(why))
              .build();
      case Effect.End(Ending.OfCommand(var id, var by, var why)) ->
          request.setCancel(Cancel.newBuilder().setCommandId(id).setBy(by).setWhy(why)).build();
      case Effect.End(Ending.OfLease(var epoch, var part, var why)) ->
          request
              .setRevoke(
                  Revoke.newBuilder()
                      .setAuthority(authority(state, epoch))
                      .setPart(part)
                      .setWhy(why))
              .build();
      case Effect.Motion(var id) -> request.setMotion(motion(state, id, written)).build();
      case Effect.Release(var by, var reason, _, var token, var number) ->
          request
              .setRelease(
                  Release.newBuilder()
                      .setBy(by)
                      .setReason(reason)
                      .setToken(token)
                      .setStopNumber(number))
              .build();
      case Effect.Rearm(var epoch, var by, var reason, var token) ->
          request
              .setRearm(
                  Rearm.newBuilder()
                      .setAuthority(authority(state, epoch))
                      .setBy(by)
                      .setReason(reason)
                      .setToken(token))
              .build();
      case Effect.Stop(var id, var by, var why) ->
          request.setStop(Stop.newBuilder().setRequestId(id).setBy(by).setWhy(why)).build();
    };
  }

  private static Authority authority(TwinState state, long epoch) {
    return Authority.newBuilder().setTerm(state.term()).setEpoch(epoch).build();
  }

  /** The event of its acceptance is durable by now; its position and hash travel along. */
  private static Motion motion(TwinState state, String id, List<SealedEvent> written) {
    CommandRecord command = state.command(id).orElseThrow();
    SealedEvent accepted =
        written.stream()
            .filter(e -> e.event() instanceof Event.CommandAccepted a && a.id().equals(id))
            .findFirst()
            .orElseThrow();
    var motion =
        Motion.newBuilder()
            .setCommandId(id)
            .setAuthority(authority(state, command.epoch()))
            .setSequenceInEpoch(command.sequenceInEpoch())
            .setToken(command.token())
            .setStartByMillis(command.startByMillis())
            .setEndByMillis(command.endByMillis())
            .setJournal(
                JournalPosition.newBuilder()
                    .setTerm(accepted.term())
                    .setSequence(accepted.sequence())
                    .setHash(accepted.hash()));
    switch (command.sentGoal()) {
      case Goal.Joint(var joint) -> motion.setJoint(joint);
      case Goal.Reach(var reach) -> motion.setReach(reach);
      case Goal.Stream(var stream) -> motion.setStream(stream);
      case Goal.Stance(var stance) -> motion.setStance(stance);
      case Goal.Navigate(var navigate) -> motion.setNavigate(navigate);
    }
    return motion.build();
  }

  /** What the twin is told; null where nobody waits for the answer. */
  static TwinCommand answered(Effect effect, Answer a) {
    return switch (effect) {
      case Effect.Tell tell -> null;
      case Effect.Grant grant ->
          new TwinCommand.GrantAnswered(grant.epoch(), a.accepted(), a.code(), a.why());
      case Effect.Revoke revoke ->
          new TwinCommand.RevokeAnswered(revoke.epoch(), a.accepted(), a.code(), a.why());
      case Effect.End(Ending.OfCommand(var id, _, _)) ->
          new TwinCommand.EndAnswered(id, 0, a.answered(), a.code());
      case Effect.End(Ending.OfLease(var epoch, _, _)) ->
          new TwinCommand.EndAnswered("", epoch, a.answered(), a.code());
      case Effect.Motion(var id) ->
          new TwinCommand.MotionAnswered(
              id, a.answered(), a.accepted(), a.code(), a.why(), a.sentNanos(), a.answeredNanos());
      case Effect.Release(var by, var reason, _, _, _) ->
          new TwinCommand.ReleaseAnswered(by, reason, a.accepted(), a.code(), a.why());
      case Effect.Rearm(_, var by, var reason, _) ->
          new TwinCommand.RearmAnswered(by, reason, a.accepted(), a.code(), a.why());
      case Effect.Stop(var id, _, _) -> a.accepted() ? new TwinCommand.StopAnswered(id) : null;
    };
  }
}
