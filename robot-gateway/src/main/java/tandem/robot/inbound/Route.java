package tandem.robot.inbound;

import java.util.LinkedHashSet;
import java.util.Set;
import tandem.ros2.Gid;
import tandem.ros2.TopicKey;
import tandem.twin.stream.StreamInlet;

/**
 * Where the samples of one key and one sender go. Written by the link's actor under the inbox's
 * lock, read by receiving threads without.
 */
final class Route {
  private static final int MAX_PUBLISHERS = 64;

  final TopicKey key;

  /** Printed zid of the session that hands the samples to us. */
  final String source;

  /** Sender, where the owner depends on it; else null. */
  final Gid gid;

  /** Null while nobody owns the samples: they wait. */
  volatile StreamInlet inlet;

  /** The sender claims a name that another one has: nothing of it is taken. */
  volatile boolean refused;

  /** The topic is open with another type: samples are kept aside. */
  volatile String typeClash;

  /** Robot that owns it; null while nobody does. */
  volatile String robot;

  /** What to look at in passing. */
  volatile Watch watch = Watch.NOTHING;

  private final Set<String> publishers = new LinkedHashSet<>();
  private volatile Gid lastGid;
  private volatile String lastGidText;
  private volatile long nextLookNanos;

  /** What a sample of the route tells about its robot. */
  enum Watch {
    NOTHING,
    JOINT_NAMES,
    DESCRIPTION
  }

  Route(TopicKey key, String source, Gid gid) {
    this.key = key;
    this.source = source;
    this.gid = gid;
  }

  boolean matches(String otherSource, Gid otherGid) {
    return source.equals(otherSource) && (gid == null || gid.equals(otherGid));
  }

  /** Stable name of a publisher. */
  String publisher(Gid of) {
    if (of == null) {
      note(source);
      return source;
    }
    Gid last = lastGid;
    String text = lastGidText;
    if (text != null && of.equals(last)) {
      return text;
    }
    text = of.toString();
    synchronized (publishers) {
      lastGidText = null;
      lastGid = of;
      lastGidText = text;
    }
    note(text);
    return text;
  }

  private void note(String publisher) {
    synchronized (publishers) {
      if (publishers.size() < MAX_PUBLISHERS) {
        publishers.add(publisher);
      }
    }
  }

  /** Publishers heard on it, at most 64. */
  Set<String> publishers() {
    synchronized (publishers) {
      return Set.copyOf(publishers);
    }
  }

  /** Whether it is time to look into a sample: descriptions always, joint names once a second. */
  boolean looks(long nowNanos) {
    return switch (watch) {
      case NOTHING -> false;
      case DESCRIPTION -> true;
      case JOINT_NAMES -> {
        if (nowNanos - nextLookNanos < 0) {
          yield false;
        }
        nextLookNanos = nowNanos + 1_000_000_000;
        yield true;
      }
    };
  }
}
