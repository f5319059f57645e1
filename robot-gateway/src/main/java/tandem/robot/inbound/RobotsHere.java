package tandem.robot.inbound;

import tandem.zenoh.Router;
import tandem.zenoh.Session;

/** Told which robots are in contact, so that their guards are started and found. Thread-safe. */
public interface RobotsHere {
  /**
   * A robot was admitted.
   *
   * @param session on which its guard can be asked
   * @param router the accepting side behind the session; null on a link to another router
   * @param endpoint of that router, where the guard meets node and robot
   */
  void here(
      String robot, String namespace, int domain, Session session, Router router, String endpoint);

  /** Contact with it is lost; its guard goes on. */
  void gone(String robot);

  /** Whether this session was proven to be some robot's guard. */
  boolean isGuard(String zid);
}
