package tandem.twin.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import akka.actor.ActorSystem;
import akka.actor.ExtendedActorSystem;
import akka.coordination.lease.LeaseSettings;
import akka.coordination.lease.javadsl.LeaseProvider;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tandem.twin.journal.JournalDatabase;
import tandem.twin.journal.PostgresJournal;

/** The lease on a real PostgreSQL process, a database of its own for each test. */
class SiteLeaseTest {
  private static final AtomicInteger DATABASES = new AtomicInteger();
  private static EmbeddedPostgres server;

  private final List<ActorSystem> systems = new ArrayList<>();
  private PostgresJournal place;

  @BeforeAll
  static void start() throws Exception {
    server = synced();
  }

  private static EmbeddedPostgres synced() throws Exception {
    return EmbeddedPostgres.builder()
        .setServerConfig("fsync", "on")
        .setServerConfig("synchronous_commit", "on")
        .start();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @BeforeEach
  void create() throws SQLException {
    String database = "l" + DATABASES.incrementAndGet();
    try (Connection connection = server.getPostgresDatabase().getConnection();
        var statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + database);
    }
    place = new PostgresJournal(server.getJdbcUrl("postgres", database), "postgres", "");
    new JournalDatabase(place).close();
  }

  @AfterEach
  void end() {
    systems.forEach(SiteLeaseTest::end);
  }

  private static void end(ActorSystem system) {
    system.terminate();
    get(system.getWhenTerminated());
  }

  private static Config node(PostgresJournal place) {
    return ConfigFactory.parseString(
            """
            akka.loglevel = WARNING
            akka.coordinated-shutdown.run-by-jvm-shutdown-hook = off
            """)
        .withValue(
            "tandem.twin.journal.url",
            com.typesafe.config.ConfigValueFactory.fromAnyRef(place.url()))
        .withFallback(ConfigFactory.parseString("tandem.twin.journal.user = postgres"))
        .withFallback(ConfigFactory.load());
  }

  private ActorSystem system(PostgresJournal place) {
    var system = ActorSystem.create("lease", node(place));
    systems.add(system);
    return system;
  }

  private static SiteLease lease(ActorSystem system, String name, String owner, String settings) {
    var config =
        ConfigFactory.parseString(settings + "\ndecides-who-lives = off")
            .withFallback(
                ConfigFactory.parseResources("tandem-site.conf")
                    .getConfig("tandem.twin.site-lease"));
    return new SiteLease(LeaseSettings.apply(config, name, owner), (ExtendedActorSystem) system);
  }

  private static SiteLease lease(ActorSystem system, String owner) {
    return lease(system, "sbr", owner, "");
  }

  private static <T> T get(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(deadline);
      LockSupport.parkNanos(5_000_000);
    }
  }

  private LeaseTable.Row row(String name) throws SQLException {
    try (var table = new LeaseTable(place, name, "nobody", Duration.ofSeconds(2), 5)) {
      return table.look();
    }
  }

  private void sql(String text) throws SQLException {
    try (Connection connection = place.connect("test", 5, 20);
        var statement = connection.createStatement()) {
      statement.execute(text);
    }
  }

  @Test
  void shouldGiveItToOneOfTwoAndToTheOtherOnceItIsReleased() throws Exception {
    var system = system(place);
    SiteLease one = lease(system, "one");
    SiteLease other = lease(system, "other");

    assertThat(get(one.acquire())).isTrue();
    assertThat(get(other.acquire())).isFalse();
    assertThat(one.checkLease()).isTrue();
    assertThat(other.checkLease()).isFalse();
    assertThat(row("sbr").owner()).startsWith("one#");

    assertThat(get(one.release())).isTrue();
    assertThat(one.checkLease()).isFalse();
    assertThat(get(other.acquire())).isTrue();
    assertThat(other.checkLease()).isTrue();
    assertThat(get(one.acquire())).isFalse();
  }

  @Test
  void shouldGiveItAgainToItsOwnerWithAHigherVersion() throws Exception {
    SiteLease one = lease(system(place), "one");

    assertThat(get(one.acquire())).isTrue();
    long version = row("sbr").version();
    assertThat(get(one.acquire())).isTrue();

    assertThat(row("sbr").version()).isEqualTo(version + 1);
    await("renewed with the new version", () -> renewedSince(version + 1));
  }

  private boolean renewedSince(long version) {
    try {
      var first = row("sbr");
      await("next renewal", () -> movedSince(first));
      return row("sbr").version() == version;
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private boolean movedSince(LeaseTable.Row first) {
    try {
      return row("sbr").movedSince(first);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shouldLeaveAnothersLeaseAloneOnRelease() throws Exception {
    var system = system(place);
    SiteLease owner = lease(system, "owner");
    SiteLease stranger = lease(system, "stranger");
    SiteLease sameName = lease(system, "owner");
    assertThat(get(owner.acquire())).isTrue();
    var before = row("sbr");

    get(stranger.release());
    get(sameName.release());

    assertThat(row("sbr").owner()).isEqualTo(before.owner());
    assertThat(row("sbr").version()).isEqualTo(before.version());
    assertThat(get(stranger.acquire())).isFalse();
  }

  /** A process started again at the same address is another one. */
  @Test
  void shouldRefuseAnotherIncarnationWhileTheFirstOneLives() throws Exception {
    var system = system(place);
    assertThat(get(lease(system, "node:1").acquire())).isTrue();
    assertThat(get(lease(system, "node:1").acquire())).isFalse();
  }

  /** The row is moved by the server's clock alone; no node's clock has come any further. */
  @Test
  void shouldJudgeByTheClockOfTheDatabase() throws Exception {
    var table = new LeaseTable(place, "sbr", "dead", Duration.ofHours(1), 5);
    assertThat(table.claim()).isEqualTo(1);
    SiteLease other = lease(system(place), "other");
    CompletableFuture<Boolean> wish = other.acquire().toCompletableFuture();
    await("it is over in an hour", () -> leftMillis() > 3_000_000);
    assertThat(wish).isNotDone();

    sql("UPDATE site_lease SET until = clock_timestamp()");

    assertThat(get(wish)).isTrue();
    assertThat(row("sbr").version()).isEqualTo(2);
    assertThat(table.renew(1)).isFalse();
    table.close();
  }

  private long leftMillis() {
    try {
      return row("sbr").leftMillis();
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shouldWaitForADeadOwnersLeaseToEndInsteadOfRefusing() throws Exception {
    var table = new LeaseTable(place, "sbr", "dead", Duration.ofSeconds(3), 5);
    assertThat(table.claim()).isEqualTo(1);

    assertThat(get(lease(system(place), "other").acquire())).isTrue();

    assertThat(table.renew(1)).isFalse();
    table.close();
  }

  @Test
  void shouldTellTheOwnerOnceThatAnotherOneWasGrantedIt() throws Exception {
    SiteLease one = lease(system(place), "one");
    var told = new ArrayList<Optional<Throwable>>();
    assertThat(get(one.acquire(told::add))).isTrue();

    sql("UPDATE site_lease SET owner = 'thief', version = version + 1");

    await("told", () -> !told.isEmpty());
    assertThat(told.getFirst().orElseThrow()).hasMessageContaining("overtaken by another owner");
    assertThat(one.checkLease()).isFalse();
    assertThat(row("sbr").owner()).isEqualTo("thief");
    get(one.release());
    assertThat(told).hasSize(1);
    assertThat(row("sbr").owner()).isEqualTo("thief");
  }

  @Test
  void shouldTellTheOwnerWhenTheDatabaseIsGone() throws Exception {
    EmbeddedPostgres mortal = synced();
    place = new PostgresJournal(mortal.getJdbcUrl("postgres", "postgres"), "postgres", "");
    new JournalDatabase(place).close();
    SiteLease one = lease(system(place), "one");
    var told = new CompletableFuture<Optional<Throwable>>();
    assertThat(get(one.acquire(told::complete))).isTrue();

    mortal.close();

    assertThat(get(told).orElseThrow()).hasMessageContaining("not renewed within PT4S");
    assertThat(one.checkLease()).isFalse();
    assertThatThrownBy(() -> get(one.acquire()))
        .hasMessageContaining("acquire not confirmed within PT6S");
  }

  /** The server hangs with the connection open: its processes are stopped, not killed. */
  @Test
  void shouldTellTheOwnerWhileTheDatabaseIsPausedAndGoOnWhenNobodyElseHadIt() throws Exception {
    try (EmbeddedPostgres paused = synced()) {
      place = new PostgresJournal(paused.getJdbcUrl("postgres", "postgres"), "postgres", "");
      new JournalDatabase(place).close();
      SiteLease one = lease(system(place), "one");
      var told = new CompletableFuture<Optional<Throwable>>();
      assertThat(get(one.acquire(told::complete))).isTrue();
      List<ProcessHandle> processes = processesOf(place);
      processes.forEach(each -> signal("-STOP", each.pid()));
      try {
        get(told);
        assertThat(one.checkLease()).isFalse();
      } finally {
        processes.reversed().forEach(each -> signal("-CONT", each.pid()));
      }
      await("renewed late", one::checkLease);
      assertThat(row("sbr").version()).isEqualTo(1);
    }
  }

  /** The server's own processes; the JVM's children are theirs. */
  private static List<ProcessHandle> processesOf(PostgresJournal place) throws SQLException {
    try (Connection connection = place.connect("test", 5, 20);
        var statement = connection.createStatement();
        var rows = statement.executeQuery("SELECT pg_backend_pid()")) {
      rows.next();
      ProcessHandle server = ProcessHandle.of(rows.getLong(1)).orElseThrow().parent().orElseThrow();
      var all = new ArrayList<>(List.of(server));
      server.descendants().forEach(all::add);
      return all;
    }
  }

  private static void signal(String signal, long pid) {
    try {
      new ProcessBuilder("kill", signal, Long.toString(pid)).start().waitFor();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shouldTakeAnyNameForWhatItIs() throws Exception {
    var system = system(place);
    String name = "x'; DROP TABLE site_lease; --\"\\ \u00e4\u4e2d";
    String owner = "o'); DELETE FROM event; --";

    SiteLease one = lease(system, name, owner, "");
    assertThat(get(one.acquire())).isTrue();
    assertThat(get(lease(system, name, "other", "").acquire())).isFalse();
    assertThat(get(lease(system, "another name", "other", "").acquire())).isTrue();

    assertThat(row(name).owner()).startsWith(owner + "#");
    assertThatThrownBy(() -> get(lease(system, "nul\0", "other", "").acquire()))
        .hasMessageContaining("not acquired");
  }

  @Test
  void shouldNameTheKeyOfABadSetting() {
    var system = system(place);
    assertThatThrownBy(
            () -> lease(system, "a", "b", "heartbeat-timeout = 1900ms, heartbeat-interval = 100ms"))
        .hasMessageContaining("heartbeat-timeout: expected PT2S or more, found PT1.9S");
    assertThatThrownBy(() -> lease(system, "a", "b", "lease-operation-timeout = 4s"))
        .hasMessageContaining("lease-operation-timeout: expected")
        .hasMessageContaining("PT4.5S or more, found PT4S");
  }

  @Test
  void shouldGiveItBackWhenItsNodeEndsInOrder() throws Exception {
    var leaving = ActorSystem.create("lease", node(place));
    assertThat(get(lease(leaving, "leaving").acquire())).isTrue();

    end(leaving);

    await("given back", () -> leftMillis() <= 0);
    assertThat(row("sbr").owner()).isEmpty();
  }

  @Test
  void shouldBeFoundByTheNameThatTheResolverUses() {
    var config =
        ConfigFactory.parseString("tandem.twin.site-lease.decides-who-lives = off")
            .withFallback(ConfigFactory.parseResources("tandem-site.conf"))
            .withFallback(node(place));
    var system = ActorSystem.create("lease", config.resolve());
    systems.add(system);
    String at =
        config.getString("akka.cluster.split-brain-resolver.lease-majority.lease-implementation");

    var lease = LeaseProvider.get(system).getLease("sbr", at, "one");

    assertThat(lease).isInstanceOf(SiteLease.class);
    assertThat(get(lease.acquire())).isTrue();
  }

  /**
   * Many threads claim, renew and release as it pleases them; whoever has a grant writes into a
   * place that only its owner may touch.
   */
  @Test
  void shouldNeverHaveTwoOwnersWhateverManyThreadsDo() throws Exception {
    long seed = System.nanoTime();
    var inside = new AtomicInteger();
    var most = new AtomicInteger();
    var grants = new AtomicInteger();
    var versions = java.util.concurrent.ConcurrentHashMap.<Long>newKeySet();
    try (var threads = Executors.newFixedThreadPool(8)) {
      var ends = new ArrayList<java.util.concurrent.Future<?>>();
      for (int i = 0; i < 8; i++) {
        var random = new Random(seed + i);
        String owner = "thread" + i;
        ends.add(
            threads.submit(
                () -> {
                  try (var table =
                      new LeaseTable(place, "race", owner, Duration.ofMinutes(10), 20)) {
                    for (int round = 0; round < 150; round++) {
                      long version = table.claim();
                      if (version == 0) {
                        if (random.nextInt(4) == 0) table.release();
                        if (random.nextInt(4) == 0) {
                          assertThat(table.renew(random.nextInt(50))).isFalse();
                        }
                        continue;
                      }
                      most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                      grants.incrementAndGet();
                      assertThat(versions.add(version)).as("version %d, once", version).isTrue();
                      if (random.nextBoolean()) assertThat(table.renew(version)).isTrue();
                      inside.decrementAndGet();
                      assertThat(table.release()).isTrue();
                    }
                    return null;
                  }
                }));
      }
      for (var each : ends) each.get();
    }
    assertThat(most.get()).as("owners at once, seed %d", seed).isEqualTo(1);
    assertThat(grants.get()).isGreaterThan(8);
  }
}
