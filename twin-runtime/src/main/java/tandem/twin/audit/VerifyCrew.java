package tandem.twin.audit;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import tandem.twin.journal.JournalReader;

/**
 * The threads of one verification. Robots are shared out among as many as there may be, each with a
 * reader of its own; what is found stands in the order of the robots. One thread: the caller does
 * everything, in that order, with the one reader. For one caller.
 */
final class VerifyCrew implements AutoCloseable {
  /** What is asked of each. */
  interface Question<T, R> {
    R ask(JournalReader reader, T about);
  }

  private final int threads;
  private final ExecutorService lanes;
  private final ExecutorService helpers;
  private final RowsAhead rows;

  VerifyCrew(int threads) {
    this.threads = threads;
    boolean alone = threads <= 1;
    lanes = alone ? null : Executors.newCachedThreadPool(named("tandem-audit"));
    helpers = alone ? null : Executors.newFixedThreadPool(threads, named("tandem-audit-opener"));
    rows = new RowsAhead(helpers);
  }

  private static java.util.concurrent.ThreadFactory named(String name) {
    return Thread.ofPlatform().daemon().name(name + "-", 0).factory();
  }

  RowsAhead rows() {
    return rows;
  }

  /**
   * Asks now where there is a thread and a second reader for it, else when the answer is wanted.
   */
  <R> Supplier<R> beside(JournalReader open, Function<JournalReader, R> question) {
    if (threads <= 1) return () -> question.apply(open);
    JournalReader second;
    try {
      second = open.another();
    } catch (SQLException noMore) {
      return () -> question.apply(open);
    }
    Future<R> answer =
        lanes.submit(
            () -> {
              try (second) {
                return question.apply(second);
              }
            });
    return () -> get(answer);
  }

  /** Answers in the order of what was asked about. */
  <T, R> List<R> each(JournalReader open, List<T> all, Question<T, R> question) {
    var answers = new ArrayList<CompletableFuture<R>>();
    for (int i = 0; i < all.size(); i++) answers.add(new CompletableFuture<>());
    var next = new AtomicInteger();
    var others = new ArrayList<Future<?>>();
    for (int lane = 1; lane < Math.min(threads, all.size()); lane++) {
      others.add(
          lanes.submit(
              () -> {
                try (JournalReader reader = open.another()) {
                  lane(reader, all, question, next, answers);
                } catch (SQLException noMore) {
                  // the other lanes take its share
                }
              }));
    }
    try {
      lane(open, all, question, next, answers);
    } finally {
      next.set(all.size());
      for (Future<?> other : others) get(other);
    }
    return answers.stream().map(VerifyCrew::get).toList();
  }

  private static <T, R> void lane(
      JournalReader reader,
      List<T> all,
      Question<T, R> question,
      AtomicInteger next,
      List<CompletableFuture<R>> answers) {
    for (int i = next.getAndIncrement(); i < all.size(); i = next.getAndIncrement()) {
      try {
        answers.get(i).complete(question.ask(reader, all.get(i)));
      } catch (RuntimeException | Error e) {
        answers.get(i).completeExceptionally(e);
      }
    }
  }

  private static <R> R get(Future<R> answer) {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException failed -> throw failed;
        case Error failed -> throw failed;
        default -> throw new IllegalStateException(e.getCause());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted; the journal was not verified to its end");
    }
  }

  @Override
  public void close() {
    if (threads <= 1) return;
    lanes.shutdown();
    helpers.shutdown();
  }
}
