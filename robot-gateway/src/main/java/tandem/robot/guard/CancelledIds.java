package tandem.robot.guard;

import java.util.Collection;

/**
 * Commands that were cancelled, so that a late one does not start. Immutable; adding one shares the
 * others. An id is kept for longer than a time token is good for, whatever comes meanwhile, and
 * among the newest {@link #ALWAYS} for as long as it takes.
 *
 * <p>Two generations: a young one that is old enough and large enough replaces the old one, whose
 * ids are forgotten.
 *
 * @param sinceNanos when the young generation began
 * @param lostNanos when an id last found no room: what it was is not known
 */
record CancelledIds(Link young, Link old, long sinceNanos, long lostNanos) {
  static final long KEPT_NANOS = (Motions.TOKEN_AGE_MILLIS + 1_000) * 1_000_000;
  static final int ALWAYS = 64;

  /** Of either generation. */
  static final int MOST = 2_048;

  static final CancelledIds NONE = new CancelledIds(null, null, 0, -2 * KEPT_NANOS);

  /** One of a generation, the newest first. */
  record Link(String id, Link next, int count) {}

  boolean contains(String id) {
    return contains(young, id) || contains(old, id);
  }

  /** Whether ids may have found no room that a motion could still come with. */
  boolean lost(long nowNanos) {
    return nowNanos - lostNanos <= KEPT_NANOS;
  }

  /**
   * With one more; never lost.
   *
   * @param needed ids that are not forgotten yet, whatever their age
   */
  CancelledIds with(String id, long nowNanos, Collection<String> needed) {
    CancelledIds kept = aged(nowNanos, needed);
    return contains(kept.young, id)
        ? kept
        : new CancelledIds(add(kept.young, id), kept.old, kept.sinceNanos, kept.lostNanos);
  }

  /** With one more of a command that never came here, where there is room. */
  CancelledIds withUnseen(String id, long nowNanos, Collection<String> needed) {
    CancelledIds kept = aged(nowNanos, needed);
    return count(kept.young) < MOST || contains(kept.young, id)
        ? kept.with(id, nowNanos, needed)
        : new CancelledIds(kept.young, kept.old, kept.sinceNanos, nowNanos);
  }

  private CancelledIds aged(long nowNanos, Collection<String> needed) {
    if (count(young) < ALWAYS || nowNanos - sinceNanos <= KEPT_NANOS) {
      return this;
    }
    Link next = null;
    for (String id : needed) {
      if (contains(old, id) && !contains(young, id)) {
        next = add(next, id);
      }
    }
    return new CancelledIds(next, young, nowNanos, lostNanos);
  }

  private static Link add(Link to, String id) {
    return new Link(id, to, count(to) + 1);
  }

  private static int count(Link of) {
    return of == null ? 0 : of.count();
  }

  private static boolean contains(Link in, String id) {
    int hash = id.hashCode(); // a string keeps its own: most are told apart by it
    for (Link one = in; one != null; one = one.next()) {
      if (one.id().hashCode() == hash && one.id().equals(id)) {
        return true;
      }
    }
    return false;
  }
}
