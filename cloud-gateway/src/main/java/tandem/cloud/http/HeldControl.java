package tandem.cloud.http;

import akka.http.javadsl.model.ws.TextMessage;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import tandem.cloud.operator.Requests;
import tandem.proto.codec.Json;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.TeleopState;
import tandem.twin.Refused;
import tandem.twin.Twins;

/**
 * One connection of a held control: its setpoints go on one at a time, the newest wins.
 *
 * <pre>
 *   text -> setpoint -> [waiting: 1] -> [under way: 1] -> twin, guard -> TeleopState -> text
 * </pre>
 *
 * The control repeats nothing and makes nothing up. When its connection ends, a held setpoint that
 * still waits is forgotten, and none is sent instead: the guard notices that no more come. A let-go
 * that waits is still sent, for the person made it. Thread-safe; never blocks.
 */
final class HeldControl {
  static final int MAX_PER_SECOND = 200;
  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final Set<String> FINAL =
      Set.of("refused", "done", "failed", "cancelled", "expired", "superseded", "unknown");

  final Outbox outbox = new Outbox();
  private final Twins twins;
  private final String robot;
  private final String command;
  private final AtomicBoolean asking = new AtomicBoolean();
  private TeleopSetpoint waiting;
  private boolean underWay;
  private boolean over;
  private boolean letGo;
  private long replaced;
  private long windowNanos = System.nanoTime();
  private int inWindow;

  HeldControl(Twins twins, String robot, String command) {
    this.twins = twins;
    this.robot = robot;
    this.command = command;
  }

  /** A message of the page; one that cannot be meant is answered so and changes nothing. */
  void receive(String text) {
    if (isOver()) return;
    if (!withinRate(System.nanoTime())) {
      end(
          "tandem.teleop.rate",
          "teleop: expected at most %d messages in a second; connection closed, control let go"
              .formatted(MAX_PER_SECOND));
      return;
    }
    try {
      submit(Requests.setpoint(text));
    } catch (Refused refused) {
      tell(refusal(0, refused.code(), refused.getMessage()));
    }
  }

  private synchronized boolean isOver() {
    return over;
  }

  private synchronized boolean withinRate(long nowNanos) {
    if (nowNanos - windowNanos >= SECOND_NANOS) {
      windowNanos = nowNanos;
      inWindow = 0;
    }
    return ++inWindow <= MAX_PER_SECOND;
  }

  private void submit(TeleopSetpoint setpoint) {
    TeleopSetpoint unsent = null;
    boolean afterLetGo = false;
    boolean now = false;
    synchronized (this) {
      if (letGo) {
        afterLetGo = true;
      } else {
        letGo = !setpoint.getHeld();
        if (underWay) {
          unsent = waiting;
          waiting = setpoint;
          if (unsent != null) replaced++;
        } else {
          underWay = true;
          now = true;
        }
      }
    }
    if (afterLetGo) {
      tell(
          refusal(
              setpoint.getNumber(),
              "tandem.teleop.let-go",
              "setpoint %d: the control was let go before; a new command is needed; not passed on"
                  .formatted(setpoint.getNumber())));
    }
    if (unsent != null) {
      tell(
          refusal(
              unsent.getNumber(),
              "tandem.teleop.replaced",
              "setpoint %d: replaced by %d before the one ahead of it was answered; not passed on"
                  .formatted(unsent.getNumber(), setpoint.getNumber())));
    }
    if (now) send(setpoint);
  }

  private void send(TeleopSetpoint setpoint) {
    Answers.guarded(() -> twins.setpoint(robot, command, setpoint))
        .whenComplete(
            (state, failure) -> {
              tell(failure == null ? state : failed(setpoint.getNumber(), failure));
              TeleopSetpoint next;
              synchronized (this) {
                next = over && waiting != null && waiting.getHeld() ? null : waiting;
                waiting = null;
                underWay = next != null;
              }
              if (next != null) send(next);
            });
  }

  /** Tells the page what holds now, with the newest token; closes once the command is over. */
  void tick() {
    if (isOver() || !asking.compareAndSet(false, true)) return;
    Answers.guarded(() -> twins.teleop(robot, command))
        .whenComplete(
            (state, failure) -> {
              asking.set(false);
              if (failure != null) {
                var error = Answers.error(failure);
                TeleopState told = failed(0, failure);
                if (error.status().intValue() == 404) end(told.getCode(), told.getWhy());
                else tell(told);
              } else if (FINAL.contains(state.getState())) {
                tell(state);
                close();
              } else {
                outbox.view("state", () -> text(state));
              }
            });
  }

  /** Says why, and closes once that is sent. */
  void end(String code, String why) {
    tell(refusal(0, code, why));
    close();
  }

  private void close() {
    gone();
    outbox.finish();
  }

  /** The connection has ended. */
  synchronized void gone() {
    over = true;
    if (waiting != null && waiting.getHeld()) waiting = null;
  }

  private void tell(TeleopState state) {
    outbox.answer(text(state));
  }

  private TextMessage text(TeleopState state) {
    long here;
    synchronized (this) {
      here = replaced;
    }
    return TextMessage.create(
        Json.print(state.toBuilder().setReplaced(state.getReplaced() + here)));
  }

  private static TeleopState failed(long number, Throwable failure) {
    var error = Answers.error(failure).view();
    return refusal(number, error.getCode(), error.getError());
  }

  private static TeleopState refusal(long number, String code, String why) {
    return TeleopState.newBuilder().setNumber(number).setCode(code).setWhy(why).build();
  }
}
