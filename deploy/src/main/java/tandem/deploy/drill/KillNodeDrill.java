package tandem.deploy.drill;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import tandem.deploy.client.Api;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.Out;
import tandem.deploy.node.Child;
import tandem.proto.codec.Json;
import tandem.proto.event.Event;
import tandem.proto.v1.LeaseRequest;
import tandem.robot.inbound.RosSampleReader;
import tandem.twin.audit.Audit;
import tandem.twin.journal.JournalDatabase;
import tandem.twin.journal.PostgresJournal;
import tandem.twin.journal.TwinId;

/**
 * A site of several nodes over one PostgreSQL loses the node on which a robot's twin lives, again
 * and again, by kill -9 and by a pause that does not end, while leases are acquired and released
 * through the others. The robot's guard is a process of its own; the robot's link leads to the next
 * node where its own is gone.
 */
final class KillNodeDrill implements Drill {
  private static final String ROBOT = "ada";
  private static final String BY = "drill";
  private static final int KILLS = 20;
  private static final int PAUSES = 5;
  private static final double KILLED_SECONDS = 3;
  private static final double SILENT_SECONDS = 6;
  private static final Duration BACK_WITHIN = Duration.ofSeconds(60);
  private static final Duration ATTEMPT = Duration.ofSeconds(2);
  private static final Duration BETWEEN = Duration.ofMillis(20);

  private int nodes = 5;

  void nodes(int count) {
    nodes = count;
  }

  @Override
  public String name() {
    return "kill-node";
  }

  @Override
  public String about() {
    return "nodes of a site are killed and paused under load: twins writable again within 3 s (6 s"
        + " where a node is only silent), nobody else is downed, nothing acknowledged is lost";
  }

  /** One node of the site, at a place of its own; its process is replaced where it was killed. */
  private static final class Node {
    final Stage.Place place;
    final int artery = Stage.freePort();
    final int management = Stage.freePort();
    Child process;
    Api api;
    Api managed;

    Node(Stage.Place place) {
      this.place = place;
    }
  }

  @Override
  public Verdict run(Stage stage) throws Exception {
    if (nodes < 2) throw new CliFailure("drill kill-node: --nodes: expected 2 or more");
    var server =
        stage.keep(
            EmbeddedPostgres.builder()
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .start());
    var site = new Site(stage, server.getJdbcUrl("postgres", "postgres"));
    site.begin();
    var load = new Load(site);
    stage.keep(load);
    load.begin();

    var killed = new ArrayList<Double>();
    for (int i = 0; i < stage.times(KILLS); i++) killed.add(site.lose(load, "-KILL"));
    var silent = new ArrayList<Double>();
    for (int i = 0; i < stage.times(PAUSES); i++) silent.add(site.lose(load, "-STOP"));
    load.close();

    var verdict =
        new Verdict()
            .figure("nodes", nodes)
            .figure("loadAverage", loadAverage())
            .figure("killedSeconds", figures(killed))
            .figure("silentSeconds", figures(silent))
            .figure("acknowledged", load.epochs.size())
            .figure("unanswered", load.unanswered.get());
    double slowest = max(killed);
    double slowestSilent = max(silent);
    verdict
        .expect("writable within 3 s after a kill", slowest <= KILLED_SECONDS, slowest)
        .expect(
            "writable within 6 s after a silence", slowestSilent <= SILENT_SECONDS, slowestSilent)
        .expect("nobody else was downed", site.others.isEmpty(), site.others);
    return site.audited(load, verdict);
  }

  private static Map<String, Object> figures(List<Double> seconds) {
    double[] sorted = seconds.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return Out.fields(
        "times",
        sorted.length,
        "p50",
        sorted[sorted.length / 2],
        "worst",
        sorted[sorted.length - 1],
        "all",
        Arrays.stream(sorted).boxed().toList());
  }

  private static double max(List<Double> seconds) {
    return seconds.stream().mapToDouble(Double::doubleValue).max().orElse(0);
  }

  private static String loadAverage() throws IOException {
    return Files.readString(Path.of("/proc/loadavg")).trim();
  }

  /** The nodes, the robot, its guard and its link. */
  private final class Site {
    final Stage stage;
    final String url;
    final List<Node> all = new ArrayList<>();
    final List<String> others = new ArrayList<>();
    Relay link;
    Path keys;

    Site(Stage stage, String url) {
      this.stage = stage;
      this.url = url;
    }

    void begin() throws IOException {
      for (int i = 0; i < nodes; i++) all.add(new Node(stage.place("node" + i)));
      Path state = Files.createDirectories(all.getFirst().place.data().resolveSibling("guard"));
      keys = Files.createDirectories(state.resolveSibling("keys"));
      link = stage.keep(new Relay(all.getFirst().place.zenoh(), stage.seed()));
      int port = Stage.freePort();
      var guard = guard(state, port);
      Files.copy(
          state.resolve("guard.pub"),
          keys.resolve(ROBOT + ".pub"),
          StandardCopyOption.REPLACE_EXISTING);
      for (Node node : all) start(node);
      awaitAll();
      stage.robot(
          ROBOT,
          List.of("--push", "none", "--model", stage.emptyScene().toString()),
          link.endpoint(),
          "tcp/127.0.0.1:" + port);
      if (!guard.alive()) throw new IllegalStateException("the guard has ended");
      stage.awaitCommandable(all.getFirst().api, ROBOT);
    }

    private Child guard(Path state, int port) {
      var words =
          new ArrayList<>(
              List.of(
                  "guard",
                  "--robot",
                  ROBOT,
                  "--zenoh-listen",
                  "tcp/127.0.0.1:" + port,
                  "--state",
                  state.toString(),
                  "--linger",
                  "3600",
                  "--with-parent",
                  Long.toString(ProcessHandle.current().pid())));
      for (Node node : all) words.addAll(List.of("--zenoh-connect", node.place.zenohEndpoint()));
      var child = stage.keep(Child.start("guard", Child.ROBOT, words, line -> {}));
      child.awaitReady(Stage.START);
      return child;
    }

    private void start(Node node) {
      var words =
          new ArrayList<>(
              List.of(
                  "--port",
                  "artery=" + node.artery,
                  "--port",
                  "management=" + node.management,
                  "--journal",
                  url,
                  "--journal-user",
                  "postgres",
                  "--config",
                  "tandem.robot.guards.start=false",
                  "--config",
                  "tandem.robot.guards.keys=" + keys));
      for (Node other : all)
        if (other != node && other.process != null && other.process.alive())
          words.addAll(List.of("--join", "127.0.0.1:" + other.artery));
      node.process = stage.edge(node.place, words.toArray(String[]::new));
      if (node.api == null) {
        node.api = stage.api(node.place);
        node.managed = stage.keep(new Api("http://127.0.0.1:" + node.management));
      }
    }

    /** Every node is a member in the eyes of every node. */
    private void awaitAll() {
      stage.await(
          "all nodes are members",
          BACK_WITHIN,
          () -> all.stream().allMatch(node -> members(node) == nodes));
    }

    private long members(Node node) {
      try {
        var view = Stage.object(node.managed.get("/cluster/members"));
        if (!((List<?>) view.get("unreachable")).isEmpty()) return -1;
        return ((List<?>) view.get("members"))
            .stream()
                .filter(one -> one instanceof Map<?, ?> m && "Up".equals(m.get("status")))
                .count();
      } catch (CliFailure | Api.Unreachable e) {
        return -1;
      }
    }

    /** The node that records the robot's samples; null where none does now. */
    private Node home() {
      for (Node node : all) {
        if (!node.process.alive()) continue;
        try {
          for (Map<String, Object> stream : node.managed.list("/tandem/streams"))
            if (ROBOT.equals(stream.get("robot"))
                && stream.get("ageMs") instanceof Number age
                && age.doubleValue() < 500) return node;
        } catch (CliFailure | Api.Unreachable e) {
          // the next one
        }
      }
      return null;
    }

    List<Node> living() {
      return all.stream().filter(node -> node.process.alive()).toList();
    }

    /** Seconds until a lease was acquired again. */
    double lose(Load load, String signal) throws IOException {
      var home = new Node[1];
      stage.await("the robot's home", BACK_WITHIN, () -> (home[0] = home()) != null);
      Node lost = home[0];
      load.avoid(lost);
      long before = System.nanoTime();
      load.awaitAfter(before);
      long at = System.nanoTime();
      Stage.signal(signal, lost.process.pid());
      Node next = all.get((all.indexOf(lost) + 1) % all.size());
      link.leadTo(next.place.zenoh());
      link.reset();
      double seconds = (load.awaitAfter(at) - at) / 1e9;
      for (Node node : living())
        if (node != lost && !node.process.alive()) others.add(node.process.name());
      lost.process.kill();
      lost.process.ended().join();
      long dead = all.stream().filter(node -> node != lost && !node.process.alive()).count();
      if (dead > 0) others.add(dead + " nodes ended after " + signal);
      start(lost);
      awaitAll();
      load.avoid(null);
      return seconds;
    }

    /** What was acknowledged is there once; the chain holds. */
    Verdict audited(Load load, Verdict verdict) throws Exception {
      var server = new PostgresJournal(url, "postgres", "");
      var granted = new TreeMap<Long, Integer>();
      try (var journal = new JournalDatabase(server);
          var reader = journal.reader()) {
        for (TwinId twin : reader.terms(ROBOT))
          reader.events(
              twin,
              1,
              Long.MAX_VALUE,
              Long.MAX_VALUE,
              one -> {
                if (one.event() instanceof Event.LeaseGranted(long epoch))
                  granted.merge(epoch, 1, Integer::sum);
              });
      }
      var lost = load.epochs.stream().filter(epoch -> !granted.containsKey(epoch)).toList();
      var doubled = granted.entrySet().stream().filter(one -> one.getValue() > 1).toList();
      long segments = 0;
      long reached = 0;
      long events = 0;
      for (Node node : all) {
        var seen =
            Audit.ofServer(node.place.data(), server, new RosSampleReader(), Map.of())
                .verify(ROBOT)
                .getFirst();
        segments = seen.getSegments();
        reached += seen.getSegments() - seen.getUnreachable();
        events = seen.getEvents();
        verdict.expect(
            "audit verify on node " + all.indexOf(node) + " is ok", seen.getOk(), seen.toString());
      }
      return verdict
          .figure("granted", granted.size())
          .figure("events", events)
          .figure("segments", segments)
          .expect("every segment lies on one node", reached >= segments, reached)
          .expect("nothing acknowledged is lost", lost.isEmpty(), lost)
          .expect("nothing is doubled", doubled.isEmpty(), doubled);
    }
  }

  /** Acquires and releases the lease, over and over, through nodes that live. */
  private static final class Load implements AutoCloseable {
    final ConcurrentSkipListSet<Long> epochs = new ConcurrentSkipListSet<>();
    final AtomicLong unanswered = new AtomicLong();
    private final ConcurrentSkipListMap<Long, Long> startedAndDone = new ConcurrentSkipListMap<>();
    private final AtomicBoolean ends = new AtomicBoolean();
    private final Site site;
    private volatile Node avoided;
    private final Thread thread;

    Load(Site site) {
      this.site = site;
      thread = Thread.ofPlatform().daemon().name("load").unstarted(this::run);
    }

    void begin() {
      thread.start();
    }

    void avoid(Node node) {
      avoided = node;
    }

    private void run() {
      int turn = 0;
      while (!ends.get()) {
        var nodes = site.all.stream().filter(node -> node != avoided).toList();
        Api api = nodes.get(turn++ % nodes.size()).api;
        long started = System.nanoTime();
        try {
          var lease = Stage.object(api.post(path(), lease("acquire"), ATTEMPT));
          if (BY.equals(lease.get("holder"))) {
            epochs.add(((Number) lease.get("epoch")).longValue());
            startedAndDone.put(started, System.nanoTime());
          }
          api.post(path(), lease("release"), ATTEMPT);
        } catch (CliFailure | Api.Unreachable e) {
          unanswered.incrementAndGet();
        }
        site.stage.pause(BETWEEN);
      }
    }

    private static String path() {
      return "/api/twins/" + ROBOT + "/lease";
    }

    private static String lease(String action) {
      return Json.print(
          LeaseRequest.newBuilder().setRobot(ROBOT).setAction(action).setBy(BY).setForSeconds(600));
    }

    /** When the first lease that was asked for after a time had been acquired. */
    long awaitAfter(long nanos) {
      site.stage.await(
          "a lease is acquired", BACK_WITHIN, () -> startedAndDone.higherEntry(nanos) != null);
      return startedAndDone.higherEntry(nanos).getValue();
    }

    @Override
    public void close() {
      ends.set(true);
      try {
        thread.join(Duration.ofSeconds(30));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
