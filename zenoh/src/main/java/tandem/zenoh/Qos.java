package tandem.zenoh;

/**
 * How a message travels.
 *
 * @param priority 0 control .. 7 background; data is 5
 * @param congestion what happens when the way is full
 * @param express sent at once, not batched
 * @param reliable on the reliable lane
 */
public record Qos(int priority, Congestion congestion, boolean express, boolean reliable) {
  /** What happens to a message when the sender's bounded queue is full. */
  public enum Congestion {
    DROP,
    BLOCK
  }

  public static final Qos DATA = new Qos(5, Congestion.DROP, false, true);
  public static final Qos DATA_BLOCK = new Qos(5, Congestion.BLOCK, false, true);
  public static final Qos BEST_EFFORT = new Qos(5, Congestion.DROP, false, false);

  /** For stop, heartbeats and grants: first and at once. */
  public static final Qos URGENT = new Qos(1, Congestion.BLOCK, true, true);
}
