package tandem.robot.schedule;

import com.typesafe.config.ConfigFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import tandem.twin.robot.TwinRules;

/**
 * Seeded schedules of twin and guard together. One seed is one schedule, the same on every machine;
 * {@link #replay} tells it line by line.
 */
public final class AuthoritySchedules {
  /** Of one schedule; the last 9 s are without faults. */
  public static final int VIRTUAL_SECONDS = 29;

  private static final int CHUNK = 64;
  private static final TwinRules RULES =
      TwinRules.from(
          ConfigFactory.parseResources(TwinRules.class.getClassLoader(), "reference.conf")
              .withOnlyPath("tandem.twin.rules")
              .resolve());

  private AuthoritySchedules() {}

  /** A broken promise: the seed repeats it. */
  public record Violation(long seed, long atMillis, String what) {}

  /**
   * What a run found.
   *
   * @param requests that reached the guard
   * @param applied commands and held setpoints that moved the robot
   * @param takes of leases that became complete
   * @param faults that were brought about
   * @param digest over everything that was applied, in order: equal for equal seeds
   */
  public record Report(
      int schedules,
      long requests,
      long applied,
      long takes,
      long faults,
      String digest,
      List<Violation> violations) {}

  private record Played(
      long requests,
      long applied,
      long takes,
      long faults,
      long digest,
      List<Violation> violations) {}

  /** Runs guard and twin as they are under {@code count} schedules, from a seed on. */
  public static Report run(long firstSeed, int count, int threads) {
    return run(firstSeed, count, threads, AuthorityMutation.NONE);
  }

  /**
   * The same.
   *
   * @param progress told how many schedules have been played so far, now and then, on any thread
   */
  public static Report run(long firstSeed, int count, int threads, IntConsumer progress) {
    return run(firstSeed, count, threads, AuthorityMutation.NONE, progress);
  }

  static Report run(long firstSeed, int count, int threads, AuthorityMutation mutation) {
    return run(firstSeed, count, threads, mutation, played -> {});
  }

  private static Report run(
      long firstSeed, int count, int threads, AuthorityMutation mutation, IntConsumer progress) {
    long requests = 0;
    long applied = 0;
    long takes = 0;
    long faults = 0;
    long digest = 1;
    List<Violation> violations = new ArrayList<>();
    var done = new AtomicInteger();
    var chunks = new ArrayList<Callable<List<Played>>>();
    for (int from = 0; from < count; from += CHUNK) {
      long first = firstSeed + from;
      int many = Math.min(CHUNK, count - from);
      chunks.add(
          () -> {
            var played = new ArrayList<Played>(many);
            for (int i = 0; i < many; i++) played.add(play(first + i, mutation, null));
            progress.accept(done.addAndGet(many));
            return played;
          });
    }
    for (List<Played> chunk : inParallel(threads, chunks)) {
      for (Played one : chunk) {
        requests += one.requests();
        applied += one.applied();
        takes += one.takes();
        faults += one.faults();
        digest = 31 * digest + one.digest();
        violations.addAll(one.violations());
      }
    }
    return new Report(
        count, requests, applied, takes, faults, "%016x".formatted(digest), violations);
  }

  /** The first seed under which something broken is found out; empty where none of them does. */
  public static Optional<Violation> caught(AuthorityMutation mutation, long firstSeed, int atMost) {
    for (int i = 0; i < atMost; i++) {
      List<Violation> found = play(firstSeed + i, mutation, null).violations();
      if (!found.isEmpty()) return Optional.of(found.getFirst());
    }
    return Optional.empty();
  }

  /** The same for every mutation there is, in their order. */
  public static Map<AuthorityMutation, Optional<Violation>> caught(
      long firstSeed, int atMost, int threads) {
    List<AuthorityMutation> all = AuthorityMutation.all();
    var searches = new ArrayList<Callable<Optional<Violation>>>();
    for (AuthorityMutation one : all) searches.add(() -> caught(one, firstSeed, atMost));
    List<Optional<Violation>> found = inParallel(threads, searches);
    var caught = new LinkedHashMap<AuthorityMutation, Optional<Violation>>();
    for (int i = 0; i < all.size(); i++) caught.put(all.get(i), found.get(i));
    return caught;
  }

  /** Results in the order of the tasks. */
  private static <T> List<T> inParallel(int threads, List<Callable<T>> tasks) {
    try (var pool =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().daemon().name("tandem-schedules-", 0).factory())) {
      var results = new ArrayList<T>(tasks.size());
      for (Future<T> one : pool.invokeAll(tasks)) results.add(one.get());
      return results;
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(failed.getCause());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("schedules were interrupted", interrupted);
    }
  }

  /** Plays one seed and tells what happens, a line each. */
  public static Report replay(long seed, Consumer<String> line) {
    Played one = play(seed, AuthorityMutation.NONE, line);
    return new Report(
        1,
        one.requests(),
        one.applied(),
        one.takes(),
        one.faults(),
        "%016x".formatted(31 + one.digest()),
        one.violations());
  }

  private static Played play(long seed, AuthorityMutation mutation, Consumer<String> line) {
    var schedule = new Schedule(seed, VIRTUAL_SECONDS * 1_000_000_000L, RULES, mutation, line);
    schedule.play();
    var oracle = schedule.oracle();
    return new Played(
        schedule.requests(),
        oracle.applied(),
        oracle.takes(),
        schedule.faults(),
        oracle.digest(),
        oracle.violations());
  }
}
