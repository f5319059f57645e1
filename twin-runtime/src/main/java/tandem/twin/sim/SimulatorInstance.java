package tandem.twin.sim;

import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicReference;
import tandem.proto.v1.SimulatorView;
import tandem.twin.telemetry.Telemetry;

/**
 * The actor of one simulator.
 *
 * <pre>
 *   stopped --Start--> starting --Started--> running --Stop--> stopping --Stopped--> stopped
 *                         |                     |
 *                         +---- Failed ---------+---> failed --Retry, Start--> starting
 * </pre>
 *
 * A simulation that failed is started again after 1 s, then 2 s, up to 30 s; a person's stop ends
 * that. Starting and stopping block and therefore happen outside of the actor, one at a time.
 */
final class SimulatorInstance extends AbstractBehavior<SimulatorInstance.Command> {
  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final Duration LONGEST_RETRY = Duration.ofSeconds(30);

  sealed interface Command {}

  record Start(CompletableFuture<SimulatorView> done) implements Command {}

  record Stop(CompletableFuture<SimulatorView> done) implements Command {}

  /**
   * @param run number of the start it belongs to; those of earlier runs do not count
   */
  private record Progress(long run, double realTimeFactor, long steps, double clockSeconds)
      implements Command {}

  private record Started(long run) implements Command {}

  private record Failed(long run, String why) implements Command {}

  private record Stopped(long run, String why) implements Command {}

  private enum Retry implements Command {
    RETRY
  }

  private enum State {
    STOPPED,
    STARTING,
    RUNNING,
    STOPPING,
    FAILED
  }

  private final SimulatorControl control;
  private final AtomicReference<SimulatorView> view;
  private final TimerScheduler<Command> timers;
  private final ExecutorService blocking;
  private State state = State.STOPPED;
  private long run;
  private Duration retryAfter = FIRST_RETRY;
  private CompletableFuture<SimulatorView> waiting;
  private boolean stopWanted;

  /**
   * @param view updated here, read by anybody
   * @param blocking runs starts and stops in the order given
   */
  static Behavior<Command> create(
      SimulatorControl control, AtomicReference<SimulatorView> view, ExecutorService blocking) {
    return Behaviors.supervise(
            Telemetry.watched(
                "SimulatorInstance",
                Behaviors.<Command>setup(
                    context ->
                        Behaviors.withTimers(
                            timers ->
                                new SimulatorInstance(context, control, view, timers, blocking)))))
        .onFailure(SupervisorStrategy.restart());
  }

  private SimulatorInstance(
      ActorContext<Command> context,
      SimulatorControl control,
      AtomicReference<SimulatorView> view,
      TimerScheduler<Command> timers,
      ExecutorService blocking) {
    super(context);
    this.control = control;
    this.view = view;
    this.timers = timers;
    this.blocking = blocking;
    become(State.STOPPED, "");
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Start.class, this::start)
        .onMessage(Stop.class, this::stop)
        .onMessage(Progress.class, this::progress)
        .onMessage(Started.class, this::started)
        .onMessage(Failed.class, this::failed)
        .onMessage(Stopped.class, this::stopped)
        .onMessageEquals(Retry.RETRY, this::retry)
        .onSignal(PostStop.class, signal -> ended())
        .build();
  }

  private Behavior<Command> start(Start start) {
    stopWanted = false;
    switch (state) {
      case RUNNING -> start.done.complete(view.get());
      case STARTING, STOPPING -> wait(start.done);
      case STOPPED, FAILED -> {
        wait(start.done);
        retryAfter = FIRST_RETRY;
        begin();
      }
    }
    return this;
  }

  private Behavior<Command> stop(Stop stop) {
    stopWanted = true;
    timers.cancel(Retry.RETRY);
    switch (state) {
      case STOPPED -> stop.done.complete(view.get());
      case FAILED -> {
        become(State.STOPPED, "");
        stop.done.complete(view.get());
      }
      case STARTING, STOPPING -> wait(stop.done);
      case RUNNING -> {
        wait(stop.done);
        end();
      }
    }
    return this;
  }

  private void wait(CompletableFuture<SimulatorView> done) {
    if (waiting != null) {
      waiting.complete(view.get()); // a later wish is the one that counts
    }
    waiting = done;
  }

  private void begin() {
    run++;
    become(State.STARTING, "");
    long mine = run;
    var self = getContext().getSelf();
    var reports =
        new SimulatorControl.Reports() {
          @Override
          public void progress(double realTimeFactor, long steps, double clockSeconds) {
            self.tell(new Progress(mine, realTimeFactor, steps, clockSeconds));
          }

          @Override
          public void failed(String why) {
            self.tell(new Failed(mine, why));
          }
        };
    blocking.execute(
        () -> {
          try {
            control.start(reports);
            self.tell(new Started(mine));
          } catch (Exception | LinkageError failure) {
            self.tell(new Failed(mine, "not started: " + failure));
          }
        });
  }

  private void end() {
    become(State.STOPPING, "");
    long mine = run;
    var self = getContext().getSelf();
    blocking.execute(
        () -> {
          String why = "";
          try {
            control.stop();
          } catch (Exception | LinkageError failure) {
            why = "stopped with: " + failure;
          }
          self.tell(new Stopped(mine, why));
        });
  }

  private Behavior<Command> progress(Progress progress) {
    if (progress.run == run && (state == State.RUNNING || state == State.STARTING)) {
      view.updateAndGet(
          old ->
              old.toBuilder()
                  .setRealTimeFactor(progress.realTimeFactor)
                  .setSteps(progress.steps)
                  .setClock(progress.clockSeconds)
                  .build());
    }
    return this;
  }

  private Behavior<Command> started(Started started) {
    if (started.run != run || state != State.STARTING) {
      return this;
    }
    retryAfter = FIRST_RETRY;
    become(State.RUNNING, "");
    if (stopWanted) {
      end();
    } else {
      answer();
    }
    return this;
  }

  private Behavior<Command> failed(Failed failed) {
    if (failed.run != run || state == State.STOPPED || state == State.STOPPING) {
      return this;
    }
    getContext().getLog().warn("simulator {}: {}", view.get().getId(), failed.why);
    become(stopWanted ? State.STOPPED : State.FAILED, failed.why);
    answer();
    if (!stopWanted) {
      timers.startSingleTimer(Retry.RETRY, Retry.RETRY, retryAfter);
      retryAfter =
          retryAfter.multipliedBy(2).compareTo(LONGEST_RETRY) < 0
              ? retryAfter.multipliedBy(2)
              : LONGEST_RETRY;
    }
    return this;
  }

  private Behavior<Command> stopped(Stopped stopped) {
    if (stopped.run != run || state != State.STOPPING) {
      return this;
    }
    become(State.STOPPED, stopped.why);
    if (stopWanted) {
      answer();
    } else {
      begin();
    }
    return this;
  }

  private Behavior<Command> retry() {
    if (state == State.FAILED && !stopWanted) {
      begin();
    }
    return this;
  }

  /** The actor goes: so does what it runs. */
  private Behavior<Command> ended() {
    if ((state == State.RUNNING || state == State.STARTING) && !blocking.isShutdown()) {
      end();
    }
    return this;
  }

  private void become(State next, String why) {
    state = next;
    String shown =
        switch (next) {
          case RUNNING -> "running";
          case FAILED -> "failed";
          case STARTING -> "starting";
          case STOPPED, STOPPING -> "stopped";
        };
    view.updateAndGet(
        old -> {
          var changed = old.toBuilder().setState(shown).setWhy(why);
          return (next == State.RUNNING ? changed : changed.setRealTimeFactor(0)).build();
        });
  }

  private void answer() {
    if (waiting != null) {
      waiting.complete(view.get());
      waiting = null;
    }
  }
}
