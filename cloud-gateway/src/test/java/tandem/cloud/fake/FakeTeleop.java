package tandem.cloud.fake;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.TeleopState;
import tandem.proto.v1.TimeToken;
import tandem.twin.Refused;

/**
 * Streams judged as the guard judges them: numbers rise, a token is of this boot and at most 2 s
 * old, motion is permitted; done 100 ms after letting go, failed when nothing held came for 260 ms
 * after the first. What is accepted goes to the body. Thread-safe.
 */
public final class FakeTeleop {
  private static final String BOOT = "00112233445566778899aabbccddeeff";
  private static final int TICK_MILLIS = 20;
  private static final int LET_GO_TICKS = 5;
  private static final int TOKEN_MILLIS = 2_000;

  /** What moves, and when it may. Called with this object's lock held. */
  interface Moved {
    /** Why motion is refused now; empty: it is permitted. */
    Optional<String> refusal();

    /** A newer target; the one before is over. */
    void follow(TeleopSetpoint setpoint);

    /** Comes to rest; state and why are those of the command. */
    void ended(String state, String why);
  }

  private static final class Stream {
    private final Moved moved;
    private final List<TeleopSetpoint> taken = new ArrayList<>();
    private String state = "executing";
    private String why = "";
    private long heardTick;
    private long lastNumber;

    private Stream(Moved moved) {
      this.moved = moved;
    }
  }

  private record Held(
      TeleopState answer, String id, long dueTick, CompletableFuture<TeleopState> to) {}

  private final Map<String, Stream> streams = new LinkedHashMap<>();
  private final List<Held> unanswered = new ArrayList<>();
  private boolean answering = true;
  private int lateTicks;
  private int lapseTicks = 13;
  private long ticks;

  synchronized TimeToken now() {
    return TimeToken.newBuilder().setBootId(BOOT).setTickMillis(ticks * TICK_MILLIS).build();
  }

  synchronized void open(String id, Moved moved) {
    streams.put(id, new Stream(moved));
  }

  /** What reached the stream, in order, refused ones included. */
  public synchronized List<TeleopSetpoint> taken(String id) {
    return List.copyOf(streams.get(id).taken);
  }

  /** Setpoints stay unanswered (or all that wait are answered now). */
  public void answering(boolean now) {
    List<Held> due;
    synchronized (this) {
      answering = now;
      due = now ? due(Long.MAX_VALUE) : List.of();
    }
    for (Held held : due) held.to().complete(held.answer()); // outside the lock: asks for more
  }

  /** Answers come so much later, as over a slow link. */
  public synchronized void late(int millis) {
    lateTicks = millis / TICK_MILLIS;
  }

  /** Streams lapse after so long without a held setpoint. */
  public synchronized void lapse(int millis) {
    lapseTicks = millis / TICK_MILLIS;
  }

  synchronized CompletionStage<TeleopState> setpoint(String id, TeleopSetpoint setpoint) {
    Stream stream = streams.get(id);
    if (stream == null) return unknown(id);
    var answer = view(stream).setNumber(setpoint.getNumber());
    if (!stream.state.equals("executing")) {
      return CompletableFuture.completedFuture(
          answer
              .setCode("tandem.teleop.not-open")
              .setWhy("stream %s is %s: %s".formatted(id, stream.state, stream.why))
              .build());
    }
    stream.taken.add(setpoint);
    var refusal = judge(stream, setpoint);
    stream.lastNumber = Math.max(stream.lastNumber, setpoint.getNumber());
    if (refusal.isPresent()) {
      answer.setCode("tandem.guard.refused").setWhy(refusal.get());
    } else {
      stream.heardTick = ticks;
      stream.moved.follow(setpoint);
      answer.setAccepted(true);
    }
    var to = new CompletableFuture<TeleopState>();
    if (answering && lateTicks == 0) to.complete(answer.build());
    else unanswered.add(new Held(answer.build(), id, ticks + lateTicks, to));
    return to;
  }

  private Optional<String> judge(Stream stream, TeleopSetpoint setpoint) {
    if (setpoint.getNumber() <= stream.lastNumber)
      return Optional.of(
          "setpoint number: expected above %d, found %d; not applied"
              .formatted(stream.lastNumber, setpoint.getNumber()));
    if (setpoint.hasToken()) {
      var token = setpoint.getToken();
      long age = ticks * TICK_MILLIS - token.getTickMillis();
      if (!token.getBootId().equals(BOOT) || age < 0 || age > TOKEN_MILLIS)
        return Optional.of("time token: %d ms old; not applied".formatted(age));
    }
    return setpoint.getHeld() ? stream.moved.refusal() : Optional.empty();
  }

  synchronized CompletionStage<TeleopState> state(String id) {
    Stream stream = streams.get(id);
    return stream == null ? unknown(id) : CompletableFuture.completedFuture(view(stream).build());
  }

  /** Ends every open stream: a stop, a take. */
  synchronized void endAll(String state, Supplier<String> why) {
    for (Stream stream : streams.values())
      if (stream.state.equals("executing")) end(stream, state, why.get());
  }

  private void end(Stream stream, String state, String why) {
    stream.state = state;
    stream.why = why;
    stream.moved.ended(state, why);
  }

  private TeleopState.Builder view(Stream stream) {
    return TeleopState.newBuilder()
        .setToken(now())
        .setGuardRoundTripMs(1.5)
        .setSpeedFactor(1)
        .setWhy(stream.why)
        .setState(stream.state);
  }

  synchronized void tick() {
    ticks++;
    if (answering) for (Held held : due(ticks)) held.to().complete(held.answer());
    for (Stream stream : streams.values()) {
      if (!stream.state.equals("executing") || stream.taken.isEmpty()) continue;
      boolean held = stream.taken.getLast().getHeld();
      long silent = ticks - stream.heardTick;
      if (held ? silent <= lapseTicks : silent <= LET_GO_TICKS) continue;
      if (held)
        end(
            stream,
            "failed",
            "no held setpoint for %d ms; brought to rest".formatted(lapseTicks * TICK_MILLIS));
      else end(stream, "done", "");
    }
  }

  private List<Held> due(long tick) {
    var due = unanswered.stream().filter(held -> held.dueTick() <= tick).toList();
    unanswered.removeAll(due);
    return due;
  }

  private static CompletionStage<TeleopState> unknown(String id) {
    return CompletableFuture.failedFuture(
        new Refused("tandem.command.unknown", "no command " + id));
  }
}
