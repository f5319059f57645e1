package tandem.deploy.drill;

import java.net.http.WebSocket;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import tandem.deploy.client.Api;
import tandem.proto.codec.Json;
import tandem.proto.v1.CommandRequest;
import tandem.proto.v1.StreamGoal;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.TeleopState;
import tandem.proto.v1.TimeToken;

/**
 * A person's hand on a stick, 20 times a second, through the API. {@link #freeze} is a person who
 * lapses: nothing more is said and the connection stays. Thread-safe.
 */
public final class HeldControl implements AutoCloseable {
  private static final long PERIOD_MILLIS = 50;

  private final ScheduledExecutorService hand = Executors.newSingleThreadScheduledExecutor();
  private final AtomicReference<TeleopState> told = new AtomicReference<>();
  private final AtomicReference<TimeToken> newest = new AtomicReference<>();
  private final AtomicReference<TimeToken> stalled = new AtomicReference<>();
  private final AtomicLong number = new AtomicLong();
  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicReference<String> why = new AtomicReference<>("");
  private final Map<String, Object> command;
  private final Api api;
  private final String robot;
  private volatile WebSocket socket;
  private Runnable speaking = () -> {};
  private volatile long lastNanos;
  private volatile boolean frozen;
  private volatile boolean closed;

  /**
   * Opens the stream; it is refused where {@link #open} says so.
   *
   * @param kind velocity, joint or reach
   */
  public HeldControl(Api api, String robot, String by, String kind) {
    this(api, robot, by, kind, 0);
  }

  /**
   * As the other.
   *
   * @param lapseMillis without a setpoint for so long the guard brings the robot to rest; 0: the
   *     guard's default
   */
  public HeldControl(Api api, String robot, String by, String kind, int lapseMillis) {
    this.api = api;
    this.robot = robot;
    command =
        Stage.object(
            api.post(
                "/api/twins/" + robot + "/commands",
                Json.print(
                    CommandRequest.newBuilder()
                        .setRobot(robot)
                        .setBy(by)
                        .setExpiresSeconds(2)
                        .setStream(
                            StreamGoal.newBuilder().setKind(kind).setLapseMillis(lapseMillis)))));
    if (open()) connect();
  }

  private void connect() {
    socket =
        api.socket(
            "/api/teleop?robot=" + Api.escape(robot) + "&command=" + Api.escape(id()), new Ear());
  }

  /** Whether the command was taken. */
  public boolean open() {
    return "sent".equals(command.get("state")) || "executing".equals(command.get("state"));
  }

  /** As the API answered. */
  public Map<String, Object> command() {
    return command;
  }

  public String id() {
    return String.valueOf(command.get("id"));
  }

  private final class Ear implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        var state = Json.parse(text.toString(), TeleopState.newBuilder()).build();
        text.setLength(0);
        told.set(state);
        if (state.hasToken()) newest.set(state.getToken());
        if (state.getAccepted()) accepted.incrementAndGet();
        boolean replaced = state.getCode().equals("tandem.teleop.replaced");
        if (state.getNumber() > 0 && !state.getAccepted() && !replaced) {
          refused.incrementAndGet();
          why.set(state.getCode() + ": " + state.getWhy());
        }
      }
      from.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
      closed = true;
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      closed = true;
      why.set("connection lost: " + error);
    }
  }

  /** Holds from now on; the target is read for each setpoint, with seconds since this call. */
  public void hold(Function<Double, TeleopSetpoint.Builder> target) {
    long from = System.nanoTime();
    speaking =
        () -> {
          var token = newest.get();
          if (frozen || token == null) return;
          var before = stalled.getAndSet(null);
          try {
            say(
                target.apply((System.nanoTime() - from) / 1e9).setHeld(true),
                before == null ? token : before);
          } catch (RuntimeException e) {
            why.set("not said: " + e); // the next reading of the control is as good
          }
        };
    hand.scheduleAtFixedRate(speaking, 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
  }

  private synchronized void say(TeleopSetpoint.Builder setpoint, TimeToken token) {
    lastNanos = System.nanoTime();
    socket
        .sendText(Json.print(setpoint.setNumber(number.incrementAndGet()).setToken(token)), true)
        .orTimeout(1, TimeUnit.SECONDS)
        .join();
  }

  /** Says nothing more; gives the instant of the last word. */
  public long freeze() {
    frozen = true;
    stalled.set(newest.get());
    synchronized (this) {
      return lastNanos;
    }
  }

  /** Lets go in order. */
  public void letGo() {
    frozen = true;
    var token = newest.get();
    if (token != null) say(TeleopSetpoint.newBuilder().setHeld(false), token);
  }

  /**
   * Goes on as a page that stalled and wakes up, its control still held: the same command, the next
   * numbers, the first word with the token of when it stalled. A connection that the node has
   * closed is opened again for that command.
   */
  void goOn() {
    if (closed) {
      closed = false;
      connect();
    }
    frozen = false;
    hand.execute(speaking); // before the node closes this connection, too
  }

  /** Setpoints said so far. */
  public long said() {
    return number.get();
  }

  /** Setpoints that the guard took. */
  long accepted() {
    return accepted.get();
  }

  /** Setpoints refused for another reason than a newer one. */
  public long refused() {
    return refused.get();
  }

  /** Setpoints that the guard took, but brought inside the limits. */
  public long clamped() {
    var state = told.get();
    return state == null ? 0 : state.getClamped();
  }

  /** Why the newest was refused. */
  public String why() {
    return why.get();
  }

  /** Whether the command was told to be over. */
  boolean hasEnded() {
    var state = state();
    return !state.isEmpty() && !state.equals("sent") && !state.equals("executing");
  }

  /** The node has closed the connection, or it is lost: nothing that is said arrives. */
  public boolean closed() {
    return closed;
  }

  /** What was last told, with or without being asked; null before the first. */
  public TeleopState told() {
    return told.get();
  }

  /** State of the command as it was last told. */
  public String state() {
    var state = told.get();
    return state == null ? "" : state.getState();
  }

  @Override
  public void close() {
    hand.shutdownNow();
    if (socket != null) socket.abort();
  }
}
