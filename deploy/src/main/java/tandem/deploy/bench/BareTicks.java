package tandem.deploy.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;

/**
 * The control beside a guard: its process without its work. The guard's flags and scheduling, its
 * wait and its period, and nothing done in a tick: how late these ticks are is the machine's share.
 *
 * <p>The process answers each line on its stdin with {@code TICKS P9999_MILLIS WORST_MILLIS} (as
 * the guard counts: over its newest ticks, and since its start) and ends with its stdin.
 */
final class BareTicks {
  /** The guard's; a test holds the two together. */
  static final long TICK_NANOS = 20_000_000;

  /** As many as the guard keeps: a minute of them. */
  static final int KEPT = 3_000;

  /**
   * How late the ticks came.
   *
   * @param ticks of how many {@code p9999Millis} is: at most {@link #KEPT}, so it is the worst
   * @param worstMillis since the first tick
   */
  record Lateness(int ticks, double p9999Millis, double worstMillis) {
    String print() {
      return ticks + " " + p9999Millis + " " + worstMillis;
    }

    static Lateness parse(String line) {
      var fields = line.split(" ");
      return new Lateness(
          Integer.parseInt(fields[0]),
          Double.parseDouble(fields[1]),
          Double.parseDouble(fields[2]));
    }
  }

  private final long[] newest = new long[KEPT];
  private long count;
  private long worstNanos;

  void late(long nanos) {
    newest[(int) (count++ % KEPT)] = nanos;
    worstNanos = Math.max(worstNanos, nanos);
  }

  Lateness lateness() {
    int ticks = (int) Math.min(KEPT, count);
    var sorted = Arrays.copyOf(newest, ticks);
    Arrays.sort(sorted);
    int rank = (int) Math.ceil(0.9999 * ticks); // the nearest
    return new Lateness(ticks, ticks == 0 ? 0 : sorted[rank - 1] / 1e6, worstNanos / 1e6);
  }

  /** The process. */
  public static void main(String[] none) throws InterruptedException {
    var questions = new LinkedBlockingDeque<Optional<String>>();
    Thread.ofPlatform().daemon().name("stdin").start(() -> read(questions));
    var ticks = new BareTicks();
    long nextTick = System.nanoTime();
    while (true) {
      long wait = nextTick - System.nanoTime();
      var question = wait > 0 ? questions.poll(wait, TimeUnit.NANOSECONDS) : questions.poll();
      if (question != null) {
        if (question.isEmpty()) return;
        System.out.println(ticks.lateness().print());
      }
      long now = System.nanoTime();
      if (now - nextTick >= 0) {
        ticks.late(now - nextTick);
        nextTick = now + TICK_NANOS;
      }
    }
  }

  private static void read(LinkedBlockingDeque<Optional<String>> questions) {
    try (var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (var line = lines.readLine(); line != null; line = lines.readLine())
        questions.add(Optional.of(line));
    } catch (IOException broken) {
      System.err.println("bare ticks: stdin broke: " + broken.getMessage());
    }
    questions.add(Optional.empty());
  }
}
