package tandem.ros2.node;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import tandem.ros2.Qos;
import tandem.ros2.TopicKey;
import tandem.ros2.graph.LivelinessToken;
import tandem.ros2.graph.LivelinessToken.Kind;
import tandem.ros2.msg.MessageType;
import tandem.ros2.msg.ServiceType;
import tandem.zenoh.Declared;
import tandem.zenoh.Session;

/**
 * A ROS 2 node on a Zenoh session, as rmw_zenoh makes one: a liveliness token for itself and for
 * each of its endpoints.
 *
 * <p>The session stays the caller's. After a new link the tokens, which hold the session's zid, are
 * declared anew. Thread-safe. Closing it closes its endpoints.
 */
public final class Ros2Node implements AutoCloseable {
  private static final int NANOS_PER_SECOND = 1_000_000_000;

  /** What rclcpp and rclpy give services. */
  private static final Qos SERVICES = Qos.reliable(10);

  private final Session session;
  private final int domain;
  private final String namespace;
  private final String name;
  private final long nid;
  private final LongSupplier epochNanos;
  private final Endpoint token;
  private final List<Runnable> renewals = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> endpoints = new CopyOnWriteArrayList<>();
  private final Declared identity;

  /**
   * @param namespace {@code /} or {@code /ada}
   * @param name without slashes
   */
  public Ros2Node(Session session, int domain, String namespace, String name) {
    this(session, domain, namespace, name, Ros2Node::now);
  }

  /** As the other; {@code epochNanos} says the time of each sample, in ns since 1970. */
  public Ros2Node(
      Session session, int domain, String namespace, String name, LongSupplier epochNanos) {
    if (!namespace.equals("/")) TopicKey.requireName(namespace);
    TopicKey.requireName("/" + name);
    this.session = session;
    this.domain = domain;
    this.namespace = namespace;
    this.name = name;
    this.epochNanos = epochNanos;
    this.nid = EntityIds.next(session);
    this.token = new Endpoint(session, this::nodeToken);
    this.identity = session.onIdentity(zid -> renew());
    token.renew(); // a link may have come in between
  }

  private static long now() {
    Instant now = Instant.now();
    return now.getEpochSecond() * NANOS_PER_SECOND + now.getNano();
  }

  private LivelinessToken nodeToken(String zid) {
    return LivelinessToken.node(domain, zid, nid, namespace, name);
  }

  private void renew() {
    token.renew();
    renewals.forEach(Runnable::run);
  }

  /** Its liveliness token now. */
  public LivelinessToken token() {
    return token.token();
  }

  public Session session() {
    return session;
  }

  /** A publisher on a topic relative to the namespace, or absolute. */
  public <T> Ros2Publisher<T> publisher(String topic, MessageType<T> type, Qos qos) {
    return publisher(topic, type, qos, Ros2Publisher.zenoh(qos));
  }

  /** As the other, sent over Zenoh in a way of its own: urgent, for instance. */
  public <T> Ros2Publisher<T> publisher(
      String topic, MessageType<T> type, Qos qos, tandem.zenoh.Qos zenohQos) {
    TopicKey key =
        TopicKey.of(domain, TopicKey.resolve(namespace, topic), type.name(), type.hash());
    return publisher(key, type::encode, qos, zenohQos);
  }

  /** A publisher of ready CDR on a key as it is found in the graph, whatever type and hash. */
  public Ros2Publisher<byte[]> publisher(TopicKey key, Qos qos) {
    return publisher(key, qos, Ros2Publisher.zenoh(qos));
  }

  /** As the other, sent over Zenoh in a way of its own. */
  public Ros2Publisher<byte[]> publisher(TopicKey key, Qos qos, tandem.zenoh.Qos zenohQos) {
    return publisher(key, cdr -> cdr, qos, zenohQos);
  }

  private <T> Ros2Publisher<T> publisher(
      TopicKey key, Function<T, byte[]> encoder, Qos qos, tandem.zenoh.Qos zenohQos) {
    requireDomain("publisher", key);
    long id = EntityIds.next(session);
    Endpoint mine =
        new Endpoint(session, zid -> nodeToken(zid).endpoint(Kind.PUBLISHER, id, key, qos));
    Publishing<T> holder = new Publishing<>();
    holder.publisher =
        new Ros2Publisher<>(
            session, key, qos, zenohQos, id, mine, encoder, epochNanos, holder::closed);
    endpoints.add(holder.publisher);
    renewals.add(holder);
    holder.publisher.renew(); // a link may have come in between
    return holder.publisher;
  }

  private final class Publishing<T> implements Runnable {
    private Ros2Publisher<T> publisher;

    @Override
    public void run() {
      publisher.renew();
    }

    void closed() {
      renewals.remove(this);
      endpoints.remove(publisher);
    }
  }

  /**
   * A subscription to a topic relative to the namespace, or absolute, with our hash of the type.
   */
  public <T> Subscription<T> subscribe(
      String topic, MessageType<T> type, Qos qos, Consumer<Ros2Sample<T>> callback) {
    TopicKey key =
        TopicKey.of(domain, TopicKey.resolve(namespace, topic), type.name(), type.hash());
    return subscribe(key, key.key(), qos, type::decode, callback);
  }

  /** A subscription that takes the CDR as it is, on a key as it is found in the graph. */
  public Subscription<byte[]> subscribe(
      TopicKey key, Qos qos, Consumer<Ros2Sample<byte[]>> callback) {
    return subscribe(key, key.key(), qos, cdr -> cdr, callback);
  }

  private <T> Subscription<T> subscribe(
      TopicKey key,
      String keyExpr,
      Qos qos,
      Subscription.Decoder<T> decoder,
      Consumer<Ros2Sample<T>> callback) {
    long id = EntityIds.next(session);
    Endpoint mine =
        new Endpoint(session, zid -> nodeToken(zid).endpoint(Kind.SUBSCRIPTION, id, key, qos));
    Subscribing<T> holder = new Subscribing<>(mine);
    holder.subscription =
        new Subscription<>(session, keyExpr, qos, mine, decoder, callback, holder::closed);
    endpoints.add(holder.subscription);
    renewals.add(holder);
    mine.renew();
    return holder.subscription;
  }

  private final class Subscribing<T> implements Runnable {
    private final Endpoint endpoint;
    private Subscription<T> subscription;

    Subscribing(Endpoint endpoint) {
      this.endpoint = endpoint;
    }

    @Override
    public void run() {
      endpoint.renew();
    }

    void closed() {
      renewals.remove(this);
      endpoints.remove(subscription);
    }
  }

  /** A client of a service relative to the namespace, or absolute, with our hash of its type. */
  public <Q, R> ServiceClient<Q, R> client(String service, ServiceType<Q, R> type) {
    return client(serviceKey(service, type), type, tandem.zenoh.Qos.DATA_BLOCK);
  }

  /**
   * A client on a key as it is found in the graph, whatever its hash.
   *
   * @param zenohQos of the calls; with congestion DROP one that does not leave at once has failed
   */
  public <Q, R> ServiceClient<Q, R> client(
      TopicKey key, ServiceType<Q, R> type, tandem.zenoh.Qos zenohQos) {
    requireDomain("client", key);
    Endpoint mine = endpoint(Kind.SERVICE_CLIENT, key);
    Renewing holder = new Renewing();
    var client =
        new ServiceClient<>(session, key, type, mine, zenohQos, epochNanos, holder::closed);
    holder.hold(client, client::renew);
    return client;
  }

  /** A server of a service relative to the namespace, or absolute. */
  public <Q, R> ServiceServer<Q, R> server(
      String service, ServiceType<Q, R> type, Consumer<ServiceServer<Q, R>.Request> handler) {
    TopicKey key = serviceKey(service, type);
    Endpoint mine = endpoint(Kind.SERVICE_SERVER, key);
    Renewing holder = new Renewing();
    var server = new ServiceServer<>(session, key, type, mine, handler, epochNanos, holder::closed);
    holder.hold(server, server::renew);
    return server;
  }

  private TopicKey serviceKey(String service, ServiceType<?, ?> type) {
    return TopicKey.of(domain, TopicKey.resolve(namespace, service), type.name(), type.hash());
  }

  private Endpoint endpoint(Kind kind, TopicKey key) {
    long id = EntityIds.next(session);
    return new Endpoint(session, zid -> nodeToken(zid).endpoint(kind, id, key, SERVICES));
  }

  private void requireDomain(String what, TopicKey key) {
    if (key.domain() != domain) {
      throw new IllegalArgumentException(
          "%s on %s: expected domain %d of the node, found %d"
              .formatted(what, key.name(), domain, key.domain()));
    }
  }

  /** An endpoint of a service, told of new links until it is closed. */
  private final class Renewing {
    private AutoCloseable endpoint;
    private Runnable renewal;

    void hold(AutoCloseable held, Runnable renew) {
      endpoint = held;
      renewal = renew;
      endpoints.add(held);
      renewals.add(renew);
      renew.run(); // a link may have come in between
    }

    void closed() {
      renewals.remove(renewal);
      endpoints.remove(endpoint);
    }
  }

  /** The time of samples, requests and responses now: ns since 1970. */
  public long epochNanos() {
    return epochNanos.getAsLong();
  }

  /** ROS domain. */
  public int domain() {
    return domain;
  }

  /** {@code /} or as {@code /ada}. */
  public String namespace() {
    return namespace;
  }

  @Override
  public void close() {
    identity.close();
    for (AutoCloseable endpoint : endpoints) {
      switch (endpoint) {
        case Ros2Publisher<?> publisher -> publisher.close();
        case Subscription<?> subscription -> subscription.close();
        case ServiceClient<?, ?> client -> client.close();
        case ServiceServer<?, ?> server -> server.close();
        default -> throw new IllegalStateException("unknown endpoint " + endpoint);
      }
    }
    token.close();
  }
}
