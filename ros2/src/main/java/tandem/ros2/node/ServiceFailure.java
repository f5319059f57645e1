package tandem.ros2.node;

/** A call that got no response; the message says where, and what was not done. */
public final class ServiceFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Why there is no response. */
  public enum Kind {
    /** Nobody serves it, or whoever did is gone. */
    NO_SERVER,
    /** Nobody answered in time. The server may have done it all the same. */
    TIMED_OUT,
    /** The server answered with an error. */
    REFUSED,
    /** There was an answer that is none to this call. */
    UNREADABLE,
    /** Not sent: too many calls are open, or the client is closed. */
    NOT_SENT
  }

  private final transient Kind kind;

  ServiceFailure(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
