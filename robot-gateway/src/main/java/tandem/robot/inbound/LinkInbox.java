package tandem.robot.inbound;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import tandem.robot.door.Identity;
import tandem.ros2.Attachment;
import tandem.ros2.Gid;
import tandem.ros2.node.DomainTap;
import tandem.twin.stream.RawSample;
import tandem.twin.stream.StreamInlet;
import tandem.zenoh.Sample;

/**
 * The way of every sample of one link: to its stream, or into the admission buffer until its robot
 * is known. Runs on receiving threads, takes no lock for a sample whose way is known.
 */
final class LinkInbox implements DomainTap.Listener {
  private static final int MAX_ROUTES = 50_000;

  private final Map<String, List<Route>> routes = new ConcurrentHashMap<>();
  private final AtomicLong routeCount = new AtomicLong();
  private final Object lock = new Object();
  private final AdmissionBuffer<Waiting> buffer;
  private final Runnable changed;
  private final BiConsumer<Route, byte[]> look;
  private final BiConsumer<String, Long> unassigned;
  private final BiConsumer<String, String> complain;

  private final LinkCounts counts;

  private record Waiting(Route route, RawSample sample) {}

  /**
   * @param changed called when a route came that nobody has decided on
   * @param look told of a payload that says something about its robot; may be called often
   * @param unassigned told of samples that belong to nobody: topic, how many
   * @param complain told once per key: key, what is wrong
   * @param counts of what is not taken
   */
  LinkInbox(
      GatewaySettings settings,
      Runnable changed,
      BiConsumer<Route, byte[]> look,
      BiConsumer<String, Long> unassigned,
      BiConsumer<String, String> complain,
      LinkCounts counts) {
    this.counts = counts;
    this.buffer =
        new AdmissionBuffer<>(settings.admissionAge().toNanos(), settings.admissionBytes());
    this.changed = changed;
    this.look = look;
    this.unassigned = unassigned;
    this.complain = complain;
  }

  @Override
  public void heard(DomainTap.Heard heard) {
    Sample sample = heard.sample();
    Attachment attachment = heard.attachment();
    Gid gid = attachment == null ? null : attachment.gid();
    Route route = route(heard, gid);
    if (route == null || route.refused) {
      counts.refused.incrementAndGet();
      return;
    }
    if (heard.attachmentProblem() != null) {
      complain.accept(sample.key(), heard.attachmentProblem());
    }
    RawSample raw =
        new RawSample(
            sample.payload(),
            route.publisher(gid),
            attachment == null ? -1 : attachment.sequence(),
            attachment == null ? -1 : attachment.sourceTimeNanos(),
            sample.receivedNanos(),
            wallNanos(sample.receivedNanos()),
            heard.history());
    StreamInlet inlet = route.inlet;
    if (inlet == null) {
      synchronized (lock) {
        inlet = route.inlet;
        if (inlet == null) {
          keep(route, raw);
          return;
        }
      }
    }
    feed(route, inlet, raw);
  }

  private void feed(Route route, StreamInlet inlet, RawSample raw) {
    String clash = route.typeClash;
    if (clash != null) {
      inlet.reject(raw, "type", clash);
      return;
    }
    inlet.receive(raw);
    if (route.watch != Route.Watch.NOTHING && route.looks(raw.receivedNanos())) {
      look.accept(route, raw.payload());
    }
  }

  private void keep(Route route, RawSample raw) {
    String topic = route.key.name();
    String prospect = Identity.prospect(topic, null);
    boolean kept =
        buffer.keep(
            prospect,
            new AdmissionBuffer.Kept<>(
                topic, new Waiting(route, raw), raw.payload().length, raw.receivedNanos()));
    if (!kept) {
      unassigned.accept(topic, 1L);
    }
  }

  private Route route(DomainTap.Heard heard, Gid gid) {
    String key = heard.sample().key();
    String source = heard.sample().sourceZid();
    List<Route> known = routes.get(key);
    if (known != null) {
      for (Route route : known) {
        if (route.matches(source, gid)) {
          return route;
        }
      }
    }
    Route made;
    synchronized (lock) {
      known = routes.computeIfAbsent(key, absent -> new CopyOnWriteArrayList<>());
      for (Route route : known) {
        if (route.matches(source, gid)) {
          return route;
        }
      }
      if (routeCount.get() >= MAX_ROUTES) {
        complain.accept(
            "routes", "more than " + MAX_ROUTES + " keys and senders; further ones are not taken");
        return null;
      }
      made = new Route(heard.key(), source, Identity.isShared(heard.key().name()) ? gid : null);
      known.add(made);
      routeCount.incrementAndGet();
    }
    changed.run();
    return made;
  }

  @Override
  public void unreadable(Sample sample, String why) {
    counts.unreadable.incrementAndGet();
    complain.accept(sample.key(), why + "; not taken");
  }

  /** Every route there is. */
  List<Route> routes() {
    List<Route> all = new ArrayList<>();
    routes.values().forEach(all::addAll);
    return all;
  }

  /** Forgets the routes that match; samples of theirs that wait are nobody's. */
  void forget(Predicate<Route> which) {
    synchronized (lock) {
      for (var entry : routes.entrySet()) {
        long before = entry.getValue().size();
        entry.getValue().removeIf(which);
        routeCount.addAndGet(entry.getValue().size() - before);
        if (entry.getValue().isEmpty()) {
          routes.remove(entry.getKey());
        }
      }
    }
  }

  /**
   * Gives a route to a robot's stream, and what waited for it, in order, before anything newer.
   *
   * @param clash null, or why its samples are kept aside
   */
  void open(Route route, String robot, StreamInlet inlet, String clash) {
    synchronized (lock) {
      route.robot = robot;
      route.typeClash = clash;
      var taken =
          buffer.take(
              kept -> kept.sample().route() == route, topic -> topic.equals(route.key.name()));
      taken.overflowed().values().forEach(lost -> inlet.dropped("admission", lost));
      taken.samples().forEach(kept -> feed(route, inlet, kept.sample().sample()));
      route.inlet = inlet;
    }
  }

  /** Takes a route away from its robot; what comes now waits. */
  void close(Route route) {
    synchronized (lock) {
      route.robot = null;
      route.inlet = null;
      route.watch = Route.Watch.NOTHING;
    }
  }

  /** Gives up what has waited too long. */
  void expire(long nowNanos) {
    Map<String, Long> expired;
    synchronized (lock) {
      expired = buffer.expire(nowNanos);
    }
    expired.forEach(unassigned);
  }

  /** The wall clock at an instant of the monotonic one. */
  private static long wallNanos(long receivedNanos) {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000_000L
        + now.getNano()
        - (System.nanoTime() - receivedNanos);
  }
}
