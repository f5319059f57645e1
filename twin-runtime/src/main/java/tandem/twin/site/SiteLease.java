package tandem.twin.site;

import akka.actor.ExtendedActorSystem;
import akka.cluster.Cluster;
import akka.cluster.Member;
import akka.cluster.MemberStatus;
import akka.cluster.UniqueAddress;
import akka.coordination.lease.LeaseException;
import akka.coordination.lease.LeaseSettings;
import akka.coordination.lease.LeaseTimeoutException;
import akka.coordination.lease.javadsl.Lease;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.twin.journal.PostgresJournal;

/**
 * Akka's lease in the site's own database: of those who want it one has it, and the server's clock
 * says until when. The split brain resolver asks for it before it downs anybody.
 *
 * <p>A grant lasts {@code heartbeat-timeout} and is renewed every {@code heartbeat-interval}. The
 * owner believes in it for that long from the moment it <em>asked</em>, so it stops believing
 * before the server lets another one in. It is then told, and goes on trying: a renewal that
 * succeeds late takes nothing from anybody. When it finds that another one was granted the lease,
 * it is overtaken.
 *
 * <p>Who finds the lease taken waits until it sees the owner renew it, and is refused; or until it
 * is over, and has it. So a dead owner's lease refuses nobody.
 *
 * <p>With {@code decides-who-lives} it is the resolver's own: an overtaken owner leaves the
 * cluster, because the other one has decided that it lives; and while a node owns it, members that
 * are removed from its cluster are written down, so that one that was only paused does not get the
 * lease when it wakes after it was released.
 *
 * <p>The owner's name is that of this incarnation: a process started again at the same address is
 * another owner. Questions to the database run one by one on a thread of their own; each ends
 * within half of {@code heartbeat-timeout}. Thread-safe.
 */
public final class SiteLease extends Lease {
  private static final Logger LOG = LoggerFactory.getLogger(SiteLease.class);
  private static final Duration SHORTEST = Duration.ofSeconds(2);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

  private final LeaseSettings settings;
  private final ExtendedActorSystem system;
  private final PostgresJournal place;
  private final String owner;
  private final long lastsNanos;
  private final long everyNanos;
  private final long answerNanos;
  private final boolean decides;
  private final LeaseTable table;
  private final ScheduledThreadPoolExecutor database;
  private final ScheduledThreadPoolExecutor watch;

  // Of the database thread.
  private long owned; // version; 0: none
  private final Set<String> counted = new HashSet<>(); // members since, while it is owned

  // Guarded by this.
  private long grant; // 0: none
  private long believedUntilNanos;
  private boolean believed;
  private boolean watched; // somebody looks when the belief ends
  private Consumer<Optional<Throwable>> lost = reason -> {};
  private Throwable trouble;
  private boolean started;

  /**
   * As Akka's {@code LeaseProvider} calls it, more than once for one lease: nothing begins here.
   *
   * @throws IllegalArgumentException naming the key of a bad setting
   */
  public SiteLease(LeaseSettings settings, ExtendedActorSystem system) {
    this.settings = settings;
    this.system = system;
    place = place(system);
    owner =
        settings.ownerName()
            + "#"
            + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    var times = settings.timeoutSettings();
    Duration lasts = times.getHeartbeatTimeout();
    if (lasts.compareTo(SHORTEST) < 0) {
      throw new IllegalArgumentException(
          "lease %s: heartbeat-timeout: expected %s or more, found %s"
              .formatted(settings.leaseName(), SHORTEST, lasts));
    }
    Duration least = lasts.plus(times.getHeartbeatInterval());
    if (times.getOperationTimeout().compareTo(least) < 0) {
      throw new IllegalArgumentException(
          "lease %s: lease-operation-timeout: expected heartbeat-timeout + heartbeat-interval = %s or more, found %s"
              .formatted(settings.leaseName(), least, times.getOperationTimeout()));
    }
    lastsNanos = lasts.toNanos();
    everyNanos = times.getHeartbeatInterval().toNanos();
    answerNanos = times.getOperationTimeout().toNanos();
    var config = settings.leaseConfig();
    decides = config.hasPath("decides-who-lives") && config.getBoolean("decides-who-lives");
    table =
        new LeaseTable(place, settings.leaseName(), owner, lasts, (int) (lasts.toSeconds() / 2));
    database = thread("tandem-site-lease-database");
    watch = thread("tandem-site-lease-watch");
  }

  private static PostgresJournal place(ExtendedActorSystem system) {
    try {
      return PostgresJournal.of(system.settings().config().getConfig("tandem.twin.journal"))
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "tandem.twin.journal.url: expected a PostgreSQL, found none: there is no site"
                          + " lease without it"));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "tandem.twin.journal.password-file: cannot be read: " + e, e);
    }
  }

  private static ScheduledThreadPoolExecutor thread(String name) {
    var pool =
        new ScheduledThreadPoolExecutor(
            1, task -> Thread.ofPlatform().daemon().name(name).unstarted(task));
    pool.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    pool.setRemoveOnCancelPolicy(true);
    return pool;
  }

  @Override
  public LeaseSettings getSettings() {
    return settings;
  }

  @Override
  public synchronized boolean checkLease() {
    return believed && believedUntilNanos - System.nanoTime() > 0;
  }

  @Override
  public CompletionStage<Boolean> acquire() {
    return acquire(reason -> {});
  }

  @Override
  public CompletionStage<Boolean> acquire(Consumer<Optional<Throwable>> leaseLostCallback) {
    start();
    return answered("acquire", answer -> attempt(answer, leaseLostCallback, null));
  }

  /**
   * True when the lease is not this owner's any more, whoever has it; then nothing was done to it.
   */
  @Override
  public CompletionStage<Boolean> release() {
    forget();
    return answered(
        "release",
        answer -> {
          forget(); // an acquire may have been under way
          try {
            giveUp();
            answer.complete(true);
          } catch (SQLException e) {
            answer.completeExceptionally(
                new LeaseException(
                    "%s: not released: %s; it ends by itself".formatted(this, e.getMessage())));
          }
        });
  }

  private CompletableFuture<Boolean> answered(
      String what, Consumer<CompletableFuture<Boolean>> work) {
    var answer = new CompletableFuture<Boolean>();
    try {
      var late =
          watch.schedule(
              () -> answer.completeExceptionally(new LeaseTimeoutException(late(what))),
              answerNanos,
              TimeUnit.NANOSECONDS);
      answer.whenComplete((done, failure) -> late.cancel(false));
      database.execute(() -> work.accept(answer));
    } catch (RejectedExecutionException e) {
      answer.completeExceptionally(
          new LeaseException("%s: %s not done: the node has ended".formatted(this, what)));
    }
    return answer;
  }

  private synchronized String late(String what) {
    return "%s: %s not confirmed within %s%s"
        .formatted(
            this,
            what,
            Duration.ofNanos(answerNanos),
            trouble == null ? "" : ": " + trouble.getMessage());
  }

  /** Threads and the end of the lease with the node begin with the first wish. */
  private synchronized void start() {
    if (started) return;
    started = true;
    database.scheduleWithFixedDelay(this::renew, everyNanos, everyNanos, TimeUnit.NANOSECONDS);
    system.registerOnTermination(this::end);
  }

  private void end() {
    boolean had = forget();
    watch.shutdownNow();
    try {
      database.execute(
          () -> {
            try {
              if (had) giveUp();
            } catch (SQLException e) {
              LOG.info("{}: not released at the end: {}; it ends by itself", this, e.getMessage());
            } finally {
              table.close();
            }
          });
    } catch (RejectedExecutionException e) {
      LOG.debug("{}: was ended before", this);
    }
    database.shutdown();
  }

  // On the database thread, all of the following.

  private void attempt(
      CompletableFuture<Boolean> answer,
      Consumer<Optional<Throwable>> onLost,
      LeaseTable.Row firstSeen) {
    if (answer.isDone()) {
      undo();
      return;
    }
    long asked = System.nanoTime();
    LeaseTable.Row seen = firstSeen;
    long pause = LOOK_AGAIN.toNanos();
    try {
      if (isDowned()) {
        answer.complete(false);
        return;
      }
      long version = table.claim();
      if (version != 0 && isDowned()) { // written down just before the lease was released
        table.release();
        answer.complete(false);
        return;
      }
      if (version != 0) {
        owned = version;
        writeDown();
        granted(version, asked, onLost);
        if (!answer.complete(true)) undo();
        return;
      }
      LeaseTable.Row row = table.look();
      if (row != null && seen != null && row.movedSince(seen)) {
        LOG.info("{}: is {}'s, who renews it", this, row.owner());
        answer.complete(false);
        return;
      }
      if (row != null) {
        seen = row;
        pause = Math.min(pause, Math.max(1, row.leftMillis()) * 1_000_000);
      }
    } catch (SQLException e) {
      synchronized (this) {
        trouble = e;
      }
      if (isHopeless(e)) {
        answer.completeExceptionally(
            new LeaseException("%s: not acquired: %s".formatted(this, e.getMessage())));
        return;
      }
    }
    LeaseTable.Row next = seen;
    try {
      database.schedule(() -> attempt(answer, onLost, next), pause, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      answer.completeExceptionally(
          new LeaseException("%s: not acquired: the node has ended".formatted(this)));
    }
  }

  /** The statement itself is refused: asking again does not help. */
  private static boolean isHopeless(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    return state.startsWith("22") || state.startsWith("42");
  }

  /** Others decided without this node, which may have been paused meanwhile. */
  private boolean isDowned() throws SQLException {
    if (!decides || !table.isDowned(name(Cluster.get(system).selfUniqueAddress()))) return false;
    LOG.error("{}: not acquired: this node was downed by the others", this);
    return true;
  }

  /** Whoever was a member while this node owned the lease, and is none any more. */
  private void writeDown() throws SQLException {
    if (!decides) return;
    var cluster = Cluster.get(system);
    var now = new HashSet<String>();
    for (Member member : cluster.state().getMembers()) {
      if (!member.status().equals(MemberStatus.down())) now.add(name(member.uniqueAddress()));
    }
    if (!now.contains(name(cluster.selfUniqueAddress()))) return; // it does not judge others now
    counted.addAll(now);
    var gone = new HashSet<>(counted);
    gone.removeAll(now);
    if (gone.isEmpty()) return;
    table.downed(gone);
    counted.removeAll(gone);
  }

  private static String name(UniqueAddress node) {
    return node.address().hostPort() + "#" + Long.toHexString(node.longUid());
  }

  /** First those are written down that it has cost their membership, then others may have it. */
  private void giveUp() throws SQLException {
    if (owned != 0 && table.renew(owned)) writeDown();
    table.release();
    disown();
  }

  private void disown() {
    owned = 0;
    counted.clear();
  }

  /** Nobody waits any more for what may have been granted: it stands in nobody's way. */
  private void undo() {
    forget();
    try {
      table.release();
      disown();
    } catch (SQLException e) {
      LOG.info("{}: not given back: {}; it ends by itself", this, e.getMessage());
    }
  }

  private synchronized void granted(
      long version, long asked, Consumer<Optional<Throwable>> onLost) {
    grant = version;
    lost = onLost;
    believe(asked);
  }

  private synchronized void believe(long asked) {
    trouble = null;
    believedUntilNanos = asked + lastsNanos;
    believed = true;
    if (!watched) watchFor(lastsNanos);
  }

  private synchronized boolean forget() {
    boolean had = grant != 0;
    grant = 0;
    believed = false;
    lost = reason -> {};
    return had;
  }

  private synchronized long grant() {
    return grant;
  }

  private void renew() {
    long version = grant();
    if (version == 0) return;
    long asked = System.nanoTime();
    try {
      if (table.renew(version)) {
        synchronized (this) {
          if (grant == version) believe(asked);
        }
        writeDown();
      } else {
        overtaken(version);
      }
    } catch (SQLException e) {
      synchronized (this) {
        if (trouble == null) LOG.warn("{}: not renewed: {}", this, e.getMessage());
        trouble = e;
      }
    } catch (RuntimeException e) {
      LOG.error("{}: not renewed", this, e); // and the next one is tried
    }
  }

  private void overtaken(long version) {
    disown();
    Consumer<Optional<Throwable>> tell;
    synchronized (this) {
      if (grant != version) return;
      tell = believed ? lost : reason -> {}; // who was told is not told twice
      forget();
    }
    String what = "%s: grant %d was overtaken by another owner".formatted(this, version);
    LOG.error("{}{}", what, decides ? "; this node leaves, the other one has decided" : "");
    tell(tell, new LeaseException(what));
    if (decides) {
      var cluster = Cluster.get(system);
      cluster.down(cluster.selfAddress());
    }
  }

  private void tell(Consumer<Optional<Throwable>> whom, Throwable why) {
    try {
      watch.execute(() -> whom.accept(Optional.of(why)));
    } catch (RejectedExecutionException e) {
      LOG.debug("{}: the node has ended", this);
    }
  }

  // On the watch thread.

  private synchronized void watchFor(long nanos) {
    watched = true;
    try {
      watch.schedule(this::look, nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("{}: the node has ended", this);
    }
  }

  private void look() {
    Consumer<Optional<Throwable>> tell;
    Throwable why;
    synchronized (this) {
      watched = false;
      if (!believed) return;
      long left = believedUntilNanos - System.nanoTime();
      if (left > 0) {
        watchFor(left);
        return;
      }
      believed = false;
      tell = lost;
      why =
          new LeaseException(
              "%s: not renewed within %s%s; it may be another one's now"
                  .formatted(
                      this,
                      Duration.ofNanos(lastsNanos),
                      trouble == null ? "" : ": " + trouble.getMessage()));
    }
    LOG.warn("{}", why.getMessage());
    tell.accept(Optional.of(why));
  }

  @Override
  public String toString() {
    return "lease %s of %s at %s".formatted(settings.leaseName(), owner, place.address());
  }
}
