package tandem.zenoh;

/** A link that could not be opened, or a block-class put that could not be handed over in time. */
public class ZenohException extends RuntimeException {
  public ZenohException(String message) {
    super(message);
  }

  public ZenohException(String message, Throwable cause) {
    super(message, cause);
  }
}
