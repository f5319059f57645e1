package tandem.robot.door;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import tandem.ros2.graph.LivelinessToken;
import tandem.zenoh.Router;

/**
 * Which robots each session is part of, learnt from what the session itself declares and publishes,
 * in the order in which it says it: before a message is routed, everything that its sender and its
 * receiver said earlier counts.
 *
 * <p>A namespace is a robot where somebody claims it ({@link Identity#claim}); a session is part of
 * the robots under whose namespaces its nodes are, or whose topics of claim it publishes. A session
 * that is no robot's, or only the one's at the root, is part of none. Thread-safe.
 */
final class Belonging {
  private static final int MAX_PUT_CLAIMS = 1_000;

  /** A namespace in a ROS domain. */
  private record Place(int domain, String namespace) {}

  /** What one session said, and how often. */
  private static final class Said {
    final Map<Place, Integer> nodes = new HashMap<>();
    final Map<Place, Integer> claims = new HashMap<>();
    final Set<Place> puts = ConcurrentHashMap.newKeySet();
  }

  private final Map<Router.Peer, Said> sessions = new ConcurrentHashMap<>();
  private final Map<String, Place> known = new HashMap<>();
  private final Map<String, Router.Peer> guards = new HashMap<>();
  private volatile Map<Router.Peer, Set<Place>> robots = Map.of();

  /** A token came or went. */
  synchronized void token(Router.Peer from, LivelinessToken token, boolean alive) {
    Said said = sessions.computeIfAbsent(from, absent -> new Said());
    boolean news = count(said.nodes, new Place(token.domain(), token.namespace()), alive);
    if (token.kind() == LivelinessToken.Kind.PUBLISHER) {
      var claim = Identity.claim(token.name());
      news |=
          claim.isPresent() && count(said.claims, new Place(token.domain(), claim.get()), alive);
    }
    if (news) {
      work();
    }
  }

  /** Whether it is the first or the last of its kind. */
  private static boolean count(Map<Place, Integer> counts, Place place, boolean more) {
    if (more) {
      return counts.merge(place, 1, Integer::sum) == 1;
    }
    return counts.computeIfPresent(place, (same, count) -> count == 1 ? null : count - 1) == null;
  }

  /** A session published on a robot's topic of claim; cheap when it is not the first time. */
  void claimed(Router.Peer from, int domain, String namespace) {
    Place place = new Place(domain, namespace);
    Said said = sessions.computeIfAbsent(from, absent -> new Said());
    if (said.puts.size() < MAX_PUT_CLAIMS && said.puts.add(place)) {
      synchronized (this) {
        work();
      }
    }
  }

  /** A session ended. */
  synchronized void left(Router.Peer session) {
    if (sessions.remove(session) != null) {
      work();
    }
  }

  /** A robot's name has this namespace from now on. */
  synchronized void robot(String name, int domain, String namespace) {
    known.put(name, new Place(domain, namespace));
    work();
  }

  /** A session proved to be a robot's guard; null: none has. */
  synchronized void guard(String robot, Router.Peer session) {
    if (session == null) {
      guards.remove(robot);
    } else {
      guards.put(robot, session);
    }
    work();
  }

  /** Whether two sessions are parts of robots, and of none in common. */
  boolean apart(Router.Peer left, Router.Peer right) {
    Set<Place> ofLeft = robots.get(left);
    Set<Place> ofRight = robots.get(right);
    if (ofLeft == null || ofRight == null) {
      return false;
    }
    for (Place robot : ofLeft) {
      if (ofRight.contains(robot)) {
        return false;
      }
    }
    return true;
  }

  /** Whether a session is part of any robot. */
  boolean ofAny(Router.Peer session) {
    return robots.containsKey(session);
  }

  /** Whether a session is part of that robot. */
  synchronized boolean of(Router.Peer session, String robot) {
    Place place = known.get(robot);
    return place != null && robots.getOrDefault(session, Set.of()).contains(place);
  }

  private void work() {
    Map<Integer, Set<String>> claims = new HashMap<>();
    known.values().forEach(place -> claim(claims, place));
    sessions
        .values()
        .forEach(
            said -> {
              said.claims.keySet().forEach(place -> claim(claims, place));
              said.puts.forEach(place -> claim(claims, place));
            });
    Map<Integer, Set<String>> robotsByDomain = new HashMap<>();
    claims.forEach((domain, names) -> robotsByDomain.put(domain, Identity.robots(names)));
    Map<Router.Peer, Set<Place>> next = new HashMap<>();
    sessions.forEach(
        (session, said) -> {
          Set<Place> of = new HashSet<>();
          said.nodes.keySet().forEach(place -> own(of, place, robotsByDomain));
          said.claims.keySet().forEach(place -> own(of, place, robotsByDomain));
          said.puts.forEach(place -> own(of, place, robotsByDomain));
          if (!of.isEmpty()) {
            next.put(session, of);
          }
        });
    guards.forEach(
        (robot, session) -> {
          if (known.containsKey(robot)) {
            next.computeIfAbsent(session, absent -> new HashSet<>()).add(known.get(robot));
          }
        });
    robots = Map.copyOf(next);
  }

  private static void claim(Map<Integer, Set<String>> claims, Place place) {
    claims.computeIfAbsent(place.domain(), absent -> new HashSet<>()).add(place.namespace());
  }

  private static void own(Set<Place> of, Place place, Map<Integer, Set<String>> robots) {
    Identity.owner(place.namespace() + "/x", null, robots.getOrDefault(place.domain(), Set.of()))
        .filter(owner -> !owner.equals(Identity.ROOT))
        .ifPresent(owner -> of.add(new Place(place.domain(), owner)));
  }
}
