package tandem.robot.guard;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import tandem.proto.v1.Authority;
import tandem.proto.v1.Cancel;
import tandem.proto.v1.GuardMemory;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.JournalPosition;
import tandem.proto.v1.Motion;
import tandem.proto.v1.TimeToken;

/**
 * A guard broken on purpose, to see that seeded schedules find it out. Nothing of it is in the
 * core: each bends what the core is asked, what it finds on its disk, or what it decided.
 */
public enum GuardMutation {
  NONE("the guard as it is"),
  NO_EPOCH_CHECK("drop the epoch check"),
  NO_TERM_CHECK("drop the term check"),
  PARTS_MIXED("count a grant for one part for both"),
  REVOCATION_FORGOTTEN("acknowledge a revocation and forget it"),
  NO_PERSISTENCE("forget to persist"),
  OLD_SLOT("come back with the state before the newest one"),
  DISK_ERRORS_IGNORED("take what could not be written for written"),
  ARMED_AFTER_LOSS("move after the state was lost, unarmed"),
  EXPIRED_TOKEN("start on an expired token"),
  EXPIRED_AFTER_SYNC("not look at the time again after a slow write"),
  TOKEN_OF_ANOTHER_BOOT("start on a token of another boot"),
  NO_SEQUENCE_CHECK("execute a duplicate"),
  NO_SETPOINT_NUMBER("apply a setpoint that came before, or was overtaken"),
  LATE_SETPOINT("apply a setpoint that comes too late"),
  SUPERSEDED_GOES_ON("keep a superseded command going"),
  KEEP_ALIVE_IGNORED("go on although the lease holder is silent"),
  NO_LAPSE("go on with a stream that nobody holds"),
  STOP_FORGOTTEN_AT_START("forget a stop in a restart"),
  MOTION_DESPITE_STOP("take a command although a stop is latched"),
  NAVIGATION_FORGOTTEN("forget in a restart what the robot navigates to"),
  NAVIGATION_LEFT_OPEN("tell the base to stand and leave its navigation open"),
  CANCELLED_WHILE_IT_WAITED("send what was cancelled while it waited for the disk"),
  ANY_RELEASE("lift whatever stop is latched, whenever the release comes"),
  OVERTAKEN_BY_A_STOP("take a motion that was permitted before the newest release");

  private final String text;

  GuardMutation(String text) {
    this.text = text;
  }

  /** What it does, for a report. */
  public String text() {
    return text;
  }

  /** The state that a start finds. */
  GuardMemory atBoot(GuardMemory disk, GuardMemory before) {
    return switch (this) {
      case STOP_FORGOTTEN_AT_START -> disk.toBuilder().setStopLatched(false).build();
      case OLD_SLOT -> before;
      case NAVIGATION_FORGOTTEN -> disk.toBuilder().clearNavigations().build();
      default -> disk;
    };
  }

  /** Whether an effect gets lost. */
  boolean loses(GuardEffect effect) {
    return this == NAVIGATION_LEFT_OPEN
        && effect instanceof GuardEffect.CancelGoals cancel
        && cancel.target().getType().equals(MotionPlan.NAVIGATE);
  }

  /** The request as a guard without one of its checks would see it. */
  GuardRequest asked(GuardRequest request, GuardState state, long nowNanos) {
    return switch (this) {
      case NO_EPOCH_CHECK -> authority(request, state.memory(), false);
      case NO_TERM_CHECK -> authority(request, state.memory(), true);
      case PARTS_MIXED ->
          request.hasGrant()
              ? request.toBuilder()
                  .setGrant(request.getGrant().toBuilder().setPart(Parts.BODY))
                  .build()
              : request;
      case REVOCATION_FORGOTTEN ->
          request.hasRevoke()
              ? request.toBuilder().setCancel(Cancel.getDefaultInstance()).build()
              : request;
      case EXPIRED_TOKEN -> token(request, state, nowNanos, true, false);
      case TOKEN_OF_ANOTHER_BOOT ->
          request.getMotion().getToken().getBootId().equals(state.bootId())
              ? request
              : token(request, state, nowNanos, true, false);
      case OVERTAKEN_BY_A_STOP -> permittedNow(request, state, nowNanos);
      case LATE_SETPOINT -> token(request, state, nowNanos, false, true);
      case NO_SEQUENCE_CHECK -> sequence(request, state.memory());
      case NO_SETPOINT_NUMBER -> number(request, state);
      case ANY_RELEASE ->
          request.hasRelease()
              ? request.toBuilder()
                  .setRelease(
                      request.getRelease().toBuilder()
                          .setToken(GuardCore.token(state, nowNanos))
                          .setStopNumber(state.memory().getStopNumber()))
                  .build()
              : request;
      default -> request;
    };
  }

  private static GuardRequest authority(
      GuardRequest request, GuardMemory memory, boolean termOnly) {
    if (!request.hasMotion() && !request.hasGrant()) {
      return request;
    }
    Authority named =
        request.hasMotion()
            ? request.getMotion().getAuthority()
            : request.getGrant().getAuthority();
    Authority highest = memory.getHighestSeen();
    if (GuardCore.compare(named, highest) >= 0) {
      return request;
    }
    Authority lifted = termOnly ? named.toBuilder().setTerm(highest.getTerm()).build() : highest;
    return request.hasMotion()
        ? request.toBuilder()
            .setMotion(
                request.getMotion().toBuilder()
                    .setAuthority(lifted)
                    .setSequenceInEpoch(memory.getSequenceInEpoch() + 1)
                    .setJournal(above(memory)))
            .build()
        : request.toBuilder().setGrant(request.getGrant().toBuilder().setAuthority(lifted)).build();
  }

  private static JournalPosition above(GuardMemory memory) {
    return memory.getJournalHead().toBuilder()
        .setSequence(memory.getJournalHead().getSequence() + 1)
        .setHash(ByteString.copyFrom(new byte[32]))
        .build();
  }

  private static GuardRequest token(
      GuardRequest request,
      GuardState state,
      long nowNanos,
      boolean ofMotions,
      boolean ofSetpoints) {
    TimeToken fresh = GuardCore.token(state, nowNanos);
    if (request.hasMotion() && ofMotions) {
      return request.toBuilder().setMotion(request.getMotion().toBuilder().setToken(fresh)).build();
    }
    return request.hasSetpoint() && ofSetpoints
        ? request.toBuilder().setSetpoint(request.getSetpoint().toBuilder().setToken(fresh)).build()
        : request;
  }

  /** A token of now, where the one that came is good, with what it leaves of the times. */
  private static GuardRequest permittedNow(GuardRequest request, GuardState state, long nowNanos) {
    Motion motion = request.getMotion();
    TimeToken fresh = GuardCore.token(state, nowNanos);
    long age = fresh.getTickMillis() - motion.getToken().getTickMillis();
    boolean good =
        request.hasMotion()
            && motion.getToken().getBootId().equals(state.bootId())
            && age >= 0
            && age <= Math.min(Motions.TOKEN_AGE_MILLIS, motion.getStartByMillis());
    return good
        ? request.toBuilder()
            .setMotion(
                motion.toBuilder()
                    .setToken(fresh)
                    .setStartByMillis(motion.getStartByMillis() - age)
                    .setEndByMillis(motion.getEndByMillis() - age))
            .build()
        : request;
  }

  private static GuardRequest sequence(GuardRequest request, GuardMemory memory) {
    return request.hasMotion()
        ? request.toBuilder()
            .setMotion(
                request.getMotion().toBuilder()
                    .setSequenceInEpoch(Parts.sequence(memory, Parts.BODY) + 1)
                    .setJournal(above(memory)))
            .build()
        : request;
  }

  private static GuardRequest number(GuardRequest request, GuardState state) {
    if (!request.hasSetpoint()) {
      return request;
    }
    for (GuardState.Active active : state.actives()) {
      if (active.commandId().equals(request.getSetpoint().getCommandId())
          && active.course() instanceof GuardState.Course.Stream stream) {
        return request.toBuilder()
            .setSetpoint(request.getSetpoint().toBuilder().setNumber(stream.number() + 1))
            .build();
      }
    }
    return request;
  }

  /** The state as a guard without one of its checks would see it. */
  GuardState before(GuardState state, GuardInput input, long nowNanos) {
    return switch (this) {
      case MOTION_DESPITE_STOP ->
          input instanceof GuardInput.Request(var asked, _, _) && asked.hasMotion()
              ? state.with(
                  state.memory().toBuilder().setStopLatched(false).build(),
                  state.actives(),
                  state.pending(),
                  state.beats())
              : state;
      case NO_LAPSE ->
          input instanceof GuardInput.Tick
              ? actives(
                  state,
                  active ->
                      active.course() instanceof GuardState.Course.Stream stream
                          ? active.on(stream.heldAt(nowNanos))
                          : active)
              : state;
      case KEEP_ALIVE_IGNORED ->
          input instanceof GuardInput.Tick
              ? state.with(
                  state.memory(),
                  state.actives(),
                  state.pending(),
                  state.actives().stream()
                      .map(one -> new GuardState.Beat(one.authority(), 0, nowNanos))
                      .toList())
              : state;
      case SUPERSEDED_GOES_ON ->
          isOfAuthority(input)
              ? state.with(state.memory(), List.of(), state.pending(), state.beats())
              : state;
      case CANCELLED_WHILE_IT_WAITED ->
          isOfWhatWaits(input, state)
              ? state.with(state.memory(), state.actives(), null, state.beats())
              : state;
      case EXPIRED_AFTER_SYNC ->
          input instanceof GuardInput.Stored
                  && state.pending() instanceof GuardState.Pending.Start(var motion, var replyTo)
              ? state.with(
                  state.memory(),
                  state.actives(),
                  new GuardState.Pending.Start(
                      motion.toBuilder().setToken(GuardCore.token(state, nowNanos)).build(),
                      replyTo),
                  state.beats())
              : state;
      default -> state;
    };
  }

  /** The state after the decision, where something was hidden from it. */
  GuardState after(GuardState shown, GuardState before, GuardState decided, GuardInput input) {
    if (this == SUPERSEDED_GOES_ON && isOfAuthority(input)) {
      return decided.with(decided.memory(), before.actives(), decided.pending(), decided.beats());
    }
    if (this == KEEP_ALIVE_IGNORED && input instanceof GuardInput.Tick) {
      return decided.with(decided.memory(), decided.actives(), decided.pending(), before.beats());
    }
    if (this == CANCELLED_WHILE_IT_WAITED && isOfWhatWaits(input, before)) {
      return decided.with(decided.memory(), decided.actives(), before.pending(), decided.beats());
    }
    boolean unlatched = before.memory().getStopLatched() && !shown.memory().getStopLatched();
    return unlatched
        ? decided.with(
            decided.memory().toBuilder().setStopLatched(true).build(),
            decided.actives(),
            decided.pending(),
            decided.beats())
        : decided;
  }

  private static boolean isOfAuthority(GuardInput input) {
    return input instanceof GuardInput.Request(var asked, _, _)
        && (asked.hasGrant() || asked.hasRevoke());
  }

  private static boolean isOfWhatWaits(GuardInput input, GuardState state) {
    return input instanceof GuardInput.Request(var asked, _, _)
        && asked.hasCancel()
        && state.pending() instanceof GuardState.Pending.Start(var motion, _)
        && state.asked().isEmpty()
        && motion.getCommandId().equals(asked.getCancel().getCommandId());
  }

  private static GuardState actives(
      GuardState of, java.util.function.UnaryOperator<GuardState.Active> change) {
    if (of.actives().isEmpty()) {
      return of;
    }
    List<GuardState.Active> actives = new ArrayList<>();
    of.actives().forEach(one -> actives.add(change.apply(one)));
    return of.with(of.memory(), List.copyOf(actives), of.pending(), of.beats());
  }
}
