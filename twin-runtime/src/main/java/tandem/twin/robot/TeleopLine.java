package tandem.twin.robot;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import tandem.proto.event.Goal;
import tandem.proto.v1.Authority;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.Setpoint;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.TeleopState;
import tandem.proto.v1.TimeToken;
import tandem.proto.v1.VelocityTarget;
import tandem.twin.telemetry.LatencyHistogram;

/**
 * The way of setpoints from whoever holds a control to the guard: no journal, no mailbox. Which
 * streams are open, and under whose authority, is what the twin has decided ({@link #sync}); what
 * is added here is the authority and the speed rule, nothing else. Of one stream one setpoint is
 * under way; a newer one replaces the one that waits; letting go waits for nothing, is never
 * replaced, never narrowed and never too old. Nothing is repeated: a setpoint that gets no answer
 * is over.
 *
 * <p>Streams are known on the node where their twin lives. Thread-safe; never blocks.
 */
public final class TeleopLine {
  private static final long ANSWER_MILLIS = 250;
  private static final long LET_GO_VALID_MILLIS = 2_000;
  private static final double NANOS_PER_MILLI = 1e6;

  /** What a setpoint is refused for on its way; the guard's own codes are counted by the guard. */
  private static final List<String> CODES =
      List.of(
          "tandem.teleop.not-open",
          "tandem.teleop.order",
          "tandem.teleop.let-go",
          "tandem.teleop.kind",
          "tandem.teleop.replaced",
          "tandem.teleop.too-old",
          "tandem.teleop.unrecorded",
          "tandem.guard.absent",
          "tandem.guard.no-answer");

  private record Waiting(TeleopSetpoint setpoint, CompletableFuture<TeleopState> answer) {}

  /** One open stream; guarded by itself. */
  private static final class Stream {
    private final String robot;
    private final String id;
    private final Authority authority;
    private final Goal.Stream goal;
    private long number;
    private boolean letGo;
    private boolean underWay;
    private boolean closed;
    private Waiting waiting;
    private double roundTripMillis;
    private double ageMillis = Double.NaN;
    private double factor = 1;
    private long clamped;
    private long replaced;

    private Stream(String robot, CommandRecord command, long term) {
      this.robot = robot;
      this.id = command.id();
      this.goal = (Goal.Stream) command.goal();
      this.authority = Authority.newBuilder().setTerm(term).setEpoch(command.epoch()).build();
    }
  }

  private final GuardPorts ports;
  private final BiConsumer<String, Setpoint> record;
  private final BiConsumer<String, String> onLetGo;
  private final LongSupplier nanos;
  private final UnaryOperator<CompletableFuture<GuardReply>> bounded;
  private final Map<String, Map<String, Stream>> open = new ConcurrentHashMap<>();
  private final LongAdder offered = new LongAdder();
  private final LongAdder accepted = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final Map<String, LongAdder> refusedAs = new TreeMap<>();
  private final LongAdder letGoByRule = new LongAdder();
  private final LongAdder replaced = new LongAdder();
  private final LongAdder narrowed = new LongAdder();
  private final LongAdder unanswered = new LongAdder();
  private final LatencyHistogram roundTrips = new LatencyHistogram();

  /**
   * @param record takes each setpoint for the recorder before it is sent; must not block; where it
   *     throws, the setpoint is not sent
   * @param onLetGo told robot and command once the guard has taken the setpoint that ends the
   *     stream; must not block
   */
  public TeleopLine(
      GuardPorts ports, BiConsumer<String, Setpoint> record, BiConsumer<String, String> onLetGo) {
    this(
        ports,
        record,
        onLetGo,
        System::nanoTime,
        answer -> answer.orTimeout(ANSWER_MILLIS, TimeUnit.MILLISECONDS));
  }

  TeleopLine(
      GuardPorts ports,
      BiConsumer<String, Setpoint> record,
      BiConsumer<String, String> onLetGo,
      LongSupplier nanos,
      UnaryOperator<CompletableFuture<GuardReply>> bounded) {
    for (String code : CODES) refusedAs.put(code, new LongAdder());
    this.bounded = bounded;
    this.ports = ports;
    this.record = record;
    this.onLetGo = onLetGo;
    this.nanos = nanos;
  }

  /** Opens what the guard has accepted and closes what is over, by the twin's decided state. */
  void sync(TwinState state) {
    var streams = open.get(state.robot());
    if (streams == null) {
      if (state.openCommands().stream().noneMatch(TeleopLine::isOpen)) return;
      streams = open.computeIfAbsent(state.robot(), robot -> new ConcurrentHashMap<>());
    }
    for (Stream stream : streams.values()) {
      if (state.command(stream.id).filter(TeleopLine::isOpen).isEmpty()) close(streams, stream);
    }
    for (CommandRecord command : state.openCommands()) {
      if (!isOpen(command)) continue;
      streams.computeIfAbsent(command.id(), id -> new Stream(state.robot(), command, state.term()));
    }
  }

  /** The twin starts anew: nothing of it is open until it says so. */
  void forget(String robot) {
    var streams = open.remove(robot);
    if (streams != null) streams.values().forEach(stream -> close(streams, stream));
  }

  static boolean isOpen(CommandRecord command) {
    return command.goal() instanceof Goal.Stream
        && !command.phase().isFinal()
        && command.guardAcceptedNanos() > 0;
  }

  private void close(Map<String, Stream> streams, Stream stream) {
    streams.remove(stream.id);
    Waiting unsent;
    synchronized (stream) {
      stream.closed = true;
      unsent = stream.waiting;
      stream.waiting = null;
    }
    if (unsent != null)
      refuse(stream, unsent, "tandem.teleop.not-open", "the stream is over; not sent");
  }

  /** Null where no such stream is open on this node. */
  public TeleopState state(String robot, String commandId) {
    Stream stream = find(robot, commandId);
    return stream == null ? null : view(stream).build();
  }

  private Stream find(String robot, String commandId) {
    var streams = open.get(robot);
    return streams == null ? null : streams.get(commandId);
  }

  private TeleopState.Builder view(Stream stream) {
    var view = TeleopState.newBuilder().setState("executing");
    synchronized (stream) {
      view.setGuardRoundTripMs(stream.roundTripMillis)
          .setSpeedFactor(stream.factor)
          .setClamped(stream.clamped)
          .setReplaced(stream.replaced);
      if (!Double.isNaN(stream.ageMillis)) view.setAgeMs(stream.ageMillis);
    }
    var status = ports.seen(stream.robot).status();
    if (status != null && status.hasToken()) view.setToken(status.getToken());
    return view;
  }

  /**
   * Completes with the guard's answer, or why it was not passed on; null where no such stream is
   * open on this node.
   */
  public CompletionStage<TeleopState> setpoint(
      String robot, String commandId, TeleopSetpoint setpoint) {
    Stream stream = find(robot, commandId);
    if (stream == null) return null;
    offered.increment();
    var mine = new Waiting(setpoint, new CompletableFuture<>());
    String not = null;
    String why = "";
    Waiting unsent = null;
    boolean now = false;
    synchronized (stream) {
      if (stream.closed) {
        not = "tandem.teleop.not-open";
        why = "the stream is over; not sent";
      } else if (setpoint.getNumber() <= stream.number) {
        not = "tandem.teleop.order";
        why = "number: expected above %d; not sent".formatted(stream.number);
      } else if (stream.letGo) {
        not = "tandem.teleop.let-go";
        why = "the control was let go before; a new command is needed; not sent";
      } else if (setpoint.getHeld() && !fits(stream.goal, setpoint)) {
        not = "tandem.teleop.kind";
        why =
            "target: expected %s, found %s; not sent"
                .formatted(stream.goal.goal().getKind(), setpoint.getTargetCase());
      } else {
        stream.number = setpoint.getNumber();
        stream.letGo = !setpoint.getHeld();
        if (stream.letGo && !setpoint.getWhy().isEmpty()) letGoByRule.increment();
        unsent = stream.waiting;
        if (unsent != null) stream.replaced++;
        now = stream.letGo || !stream.underWay;
        stream.waiting = now ? null : mine;
        stream.underWay = true;
      }
    }
    if (not != null) refuse(stream, mine, not, why);
    if (unsent != null) {
      replaced.increment();
      refuse(
          stream,
          unsent,
          "tandem.teleop.replaced",
          "replaced by %d; not sent".formatted(setpoint.getNumber()));
    }
    if (now) send(stream, mine);
    return mine.answer();
  }

  private static boolean fits(Goal.Stream goal, TeleopSetpoint setpoint) {
    return switch (setpoint.getTargetCase()) {
      case VELOCITY -> goal.isVelocity();
      case JOINT -> goal.goal().getKind().equals("joint");
      case REACH -> goal.goal().getKind().equals("reach");
      case TARGET_NOT_SET -> false;
    };
  }

  private void refuse(Stream stream, Waiting one, String code, String why) {
    refused.increment();
    refusedAs.get(code).increment();
    one.answer()
        .complete(
            view(stream)
                .setNumber(one.setpoint().getNumber())
                .setCode(code)
                .setWhy(
                    "setpoint %d of %s: %s".formatted(one.setpoint().getNumber(), stream.id, why))
                .build());
  }

  private void send(Stream stream, Waiting one) {
    GuardPort port = ports.port(stream.robot);
    var seen = ports.seen(stream.robot);
    if (port == null || seen.status() == null) {
      refuse(stream, one, "tandem.guard.absent", "no gateway has a way to the guard; not sent");
      next(stream);
      return;
    }
    TimeToken newest = seen.status().getToken();
    TimeToken told = one.setpoint().getToken();
    double age =
        told.getBootId().equals(newest.getBootId())
            ? newest.getTickMillis() - told.getTickMillis() + seen.ageMillis(nanos.getAsLong())
            : Double.NaN;
    double factor;
    synchronized (stream) {
      stream.ageMillis = age;
      factor = SpeedRule.factor(age, stream.roundTripMillis);
      stream.factor = factor;
    }
    if (one.setpoint().getHeld() && factor == 0) {
      refuse(
          stream,
          one,
          "tandem.teleop.too-old",
          Double.isNaN(age)
              ? "token: expected one of the guard's present boot; not sent"
              : Deciding.text(
                  "what the person sees is %.0f ms old, the way to the guard and back takes %.0f"
                      + " ms; at most %.0f ms are allowed; not sent",
                  age, stream.roundTripMillis, SpeedRule.REFUSED_MILLIS));
      // A slow answer is forgotten, else nothing would ever be sent to measure a faster one.
      synchronized (stream) {
        stream.roundTripMillis = Math.min(stream.roundTripMillis, SpeedRule.REFUSED_MILLIS);
      }
      next(stream);
      return;
    }
    Setpoint setpoint = setpoint(stream.id, stream.authority, one.setpoint(), newest, factor);
    try {
      record.accept(stream.robot, setpoint);
    } catch (RuntimeException e) {
      if (setpoint.getHeld()) {
        refuse(stream, one, "tandem.teleop.unrecorded", e.getMessage() + "; not sent");
        next(stream);
        return;
      }
    }
    if (setpoint.getHeld() && factor < 1) narrowed.increment();
    var request = GuardRequest.newBuilder().setRobot(stream.robot).setSetpoint(setpoint).build();
    long sentNanos = nanos.getAsLong();
    bounded
        .apply(port.request(request).toCompletableFuture().copy())
        .whenComplete(
            (reply, failure) -> {
              long now = nanos.getAsLong();
              if (failure == null) answered(stream, one, reply, now - sentNanos, now);
              else unanswered(stream, one, failure, now - sentNanos);
              next(stream);
            });
  }

  static Setpoint setpoint(
      String commandId, Authority authority, TeleopSetpoint from, TimeToken newest, double factor) {
    var to =
        Setpoint.newBuilder()
            .setCommandId(commandId)
            .setAuthority(authority)
            .setNumber(from.getNumber())
            .setHeld(from.getHeld());
    if (!from.getHeld()) {
      return to.setToken(newest).setValidMillis(LET_GO_VALID_MILLIS).setWhy(from.getWhy()).build();
    }
    to.setToken(from.getToken()).setValidMillis((long) SpeedRule.REFUSED_MILLIS);
    switch (from.getTargetCase()) {
      case VELOCITY -> {
        VelocityTarget v = from.getVelocity();
        to.setVelocity(
            VelocityTarget.newBuilder()
                .setVxMetersPerSec(v.getVxMetersPerSec() * factor)
                .setVyMetersPerSec(v.getVyMetersPerSec() * factor)
                .setWzRadPerSec(v.getWzRadPerSec() * factor));
      }
      case JOINT -> to.setJoint(from.getJoint()).setSpeedShare(factor);
      case REACH -> to.setReach(from.getReach()).setSpeedShare(factor);
      case TARGET_NOT_SET -> throw new IllegalStateException("a held setpoint without a target");
    }
    return to.build();
  }

  private void answered(
      Stream stream, Waiting one, GuardReply reply, long roundTripNanos, long nowNanos) {
    synchronized (roundTrips) {
      roundTrips.record(roundTripNanos, nowNanos);
    }
    synchronized (stream) {
      stream.roundTripMillis = roundTripNanos / NANOS_PER_MILLI;
      if (reply.getStatus().getStream().getCommandId().equals(stream.id)) {
        stream.clamped = reply.getStatus().getStream().getClamped();
      }
    }
    (reply.getAccepted() ? accepted : refused).increment();
    one.answer()
        .complete(
            view(stream)
                .setNumber(one.setpoint().getNumber())
                .setAccepted(reply.getAccepted())
                .setCode(reply.getCode())
                .setWhy(reply.getWhy())
                .build());
    if (reply.getAccepted() && !one.setpoint().getHeld()) onLetGo.accept(stream.robot, stream.id);
  }

  private void unanswered(Stream stream, Waiting one, Throwable failure, long waitedNanos) {
    unanswered.increment();
    synchronized (stream) {
      stream.roundTripMillis = waitedNanos / NANOS_PER_MILLI;
    }
    refuse(
        stream,
        one,
        "tandem.guard.no-answer",
        failure instanceof TimeoutException
            ? "the guard did not answer within %d ms; it is not known whether it took it"
                .formatted(ANSWER_MILLIS)
            : String.valueOf(failure.getMessage()));
  }

  private void next(Stream stream) {
    Waiting next;
    synchronized (stream) {
      next = stream.waiting;
      stream.waiting = null;
      stream.underWay = next != null;
    }
    if (next != null) send(stream, next);
  }

  // Figures

  /** Setpoints that came for an open stream. */
  public long offered() {
    return offered.sum();
  }

  public long accepted() {
    return accepted.sum();
  }

  /** By the guard, or on the way; replaced and unanswered ones are in it. */
  public long refused() {
    return refused.sum();
  }

  /** Codes of {@link #refusedAs}. */
  public static List<String> refusals() {
    return CODES;
  }

  /** Refused on the way, for this reason; a setpoint without an answer is in it. */
  public long refusedAs(String code) {
    return refusedAs.get(code).sum();
  }

  /** Holds that a rule has ended: the pad was unplugged, the page hidden or stalled. */
  public long letGoByRule() {
    return letGoByRule.sum();
  }

  public long replaced() {
    return replaced.sum();
  }

  /** Sent with less speed than asked, for the age of what the person saw. */
  public long narrowed() {
    return narrowed.sum();
  }

  public long unanswered() {
    return unanswered.sum();
  }

  /** Streams open now. */
  public long streams() {
    return open.values().stream().mapToLong(Map::size).sum();
  }

  /** Node to guard and back, ms, over the last ten to twenty seconds; 0 where none was answered. */
  public double roundTripMillis(double quantile) {
    synchronized (roundTrips) {
      return roundTrips.percentileNanos(quantile, nanos.getAsLong()) / NANOS_PER_MILLI;
    }
  }
}
