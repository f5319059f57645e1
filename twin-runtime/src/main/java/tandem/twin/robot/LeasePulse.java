package tandem.twin.robot;

/**
 * How fresh the holder of a lease is.
 *
 * @param renewedNanos monotonic time of its grant, keep-alive or newest accepted command
 * @param keptAlive its holder sends keep-alives, so their absence ends it
 * @param toldNanos when the guard was last told that the holder is there
 * @param counter of that message
 */
public record LeasePulse(long renewedNanos, boolean keptAlive, long toldNanos, long counter) {

  /** Renewed now; the guard has been told by the grant itself. */
  static LeasePulse granted(long nanos) {
    return new LeasePulse(nanos, false, nanos, 0);
  }

  LeasePulse renewed(long nanos) {
    return new LeasePulse(nanos, keptAlive, toldNanos, counter);
  }

  LeasePulse kept(long nanos) {
    return new LeasePulse(nanos, true, toldNanos, counter);
  }

  LeasePulse told(long nanos, long number) {
    return new LeasePulse(renewedNanos, keptAlive, nanos, number);
  }
}
