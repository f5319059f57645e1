package tandem.zenoh;

/**
 * A declared way to one key. It writes nothing to the wire while nobody subscribes. Thread-safe.
 */
public interface Publisher extends Declared {
  /** Publishes; false: dropped, because the queue was full and the congestion rule says drop. */
  boolean put(byte[] payload, PutOptions options);

  /** Publishes a delete; false as in {@link #put}. */
  boolean delete(PutOptions options);

  /** Whether anybody subscribes now. */
  boolean matched();
}
