package tandem.cloud.http;

import akka.http.javadsl.model.ws.Message;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What one live client has still to be sent: bounded, and never in the way of whoever fills it.
 *
 * <p>Answers go in order, at most {@link #MAX_ANSWERS} waiting; more means that the client does not
 * read, and the outbox says so. Views have a key: a newer view of the same key replaces the one
 * still waiting, which is counted. A message is made when it is taken, so that the age in it is the
 * age at sending. Thread-safe; nothing blocks.
 */
final class Outbox {
  static final int MAX_ANSWERS = 256;
  private static final int MAX_VIEWS = 256;
  private final ArrayDeque<Message> answers = new ArrayDeque<>();
  private final Map<String, Supplier<Message>> views = new LinkedHashMap<>();
  private Runnable wake = () -> {};
  private boolean asleep;
  private boolean ended;
  private boolean finishing;
  private long replaced;

  /** Keeps order; false when the client has stopped reading and is to be dropped. */
  boolean answer(Message message) {
    Runnable toWake;
    synchronized (this) {
      if (ended || finishing) return false;
      if (answers.size() < MAX_ANSWERS) answers.add(message);
      else ended = true;
      toWake = waking();
    }
    toWake.run();
    return !ended();
  }

  /** The connection is to be closed; nothing more is sent. */
  void end() {
    Runnable toWake;
    synchronized (this) {
      ended = true;
      toWake = wake;
    }
    toWake.run();
  }

  /** The connection is to be closed once what waits has been taken; nothing is added. */
  void finish() {
    Runnable toWake;
    synchronized (this) {
      finishing = true;
      toWake = wake;
    }
    toWake.run();
  }

  synchronized boolean ended() {
    return ended || finishing && answers.isEmpty() && views.isEmpty();
  }

  /** Newest wins. A key beyond the bound is counted as replaced and not kept. */
  void view(String key, Supplier<Message> maker) {
    Runnable toWake;
    synchronized (this) {
      if (finishing) return;
      if (views.containsKey(key)) replaced++;
      else if (views.size() >= MAX_VIEWS) {
        replaced++;
        return;
      }
      views.put(key, maker);
      toWake = waking();
    }
    toWake.run();
  }

  /** Forgets views of the keys that begin so. */
  synchronized void forget(String prefix) {
    views.keySet().removeIf(key -> key.startsWith(prefix));
  }

  /** The next message, or null; then {@code wake} is run once when there is one again. */
  Message take() {
    Supplier<Message> maker;
    synchronized (this) {
      if (!answers.isEmpty()) return answers.poll();
      Iterator<Supplier<Message>> oldest = views.values().iterator();
      if (!oldest.hasNext()) {
        asleep = true;
        return null;
      }
      maker = oldest.next();
      oldest.remove();
    }
    return maker.get();
  }

  /** Views that a newer one replaced before they were taken. */
  synchronized long replaced() {
    return replaced;
  }

  synchronized void onWake(Runnable action) {
    wake = action;
  }

  private Runnable waking() {
    if (!asleep) return () -> {};
    asleep = false;
    return wake;
  }
}
