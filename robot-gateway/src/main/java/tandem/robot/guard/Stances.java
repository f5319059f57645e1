package tandem.robot.guard;

import java.util.List;
import tandem.proto.v1.Authority;
import tandem.proto.v1.GuardMemory;
import tandem.proto.v1.Motion;
import tandem.proto.v1.StanceMemory;

/**
 * Stances, which are never cut half-way: without its lease holder, after its end-by, over the end
 * of a guard and the start of the next one a stance goes on to its own end, which is statically
 * stable, and nothing else moves meanwhile. A stop and a fall end it. Static rules over a {@link
 * Draft}.
 */
final class Stances {
  /** As for the other classes; a stance goes on to its end all the same. */
  private static final long LAPSE_NANOS = 2_000_000_000;

  /** A robot has begun to take a stance, and could be seen to move, after this. */
  private static final long BEGUN_NANOS = 1_000_000_000;

  /** A body that moves for so long after the end-by is not taking a stance any more. */
  private static final long OVERTIME_NANOS = 10_000_000_000L;

  private Stances() {}

  /** A stance that nobody attends to any more; null where there is none. */
  static GuardState.Active unattended(Draft draft) {
    return draft.actives.stream()
        .filter(one -> one.course() instanceof GuardState.Course.Stance(_, boolean left, _) && left)
        .findFirst()
        .orElse(null);
  }

  static void watch(Draft draft, GuardState.Active active, GuardState.Course.Stance stance) {
    if (draft.body.toppled(draft.now)) {
      Halts.safeBehaviour(draft, active, "tandem.guard.fallen", draft.body.fall(draft.now));
      return;
    }
    if (draft.now - active.startedNanos() >= BEGUN_NANOS
        && draft.body.fresh(draft.now)
        && Halts.stillFor(draft, active.startedNanos() + BEGUN_NANOS) >= Halts.STILL_NANOS) {
      if (stance.overdue()) {
        over(draft, active, "stance %s came to its end late".formatted(stance.stance()), "held");
      } else {
        Motions.finish(draft, active, "still");
      }
      return;
    }
    if (draft.now >= active.endByNanos()) {
      if (stance.overdue()) {
        over(
            draft,
            active,
            "the body is not still %d s after the end-by of stance %s: it is not waited for"
                .formatted(OVERTIME_NANOS / 1_000_000_000, stance.stance()),
            "not-held");
      } else {
        endByCame(draft, active, stance);
      }
      return;
    }
    long silent = Grants.silentNanos(draft, active.authority());
    if (!stance.unattended() && silent > LAPSE_NANOS) {
      draft.count("deadmanTrips");
      draft.effects.add(
          Draft.log(
              "safe-behaviour",
              active.commandId(),
              active.authority(),
              "guard",
              "no keep-alive for %d ms: stance %s is brought to its end, nothing else moves"
                  .formatted(silent / 1_000_000, stance.stance()),
              "tandem.guard.keep-alive-lapsed",
              true));
      draft.goesOn(active.on(stance.left()));
    }
  }

  private static void endByCame(
      Draft draft, GuardState.Active active, GuardState.Course.Stance stance) {
    draft.effects.add(
        Draft.log(
            "cancelled",
            active.commandId(),
            active.authority(),
            "",
            "its end-by time came; the robot is not cut half-way",
            "tandem.guard.end-by",
            false));
    draft.count("cancelled");
    draft.remember(active.commandId());
    draft.goesOn(active.on(stance.late()).until(active.endByNanos() + OVERTIME_NANOS));
  }

  private static void over(Draft draft, GuardState.Active active, String why, String code) {
    draft.effects.add(
        Draft.log(
            "safe-behaviour",
            active.commandId(),
            active.authority(),
            "guard",
            why,
            Draft.CODE + code,
            false));
    draft.actives.remove(active);
  }

  /** The memory with the stance that the robot may be taking, or about to be sent; else none. */
  static GuardMemory remembered(Draft draft) {
    StanceMemory running = running(draft);
    if (running == null) {
      return draft.memory.hasStance()
          ? draft.memory.toBuilder().clearStance().build()
          : draft.memory;
    }
    return draft.memory.getStance().getCommandId().equals(running.getCommandId())
        ? draft.memory
        : draft.memory.toBuilder().setStance(running).build();
  }

  /** The stance that the robot may be taking, or is about to be sent; null where there is none. */
  static StanceMemory running(Draft draft) {
    if (draft.pending instanceof GuardState.Pending.Start(Motion motion, _) && motion.hasStance()) {
      long endByMillis = motion.getToken().getTickMillis() + motion.getEndByMillis();
      return memory(
          draft,
          motion.getCommandId(),
          motion.getAuthority(),
          motion.getStance().getStance(),
          endByMillis * 1_000_000);
    }
    if (draft.pending instanceof GuardState.Pending.Sent(GuardState.Active sent, _, _, _)
        && sent.course() instanceof GuardState.Course.Stance stance) {
      return memory(draft, sent, stance);
    }
    for (GuardState.Active active : draft.actives) {
      if (active.course() instanceof GuardState.Course.Stance stance) {
        return memory(draft, active, stance);
      }
    }
    return null;
  }

  private static StanceMemory memory(
      Draft draft, GuardState.Active active, GuardState.Course.Stance stance) {
    return memory(
        draft, active.commandId(), active.authority(), stance.stance(), active.endByNanos());
  }

  private static StanceMemory memory(
      Draft draft, String commandId, Authority authority, String stance, long endByNanos) {
    return StanceMemory.newBuilder()
        .setCommandId(commandId)
        .setAuthority(authority)
        .setStance(stance)
        .setRemainingMillis(Math.max(0, endByNanos - draft.now) / 1_000_000)
        .build();
  }

  /**
   * What a guard that starts brings to its end, unattended. How much of its time had passed is not
   * known: the clock began anew, so it has all of it once more.
   */
  static List<GuardState.Active> adopted(GuardMemory memory) {
    if (!memory.hasStance()) {
      return List.of();
    }
    StanceMemory stance = memory.getStance();
    return List.of(
        new GuardState.Active(
            Parts.BODY,
            stance.getCommandId(),
            stance.getAuthority(),
            0,
            stance.getRemainingMillis() * 1_000_000,
            GuardState.Course.Stance.to(stance.getStance()).left()));
  }
}
