package tandem.robot.guard;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import tandem.proto.v1.RobotProfile;

/**
 * The guard's files on a thread of their own: a disk that hangs holds up neither tick nor stop. Of
 * states that wait only the newest is written. Thread-safe; nothing but {@link #close} waits for
 * the disk.
 */
final class GuardDisk implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(GuardDisk.class.getName());
  private static final long END_SECONDS = 5;

  private final GuardStore store;
  private final GuardLog log;
  private final Path profileFile;
  private final Consumer<GuardInput.Stored> stored;
  private final Runnable logged;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition wanted = lock.newCondition();
  private final Thread thread = Thread.ofPlatform().name("guard-disk").unstarted(this::run);
  private GuardEffect.Store state;
  private RobotProfile profile;
  private boolean flush;
  private boolean sync;
  private boolean ending;

  /**
   * @param stored how a write of the state ended; on the thread of the disk
   * @param logged something of the log was written; on the thread of the disk
   */
  GuardDisk(
      GuardStore store,
      GuardLog log,
      Path profileFile,
      Consumer<GuardInput.Stored> stored,
      Runnable logged) {
    this.store = store;
    this.log = log;
    this.profileFile = profileFile;
    this.stored = stored;
    this.logged = logged;
  }

  void start() {
    thread.start();
  }

  void store(GuardEffect.Store next) {
    want(() -> state = next);
  }

  void keep(RobotProfile next) {
    want(() -> profile = next);
  }

  /**
   * Writes what was appended to the log.
   *
   * @param force and makes it survive a power cut
   */
  void writeLog(boolean force) {
    want(
        () -> {
          flush = true;
          sync |= force;
        });
  }

  private void want(Runnable change) {
    lock.lock();
    try {
      change.run();
      wanted.signal();
    } finally {
      lock.unlock();
    }
  }

  private record Work(GuardEffect.Store state, RobotProfile profile, boolean flush, boolean sync) {}

  /** The next work; null at the end, when there is none any more. */
  private Work take() {
    lock.lock();
    try {
      while (state == null && profile == null && !flush) {
        if (ending) {
          return null;
        }
        wanted.awaitUninterruptibly();
      }
      Work work = new Work(state, profile, flush, sync);
      state = null;
      profile = null;
      flush = false;
      sync = false;
      return work;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    for (Work work = take(); work != null; work = take()) {
      if (work.state() != null) {
        stored.accept(write(work.state()));
      }
      if (work.profile() != null) {
        write(work.profile());
      }
      if (work.flush()) {
        if (work.sync()) {
          log.sync();
        } else {
          log.flush();
        }
        logged.run();
      }
    }
  }

  private GuardInput.Stored write(GuardEffect.Store of) {
    try {
      store.write(of.memory());
      return new GuardInput.Stored(of.number(), true, "");
    } catch (IOException refused) {
      LOG.log(System.Logger.Level.ERROR, "state not stored: {0}", refused.getMessage());
      return new GuardInput.Stored(of.number(), false, String.valueOf(refused.getMessage()));
    }
  }

  private void write(RobotProfile of) {
    try {
      GuardKey.write(
          profileFile.getParent(), profileFile.getFileName().toString(), of.toByteArray());
    } catch (IOException refused) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0}: not stored ({1}); it holds until this guard ends",
          profileFile,
          refused.getMessage());
    }
  }

  /** Writes what is wanted still, for at most 5 s, and closes the files. */
  @Override
  public void close() throws IOException {
    want(() -> ending = true);
    try {
      if (!thread.join(Duration.ofSeconds(END_SECONDS))) {
        throw new IOException("the disk has not answered for " + END_SECONDS + " s");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    log.close();
    store.close();
  }
}
