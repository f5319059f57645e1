package tandem.sim.robot;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.ros2.Qos;
import tandem.ros2.TopicKey;
import tandem.ros2.msg.BoolMessage;
import tandem.ros2.msg.SetBool;
import tandem.ros2.node.Ros2Node;
import tandem.ros2.node.Ros2Publisher;
import tandem.ros2.node.ServiceServer;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;
import tandem.zenoh.ZenohException;

/**
 * The robot's links: one session, one node, one set of publishers and subscriptions per endpoint.
 *
 * <p>An endpoint that does not answer is tried again for ever, beside the others; a latched message
 * is given to each link when it comes up. A volatile message goes only to links where somebody
 * subscribes, so that each publisher numbers exactly what it sends. Thread-safe.
 */
final class Peers implements Outlet, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Peers.class);
  private static final Qos COMMAND_QOS = Qos.reliable(1);
  private static final long RETRY_MILLIS = 500;

  private final String robot;
  private final int domain;
  private final Inbox inbox;
  private final Optional<Navigator> navigator;
  private final List<Peer> peers = new CopyOnWriteArrayList<>();
  private final Map<Topic, byte[]> latched = new ConcurrentHashMap<>();
  private final CountDownLatch linked = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private final List<Thread> openers = new ArrayList<>();

  private record Peer(Session session, Ros2Node node, Map<Topic, Ros2Publisher<?>> publishers) {}

  Peers(List<String> endpoints, String robot, int domain, Inbox inbox) {
    this(endpoints, robot, domain, inbox, Optional.empty());
  }

  /** As the other, of a robot that serves navigation. */
  Peers(
      List<String> endpoints,
      String robot,
      int domain,
      Inbox inbox,
      Optional<Navigator> navigator) {
    this.robot = robot;
    this.domain = domain;
    this.inbox = inbox;
    this.navigator = navigator;
    for (String endpoint : endpoints) {
      openers.add(Thread.ofVirtual().name("open " + endpoint).unstarted(() -> open(endpoint)));
    }
  }

  void start() {
    openers.forEach(Thread::start);
  }

  private void open(String endpoint) {
    boolean told = false;
    try {
      do {
        try {
          Session session = Session.open(SessionConfig.to(endpoint));
          if (join(endpoint, session)) return;
        } catch (ZenohException e) {
          if (!told) LOG.warn("{}: {}; tried again until it answers", endpoint, e.getMessage());
          told = true;
        }
      } while (!ended.await(RETRY_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.error("{}: no link, and it is not tried again", endpoint, e);
    }
  }

  private synchronized boolean join(String endpoint, Session session) {
    if (ended.getCount() == 0) {
      session.close();
      return true;
    }
    var node = new Ros2Node(session, domain, "/" + robot, "demo_robot");
    var publishers = new EnumMap<Topic, Ros2Publisher<?>>(Topic.class);
    for (Topic topic : Topic.values()) {
      publishers.put(topic, node.publisher(topic.nameFor(robot), topic.type(), topic.qos()));
    }
    for (Inbox.Entry entry : Inbox.Entry.values()) {
      TopicKey key =
          TopicKey.of(domain, entry.nameFor(robot), entry.type().name(), entry.type().hash());
      node.subscribe(key, COMMAND_QOS, sample -> inbox.receive(entry, sample.message()));
    }
    node.server("stop", SetBool.TYPE, this::stop);
    navigator.ifPresent(served -> served.serve(node));
    latched.forEach((topic, cdr) -> publishers.get(topic).publishCdr(cdr));
    peers.add(new Peer(session, node, publishers));
    linked.countDown();
    LOG.info("{} is on {}", robot, endpoint);
    return true;
  }

  /** The same as the topic; answered when it is taken, before the motors have it. */
  private void stop(ServiceServer<SetBool.Request, SetBool.Response>.Request request) {
    boolean stop = request.message().data();
    inbox.receive(Inbox.Entry.STOP, BoolMessage.TYPE.encode(new BoolMessage(stop)));
    request.respond(new SetBool.Response(true, stop ? "stop taken" : "release taken"));
  }

  @Override
  public boolean wanted(Topic topic) {
    if (topic.qos().isTransientLocal()) return true;
    for (Peer peer : peers) if (peer.publishers.get(topic).matched()) return true;
    return false;
  }

  @Override
  public void publish(Topic topic, byte[] cdr) {
    boolean latch = topic.qos().isTransientLocal();
    if (latch) {
      synchronized (this) {
        latched.put(topic, cdr);
        for (Peer peer : peers) peer.publishers.get(topic).publishCdr(cdr);
      }
      return;
    }
    for (Peer peer : peers) {
      Ros2Publisher<?> publisher = peer.publishers.get(topic);
      if (publisher.matched()) publisher.publishCdr(cdr);
    }
  }

  /** Waits until the first link is up; false: not within that time. */
  boolean awaitLink(Duration atMost) throws InterruptedException {
    return linked.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Links that are up now. */
  int connected() {
    int count = 0;
    for (Peer peer : peers) if (peer.session.connected()) count++;
    return count;
  }

  @Override
  public void close() {
    ended.countDown();
    synchronized (this) {
      navigator.ifPresent(Navigator::close);
      for (Peer peer : peers) {
        peer.node.close();
        peer.session.close();
      }
      peers.clear();
    }
  }
}
