package tandem.zenoh;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** What a callback was given, to be waited for. */
public final class Heard<T> implements Consumer<T> {
  private static final long PATIENCE_SECONDS = 30;
  private final List<T> all = new ArrayList<>();

  @Override
  public synchronized void accept(T one) {
    all.add(one);
    notifyAll();
  }

  public synchronized List<T> all() {
    return List.copyOf(all);
  }

  public synchronized T await(String what, Predicate<T> wanted) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    int next = 0;
    while (true) {
      for (; next < all.size(); next++) if (wanted.test(all.get(next))) return all.get(next);
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) throw new AssertionError("waited for " + what + "; heard " + all);
      try {
        wait(left);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  public synchronized List<T> await(int count) {
    await("as many as " + count, one -> all.size() >= count);
    return List.copyOf(all);
  }

  /** Waits for a condition that nothing announces. */
  public static void until(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    var pause = new Object();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) throw new AssertionError("waited for " + what);
      synchronized (pause) {
        try {
          pause.wait(5);
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    }
  }

  /** Answers of one get. */
  public static final class Answers implements Replies {
    public final Heard<Reply> replies = new Heard<>();
    public final Heard<Boolean> done = new Heard<>();

    @Override
    public void reply(Reply reply) {
      replies.accept(reply);
    }

    @Override
    public void done(boolean timedOut) {
      done.accept(timedOut);
    }

    /** All replies; fails if it does not end, or not as said. */
    public List<Reply> end(boolean timedOut) {
      boolean how = done.await(1).getFirst();
      if (how != timedOut) throw new AssertionError("done(" + how + ") after " + replies.all());
      return replies.all();
    }

    public List<String> texts() {
      return end(false).stream()
          .map(
              r ->
                  switch (r) {
                    case Reply.Value v -> new String(v.sample().payload());
                    case Reply.Failure f -> "error " + new String(f.payload());
                  })
          .toList();
    }
  }
}
