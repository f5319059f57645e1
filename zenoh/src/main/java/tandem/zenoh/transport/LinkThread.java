package tandem.zenoh.transport;

import java.util.ArrayList;

/**
 * A thread that receives. What it causes to be sent is written when it has worked through all that
 * one read brought, so that many small messages leave with one write.
 */
final class LinkThread extends Thread {
  private final ArrayList<Outbox> touched = new ArrayList<>();

  LinkThread(Runnable work, String name) {
    super(null, work, name, 0, false);
    setDaemon(true);
  }

  /** Remembers to flush this outbox after the present read. */
  void defer(Outbox outbox) {
    if (outbox.deferredBy == this) return;
    for (int i = 0; i < touched.size(); i++) if (touched.get(i) == outbox) return;
    outbox.deferredBy = this;
    touched.add(outbox);
  }

  void flushDeferred() {
    if (touched.isEmpty()) return;
    for (int i = 0; i < touched.size(); i++) {
      var outbox = touched.get(i);
      outbox.deferredBy = null;
      outbox.flush();
    }
    touched.clear();
  }
}
