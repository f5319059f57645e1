package tandem.twin.telemetry;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.Behavior;
import akka.actor.typed.BehaviorInterceptor;
import akka.actor.typed.TypedActorContext;
import akka.actor.typed.javadsl.Adapter;
import akka.actor.typed.javadsl.Behaviors;
import java.util.List;

/**
 * Makes actors visible: path, kind, mailbox, processed, rate, handling time, restarts, last
 * failure. Thread-safe.
 */
public final class Telemetry {
  /**
   * The behavior with its handling times, starts and failures noted. To be put inside of {@code
   * Behaviors.supervise}, else failures that lead to a restart are not seen.
   *
   * @param kind what the actor is, as {@code SensorStream}
   */
  public static <T> Behavior<T> watched(String kind, Behavior<T> behavior) {
    return Behaviors.intercept(() -> new Watch<>(kind), behavior);
  }

  /** All actors of the system with the counting mailbox or a watched behavior, by path. */
  public static List<ActorView> actors(ActorSystem<?> system) {
    return ActorBook.of(Adapter.toClassic(system)).views();
  }

  private static final class Watch<T> extends BehaviorInterceptor<T, T> {
    private final String kind;
    private ActorStats stats;

    @SuppressWarnings("unchecked")
    Watch(String kind) {
      super((Class<T>) Object.class);
      this.kind = kind;
    }

    @Override
    public Behavior<T> aroundStart(TypedActorContext<T> context, PreStartTarget<T> target) {
      var java = context.asJava();
      stats = ActorBook.of(Adapter.toClassic(java.getSystem())).find(java.getSelf().path());
      stats.started(kind);
      try {
        return target.start(context);
      } catch (RuntimeException failure) {
        stats.failed(failure);
        throw failure;
      }
    }

    @Override
    public Behavior<T> aroundReceive(
        TypedActorContext<T> context, T message, ReceiveTarget<T> target) {
      long start = System.nanoTime();
      try {
        return target.apply(context, message);
      } catch (RuntimeException failure) {
        stats.failed(failure);
        throw failure;
      } finally {
        stats.handled(start, System.nanoTime());
      }
    }
  }

  private Telemetry() {}
}
