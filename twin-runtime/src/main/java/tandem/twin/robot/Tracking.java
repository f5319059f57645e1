package tandem.twin.robot;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import tandem.twin.robot.Effect.Ending;

/**
 * What a twin remembers between decisions and may forget: nothing here is journaled or part of the
 * digest, and all of it starts anew when the twin is rebuilt. Immutable. Times are monotonic ns;
 * {@link #NEVER} where something has not happened.
 *
 * @param awakeNanos when this incarnation was rebuilt
 * @param admitted a gateway has brought the robot to this incarnation
 * @param pulses of the leases in force, by epoch
 * @param offeredNanos since when the guard's answer to the open offer is awaited; of an offer that
 *     is over, meaningless
 * @param wishNanos since when each wish is known to this incarnation, by part and name
 * @param stopNanos when the stop was first known here
 * @param stopSentNanos when the stop was last sent to the guard from here
 * @param stillNanos since when the joints have been still
 * @param configuredNanos when the profile was last sent to the guard
 * @param progress by command id
 * @param bodySeen what attitude and height say, since {@code bodyNanos}
 * @param standingHeight greatest height of the base while upright, m
 * @param foreignNanos last report by topic and publisher; bounded
 * @param unanswered what ended here and the guard has not answered, oldest first; bounded
 * @param leftNanos commands that are over here and that the guard names as active: since when, or
 *     when each was last cancelled for that
 * @param overtaken what a newer command has superseded, by its own id, until the guard has taken
 *     that newer one
 */
record Tracking(
    long awakeNanos,
    boolean admitted,
    Map<Long, LeasePulse> pulses,
    long offeredNanos,
    Map<String, Long> wishNanos,
    long stopNanos,
    long stopSentNanos,
    long stillNanos,
    long configuredNanos,
    Map<String, Progress> progress,
    String bodySeen,
    long bodyNanos,
    double standingHeight,
    Map<String, Long> foreignNanos,
    List<Unanswered> unanswered,
    Map<String, Long> leftNanos,
    Map<String, Overtaken> overtaken) {
  static final long NEVER = Long.MIN_VALUE;

  static final Tracking START =
      new Tracking(
          NEVER, false, Map.of(), NEVER, Map.of(), NEVER, NEVER, NEVER, NEVER, Map.of(), "unknown",
          NEVER, 0, Map.of(), List.of(), Map.of(), Map.of());

  private static final int MOST_CANCELS = 16;

  /**
   * Something that ended here, and has to end at the guard.
   *
   * @param sinceNanos when that was first said
   * @param sentNanos when it was last said
   */
  record Unanswered(Ending ending, long sinceNanos, long sentNanos) {
    Unanswered sent(long nanos) {
      return new Unanswered(ending, sinceNanos, nanos);
    }
  }

  /**
   * A command that was superseded: the guard ends it when it takes the newer one.
   *
   * @param byId the newest of those that have superseded it
   * @param sinceNanos when it was superseded
   */
  record Overtaken(String byId, long sinceNanos) {}

  /**
   * Of leases the newest of each part is kept, since a revocation ends what is below it; of
   * commands the newest, and those that the guard names as active.
   */
  static void add(List<Unanswered> all, Ending ending, long now, Collection<String> active) {
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).ending().isSame(ending)) {
        all.set(i, new Unanswered(ending, all.get(i).sinceNanos(), now));
        return;
      }
    }
    all.removeIf(one -> one.ending().isBelow(ending));
    all.add(new Unanswered(ending, now, now));
    var cancels = all.stream().filter(one -> one.ending() instanceof Ending.OfCommand).toList();
    if (cancels.size() > MOST_CANCELS) {
      cancels.stream()
          .filter(one -> active.stream().noneMatch(id -> one.ending().isOf(id, 0)))
          .findFirst()
          .ifPresent(all::remove);
    }
  }

  /** The same after this was sent at once, whatever becomes of the events of its decision. */
  Tracking saying(List<Effect> atOnce, long now) {
    var next = new ArrayList<>(unanswered);
    for (Effect effect : atOnce) {
      if (effect instanceof Effect.End(var ending)) add(next, ending, now, leftNanos.keySet());
    }
    return next.equals(unanswered)
        ? this
        : new Tracking(
            awakeNanos,
            admitted,
            pulses,
            offeredNanos,
            wishNanos,
            stopNanos,
            stopSentNanos,
            stillNanos,
            configuredNanos,
            progress,
            bodySeen,
            bodyNanos,
            standingHeight,
            foreignNanos,
            List.copyOf(next),
            leftNanos,
            overtaken);
  }

  /**
   * One command under way.
   *
   * @param startByNanos monotonic, as {@code endByNanos}
   * @param start joint positions when it was accepted, rad
   * @param settledNanos since when it has been within tolerance; NEVER where it is not
   * @param moved the joints, or the base, have left their start
   * @param letGoNanos when the control of a stream was let go; NEVER while it is held
   */
  record Progress(
      long startByNanos,
      long endByNanos,
      SortedMap<String, Double> start,
      long settledNanos,
      boolean moved,
      long letGoNanos) {

    Progress seen(long settled, boolean hasMoved) {
      return new Progress(startByNanos, endByNanos, start, settled, hasMoved, letGoNanos);
    }

    Progress letGo(long nanos) {
      return new Progress(startByNanos, endByNanos, start, NEVER, moved, nanos);
    }
  }
}
