package tandem.cloud.fake;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.TeleopState;
import tandem.proto.v1.TimeToken;
import tandem.twin.Refused;

/**
 * Streams that take every setpoint at once and end as the guard would end them: done 100 ms after
 * letting go, failed when nothing held came for 250 ms after the first. Thread-safe.
 */
public final class FakeTeleop {
  private static final int LET_GO_TICKS = 5;
  private static final int LAPSE_TICKS = 13;

  private static final class Stream {
    private final Consumer<String> onEnd;
    private final List<TeleopSetpoint> taken = new ArrayList<>();
    private String state = "executing";
    private long heardTick;

    private Stream(Consumer<String> onEnd) {
      this.onEnd = onEnd;
    }
  }

  private record Held(TeleopSetpoint setpoint, String id, CompletableFuture<TeleopState> answer) {}

  private final Map<String, Stream> streams = new LinkedHashMap<>();
  private final List<Held> unanswered = new ArrayList<>();
  private boolean answering = true;
  private long ticks;

  synchronized void open(String id, Consumer<String> onEnd) {
    streams.put(id, new Stream(onEnd));
  }

  /** What reached the stream, in order. */
  public synchronized List<TeleopSetpoint> taken(String id) {
    return List.copyOf(streams.get(id).taken);
  }

  /** Setpoints stay unanswered (or all that wait are answered now). */
  public synchronized void answering(boolean now) {
    answering = now;
    if (!now) return;
    for (Held held : List.copyOf(unanswered)) held.answer.complete(accepted(held));
    unanswered.clear();
  }

  private TeleopState accepted(Held held) {
    return view(streams.get(held.id))
        .setNumber(held.setpoint.getNumber())
        .setAccepted(true)
        .build();
  }

  synchronized CompletionStage<TeleopState> setpoint(String id, TeleopSetpoint setpoint) {
    Stream stream = streams.get(id);
    if (stream == null) return unknown(id);
    if (!stream.state.equals("executing")) {
      return CompletableFuture.completedFuture(
          view(stream)
              .setNumber(setpoint.getNumber())
              .setCode("tandem.teleop.not-open")
              .setWhy("stream %s is %s".formatted(id, stream.state))
              .build());
    }
    stream.taken.add(setpoint);
    stream.heardTick = ticks;
    var held = new Held(setpoint, id, new CompletableFuture<>());
    if (answering) held.answer.complete(accepted(held));
    else unanswered.add(held);
    return held.answer;
  }

  synchronized CompletionStage<TeleopState> state(String id) {
    Stream stream = streams.get(id);
    return stream == null ? unknown(id) : CompletableFuture.completedFuture(view(stream).build());
  }

  private TeleopState.Builder view(Stream stream) {
    return TeleopState.newBuilder()
        .setToken(
            TimeToken.newBuilder()
                .setBootId("00112233445566778899aabbccddeeff")
                .setTickMillis(ticks * 20))
        .setGuardRoundTripMs(1.5)
        .setSpeedFactor(1)
        .setState(stream.state);
  }

  synchronized void tick() {
    ticks++;
    for (Stream stream : streams.values()) {
      if (!stream.state.equals("executing") || stream.taken.isEmpty()) continue;
      boolean held = stream.taken.getLast().getHeld();
      long silent = ticks - stream.heardTick;
      if (held ? silent <= LAPSE_TICKS : silent <= LET_GO_TICKS) continue;
      stream.state = held ? "failed" : "done";
      stream.onEnd.accept(stream.state);
    }
  }

  private static CompletionStage<TeleopState> unknown(String id) {
    return CompletableFuture.failedFuture(
        new Refused("tandem.command.unknown", "no command " + id));
  }
}
