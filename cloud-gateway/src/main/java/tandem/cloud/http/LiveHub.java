package tandem.cloud.http;

import akka.NotUsed;
import akka.actor.Cancellable;
import akka.actor.typed.ActorSystem;
import akka.http.javadsl.model.ws.Message;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.proto.codec.Json;
import tandem.proto.v1.AlarmList;
import tandem.proto.v1.CommandList;
import tandem.proto.v1.LiveRequest;
import tandem.proto.v1.TwinView;
import tandem.proto.v1.VersionView;
import tandem.twin.Twins;

/**
 * Feeds the WebSocket clients from the twins. Each robot is watched once, however many clients look
 * at it; what a client does not take in time is replaced by what is newer (see {@link Outbox}).
 *
 * <p>Twins call back on their own threads and are never held up. A client that has pinged and then
 * says nothing for {@link #CLIENT_SILENCE} is dropped, and so is one that does not read its
 * answers.
 */
final class LiveHub {
  static final int MAX_REQUEST_CHARS = 4096;
  static final int MAX_ROBOTS_PER_CLIENT = 64;
  static final Duration CLIENT_SILENCE = Duration.ofSeconds(30);
  private static final int COMMANDS_SHOWN = 50;
  private static final long TWIN_EVERY_NANOS = Duration.ofMillis(250).toNanos();
  private static final long QUIET_NANOS = Duration.ofMillis(900).toNanos();
  private static final Logger LOG = LoggerFactory.getLogger(LiveHub.class);

  private final ActorSystem<?> system;
  private final Twins twins;
  private final VersionView version;
  private final Optional<Narration> narration;
  private final int maxClients;
  private final Map<Long, LiveClient> clients = new ConcurrentHashMap<>();
  private final Map<String, Feed> feeds = new HashMap<>();
  private final AtomicLong lastClient = new AtomicLong();
  private final Asking listing = new Asking();
  private final Asking alarming = new Asking();
  private final Cancellable ticking;

  LiveHub(
      ActorSystem<?> system,
      Twins twins,
      VersionView version,
      Optional<Narration> narration,
      int maxClients) {
    this.narration = narration;
    this.system = system;
    this.twins = twins;
    this.version = version;
    this.maxClients = maxClients;
    narration.ifPresent(
        told ->
            told.listen(
                now -> {
                  for (var client : clients.values()) client.story(now);
                }));
    ticking =
        system
            .scheduler()
            .scheduleAtFixedRate(
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                this::tick,
                system.executionContext());
  }

  /** The two directions of a new connection; empty when there are too many. */
  Optional<Flow<Message, Message, NotUsed>> connect() {
    if (clients.size() >= maxClients) return Optional.empty();
    var client = new LiveClient(lastClient.incrementAndGet());
    var in =
        Flow.<Message>create()
            .mapAsync(1, this::text)
            .map(
                text -> {
                  receive(client, text);
                  return NotUsed.getInstance();
                })
            .to(Sink.ignore());
    var out =
        Source.fromGraph(new OutboxSource(client.outbox, () -> drop(client)))
            .mapMaterializedValue(
                started -> {
                  clients.put(client.number, client);
                  client.welcome(version);
                  narration.ifPresent(told -> client.story(told.now()));
                  return started;
                });
    return Optional.of(Flow.fromSinkAndSourceCoupledMat(in, out, Keep.right()));
  }

  int clientCount() {
    return clients.size();
  }

  void stop() {
    ticking.cancel();
    for (var client : clients.values()) client.outbox.end();
  }

  private CompletionStage<String> text(Message message) {
    if (!message.isText())
      return CompletableFuture.failedFuture(
          new IllegalArgumentException("live channel: expected text, found a binary message"));
    var text = message.asTextMessage();
    if (text.isStrict()) {
      if (text.getStrictText().length() <= MAX_REQUEST_CHARS)
        return CompletableFuture.completedFuture(text.getStrictText());
      return CompletableFuture.failedFuture(
          new IllegalArgumentException(
              "live channel: expected at most %d characters, found %d"
                  .formatted(MAX_REQUEST_CHARS, text.getStrictText().length())));
    }
    return text.getStreamedText()
        .limitWeighted(MAX_REQUEST_CHARS, part -> (long) part.length())
        .runFold("", String::concat, system);
  }

  private void receive(LiveClient client, String text) {
    client.heard(System.nanoTime());
    LiveRequest request;
    try {
      request = Json.parse(text, LiveRequest.newBuilder()).build();
    } catch (IllegalArgumentException e) {
      client.refuse(0, "tandem.request.malformed", e.getMessage() + "; request ignored");
      return;
    }
    switch (request.getRequestCase()) {
      case PING -> client.pong(request.getRef());
      case SUBSCRIBE -> subscribe(client, request.getRef(), request.getSubscribe().getRobot());
      case UNSUBSCRIBE -> {
        unsubscribe(client, request.getUnsubscribe().getRobot());
        client.acknowledge(request.getRef());
      }
      case REQUEST_NOT_SET ->
          client.refuse(
              request.getRef(),
              "tandem.request.invalid",
              "live request: expected subscribe, unsubscribe or ping, found none; ignored");
    }
  }

  private void subscribe(LiveClient client, long ref, String robot) {
    if (client.robots.size() >= MAX_ROBOTS_PER_CLIENT) {
      client.refuse(
          ref,
          "tandem.request.invalid",
          "expected at most %d robots; %s not subscribed".formatted(MAX_ROBOTS_PER_CLIENT, robot));
      return;
    }
    Answers.guarded(() -> twins.show(robot))
        .whenComplete(
            (view, failure) -> {
              if (failure != null) {
                var error = Answers.error(failure);
                client.refuse(ref, error.view().getCode(), error.view().getError());
                return;
              }
              synchronized (feeds) {
                client.robots.add(robot);
                if (!clients.containsKey(client.number)) return;
                feeds.computeIfAbsent(robot, Feed::new).add(client);
              }
              client.acknowledge(ref);
              long now = System.nanoTime();
              client.joints(view, now);
              client.twin(view, now);
              twins.streams(robot).thenAccept(streams -> client.streams(robot, streams, now));
              commandsOf(robot);
            });
  }

  private void commandsOf(String robot) {
    synchronized (feeds) {
      var feed = feeds.get(robot);
      if (feed != null) feed.tellCommands(true);
    }
  }

  private void unsubscribe(LiveClient client, String robot) {
    Feed unused = null;
    synchronized (feeds) {
      var feed = feeds.get(robot);
      if (feed != null && feed.remove(client)) unused = feeds.remove(robot);
    }
    client.forget(robot);
    if (unused != null) unused.close();
  }

  private void drop(LiveClient client) {
    clients.remove(client.number);
    for (var robot : List.copyOf(client.robots)) unsubscribe(client, robot);
  }

  private void tick() {
    if (clients.isEmpty()) return;
    long now = System.nanoTime();
    for (var client : clients.values())
      if (client.silentMs(now) > CLIENT_SILENCE.toMillis()) {
        LOG.info(
            "live client {}: nothing heard for {}; connection closed",
            client.number,
            CLIENT_SILENCE);
        client.outbox.end();
      }
    listing.ask(
        twins::list,
        views -> {
          long at = System.nanoTime();
          for (var client : clients.values()) client.twins(views, at);
        });
    alarming.ask(
        twins::alarms,
        alarms -> {
          var list = AlarmList.newBuilder().addAllAlarms(alarms).build();
          for (var client : clients.values()) client.alarms(list);
        });
    List<Feed> all;
    synchronized (feeds) {
      all = List.copyOf(feeds.values());
    }
    for (var feed : all) feed.tick(now);
  }

  /** One question at a time; a slow answer makes the next round wait, not pile up. */
  private static final class Asking {
    private final AtomicBoolean underWay = new AtomicBoolean();

    <T> void ask(
        java.util.function.Supplier<CompletionStage<T>> question,
        java.util.function.Consumer<T> listener) {
      if (!underWay.compareAndSet(false, true)) return;
      Answers.guarded(question)
          .whenComplete(
              (answer, failure) -> {
                underWay.set(false);
                if (failure == null) listener.accept(answer);
                else LOG.debug("live channel: {}", Answers.error(failure).view().getError());
              });
    }
  }

  /** One robot that at least one client looks at. */
  private final class Feed {
    private final String robot;
    private final Map<Long, LiveClient> viewers = new ConcurrentHashMap<>();
    private final AtomicBoolean askingCommands = new AtomicBoolean();
    private final AtomicBoolean commandsStale = new AtomicBoolean();
    private final Asking showing = new Asking();
    private final AutoCloseable watch;
    private volatile long heardNanos;
    private TwinView lastDecided = TwinView.getDefaultInstance();
    private long twinToldNanos;
    private CommandList lastCommands = CommandList.getDefaultInstance();

    Feed(String robot) {
      this.robot = robot;
      watch = twins.watch(robot, this::tell);
    }

    void add(LiveClient client) {
      viewers.put(client.number, client);
    }

    /** True when nobody is left. */
    boolean remove(LiveClient client) {
      viewers.remove(client.number);
      return viewers.isEmpty();
    }

    void close() {
      try {
        watch.close();
      } catch (Exception e) {
        LOG.warn("robot {}: watch not closed: {}", robot, e.toString());
      }
    }

    /** Called by the twin, at most 50 times a second. */
    private void tell(TwinView view) {
      long now = System.nanoTime();
      heardNanos = now;
      boolean changed;
      boolean due;
      synchronized (this) {
        var decided = Ageing.decided(view);
        changed = !decided.equals(lastDecided);
        due = changed || now - twinToldNanos >= TWIN_EVERY_NANOS;
        lastDecided = decided;
        if (due) twinToldNanos = now;
      }
      for (var client : viewers.values()) {
        client.joints(view, now);
        if (due) client.twin(view, now);
      }
      if (changed) tellCommands(false);
    }

    /** Each change of a command is an event of its twin, so they are asked when its state moved. */
    private void tellCommands(boolean evenIfSame) {
      commandsStale.set(true);
      if (!askingCommands.compareAndSet(false, true)) return;
      commandsStale.set(false);
      Answers.guarded(() -> twins.commands(robot, COMMANDS_SHOWN))
          .whenComplete(
              (commands, failure) -> {
                askingCommands.set(false);
                if (failure == null) {
                  var list =
                      CommandList.newBuilder().setRobot(robot).addAllCommands(commands).build();
                  boolean changed;
                  synchronized (this) {
                    changed = !list.equals(lastCommands);
                    lastCommands = list;
                  }
                  if (changed || evenIfSame)
                    for (var client : viewers.values()) client.commands(list);
                }
                if (commandsStale.get()) tellCommands(false);
              });
    }

    void tick(long now) {
      if (now - heardNanos > QUIET_NANOS) showing.ask(() -> twins.show(robot), this::tell);
      twins
          .streams(robot)
          .thenAccept(
              streams -> {
                for (var client : viewers.values()) client.streams(robot, streams, now);
              });
      tellCommands(false);
    }
  }
}
