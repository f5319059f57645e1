package tandem.zenoh.transport;

import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;
import tandem.zenoh.ZenohException;

/** Opens client sessions. */
public final class ClientSession {
  private ClientSession() {}

  /** Connects to the first endpoint that answers. */
  public static Session open(SessionConfig config) {
    throw new ZenohException(
        "no link implementation is on the path; session to " + config.endpoints() + " not opened");
  }
}
