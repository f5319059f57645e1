package tandem.zenoh.transport;

import tandem.zenoh.Router;
import tandem.zenoh.RouterConfig;
import tandem.zenoh.ZenohException;

/** Opens accepting routers. */
public final class AcceptingRouter {
  private AcceptingRouter() {}

  /** Listens on the configured endpoint. */
  public static Router listen(RouterConfig config) {
    throw new ZenohException(
        "no link implementation is on the path; " + config.endpoint() + " not opened");
  }
}
