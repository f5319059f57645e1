package tandem.robot.guard;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.GuardMemory;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.RobotProfile;

/**
 * A guard without its process: the core, what it finds at a start, and the order in which its
 * effects are run, as {@link Guard} runs them. Time, disk, links and robot are the caller's, who
 * may also break it ({@link GuardMutation}). For seeded schedules; no clock, no I/O. Not
 * thread-safe.
 */
public final class DrivenGuard {
  /** How a write to the state file ended. */
  public sealed interface Write {
    /** On disk, or not; {@code nanos} later. */
    record Ended(boolean ok, long nanos) implements Write {}

    /** The process died before, or just after, the newest state was whole on disk. */
    record Died(boolean written) implements Write {}
  }

  /** What a guard stands in. Called in the order in which things happen. */
  public interface Around {
    /** What the samples say at a time of the guard's clock. */
    Body body(long nowNanos);

    Write write();

    /** It goes out to the robot; anything but answers, log and files. */
    void sent(GuardEffect effect, long nowNanos);

    /** {@code status} is that behind the answer. */
    void answered(GuardRequest request, long tag, GuardReply reply, long nowNanos);

    /** The process has died; {@link #boot} begins another one. */
    void died();
  }

  private record Asked(long replyTo, long tag, GuardRequest request) {}

  /** A write that goes on; the next one waits for it. */
  private record Writing(long doneNanos, boolean ok, GuardEffect.Store store) {}

  private final String robot;
  private final GuardMutation mutation;
  private final Around around;
  private final List<GuardLogRecord> log = new ArrayList<>();
  private final List<Asked> asked = new ArrayList<>();
  private final Deque<Writing> writes = new ArrayDeque<>();
  private GuardMemory disk;
  private GuardMemory diskBefore;
  private RobotProfile profile;
  private GuardState state;
  private GuardState told;
  private GuardStatus toldStatus = GuardStatus.getDefaultInstance();
  private long now;
  private long nextReply = 1;
  private long logHead;
  private boolean dead = true;
  private int boots;

  /** Starts never before: armed, nothing known. */
  public DrivenGuard(String robot, GuardMutation mutation, Around around) {
    this.robot = robot;
    this.mutation = mutation;
    this.around = around;
    disk = fresh(true);
    diskBefore = disk;
  }

  private GuardMemory fresh(boolean armed) {
    return GuardMemory.newBuilder().setVersion(1).setRobot(robot).setArmed(armed).build();
  }

  /** Another process on the same files; the guard's clock begins anew at 0. */
  public void boot() {
    boots++;
    now = 0;
    asked.clear();
    writes.clear();
    dead = false;
    GuardMemory found = mutation.atBoot(disk, diskBefore);
    state = GuardState.starting(robot, "%032x".formatted(boots), found, profile);
    boolean lost = logHead == 0 && boots > 1;
    append(
        new GuardEffect.Log(
            lost ? "lost-state" : "started",
            "",
            found.getHighestSeen(),
            "guard",
            lost ? "no state file, but a guard was here before" : "boot " + state.bootId(),
            "",
            true));
  }

  /** The state directory is gone, but for the key; takes effect with the next {@link #boot}. */
  public void lose() {
    disk = fresh(mutation == GuardMutation.ARMED_AFTER_LOSS);
    diskBefore = disk;
    profile = null;
    log.clear();
    logHead = 0;
    dead = true;
  }

  /** The process is gone without a word; takes effect with the next {@link #boot}. */
  public void kill() {
    dead = true;
  }

  public boolean isDead() {
    return dead;
  }

  /** What is on disk now. */
  public GuardMemory disk() {
    return disk;
  }

  public String bootId() {
    return state.bootId();
  }

  /** Nothing would come of a tick. */
  public boolean isIdle() {
    return GuardCore.atRest(state)
        && state.stored()
        && state.releasesLeft() == 0
        && state.memory().getArmed()
        && state.profile() != null
        && !state.inherits();
  }

  /** What the guard tells about itself, but for its counters. */
  public GuardStatus status(long nowNanos) {
    if (state != told || toldStatus.getLogHead() != logHead) {
      told = state;
      toldStatus =
          GuardCore.statusUncounted(state, nowNanos, around.body(nowNanos))
              .setLogHead(logHead)
              .build();
    } else {
      // Of a guard at rest only the time goes on; its posture is not looked at anew.
      toldStatus = toldStatus.toBuilder().setToken(GuardCore.token(state, nowNanos)).build();
    }
    return toldStatus;
  }

  /** The oldest records that were not acknowledged, in order; of this guard's own log. */
  public List<GuardLogRecord> unacknowledged(int atMost) {
    return List.copyOf(log.subList(0, Math.min(atMost, log.size())));
  }

  public void ask(GuardRequest request, long tag, long nowNanos) {
    if (request.hasLogAck() && !GuardLog.holds(log, request.getLogAck())) {
      around.answered(request, tag, GuardReply.getDefaultInstance(), nowNanos);
      return;
    }
    long replyTo = nextReply++;
    asked.add(new Asked(replyTo, tag, request));
    GuardRequest seen = mutation.asked(request, state, nowNanos);
    input(new GuardInput.Request(seen, true, replyTo), nowNanos);
  }

  public void input(GuardInput input, long nowNanos) {
    while (!dead && !writes.isEmpty() && writes.peek().doneNanos() <= nowNanos) {
      ended(writes.remove());
    }
    now = Math.max(now, nowNanos);
    if (!dead) {
      run(input);
    }
    if (dead) {
      asked.clear();
      around.died();
    }
  }

  GuardState state() {
    return state;
  }

  private void run(GuardInput input) {
    GuardState shown = mutation.before(state, input, now);
    GuardCore.Decision decision = GuardCore.decide(shown, now, around.body(now), input);
    state = mutation.after(shown, state, decision.state(), input);
    for (GuardEffect effect : decision.effects()) {
      if (dead) {
        return;
      }
      switch (effect) {
        case GuardEffect.Store store -> store(store);
        case GuardEffect.StoreProfile(var next) -> profile = next;
        case GuardEffect.Reply reply -> reply(reply);
        case GuardEffect.Log record -> append(record);
        case GuardEffect.AckLog(long upTo) -> log.removeIf(record -> record.getNumber() <= upTo);
        case GuardEffect.MoveJoints move -> sent(move, move.commandId());
        case GuardEffect.MoveTip move -> sent(move, move.commandId());
        case GuardEffect.MoveBase move -> sent(move, move.commandId());
        case GuardEffect.NavigateTo go -> sent(go, go.commandId());
        case GuardEffect.TakeStance take -> sent(take, take.commandId());
        case GuardEffect.StreamJoints stream -> sent(stream, "");
        case GuardEffect.CancelGoals cancel when mutation.loses(cancel) -> {}
        case GuardEffect.CancelGoals cancel -> sent(cancel, "");
        case GuardEffect.TellStop tell -> sent(tell, "");
      }
    }
  }

  private void sent(GuardEffect effect, String commandId) {
    around.sent(effect, now);
    if (!commandId.isEmpty()) {
      run(new GuardInput.Published(commandId, true, ""));
    }
  }

  private void store(GuardEffect.Store store) {
    switch (around.write()) {
      case Write.Died(boolean written) -> {
        if (written) {
          written(store.memory());
        }
        dead = true;
      }
      case Write.Ended(boolean ok, long nanos) -> {
        long begins = writes.isEmpty() ? now : writes.peekLast().doneNanos();
        Writing writing = new Writing(begins + nanos, ok, store);
        if (writing.doneNanos() <= now) {
          ended(writing);
        } else {
          writes.add(writing);
        }
      }
    }
  }

  private void ended(Writing writing) {
    now = Math.max(now, writing.doneNanos());
    if (writing.ok()) {
      written(writing.store().memory());
    }
    boolean told = writing.ok() || mutation == GuardMutation.DISK_ERRORS_IGNORED;
    run(
        new GuardInput.Stored(
            writing.store().number(), told, told ? "" : "No space left on device"));
  }

  private void written(GuardMemory memory) {
    if (mutation != GuardMutation.NO_PERSISTENCE) {
      diskBefore = disk;
      disk = memory;
    }
  }

  private void reply(GuardEffect.Reply reply) {
    for (Asked one : asked) {
      if (one.replyTo() == reply.replyTo()) {
        asked.remove(one);
        around.answered(
            one.request(),
            one.tag(),
            GuardReply.newBuilder()
                .setAccepted(reply.accepted())
                .setCode(reply.code())
                .setWhy(reply.why())
                .setStatus(status(now))
                .build(),
            now);
        return;
      }
    }
  }

  private void append(GuardEffect.Log record) {
    log.add(
        GuardLogRecord.newBuilder()
            .setNumber(++logHead)
            .setToken(GuardCore.token(state, now))
            .setKind(record.kind())
            .setCommandId(record.commandId())
            .setAuthority(record.authority())
            .setBy(record.by())
            .setWhy(record.why())
            .setCode(record.code())
            .build());
  }
}
