package tandem.deploy.node;

import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends this process in order when its parent is gone, however that came: kill -9 leaves no other
 * word. The process id and its start time together name the parent, so that a reused id is no
 * parent.
 */
public final class ParentWatch {
  private static final Logger LOG = LoggerFactory.getLogger(ParentWatch.class);

  private ParentWatch() {}

  /**
   * Watches; {@code onGone} runs once, on a thread of its own (at once where it is gone already).
   */
  public static void watch(long pid, Runnable onGone) {
    Optional<ProcessHandle> parent = ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
    if (parent.isEmpty()) {
      Thread.ofPlatform().name("parent-gone").start(onGone);
      return;
    }
    parent
        .get()
        .onExit()
        .thenRunAsync(
            () -> {
              LOG.warn("parent process {} is gone: ending", pid);
              onGone.run();
            },
            task -> Thread.ofPlatform().name("parent-gone").start(task));
  }
}
