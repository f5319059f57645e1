package tandem.cloud.http;

import akka.NotUsed;
import akka.actor.Cancellable;
import akka.actor.typed.ActorSystem;
import akka.http.javadsl.model.ws.Message;
import akka.stream.javadsl.Flow;
import akka.stream.javadsl.Keep;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import tandem.twin.Twins;

/**
 * The connections of held controls, each of which ends for itself alone: what is binary, longer
 * than {@link #MAX_SETPOINT_CHARS} or too much is answered with the reason, then closed, and the
 * control counts as let go.
 */
final class TeleopHub {
  static final int MAX_SETPOINT_CHARS = 8192;
  static final int MAX_CONTROLS = 32;
  private static final Duration TELL_EVERY = Duration.ofMillis(100);

  private final ActorSystem<?> system;
  private final Twins twins;
  private final Set<HeldControl> controls = ConcurrentHashMap.newKeySet();
  private final Cancellable ticking;

  TeleopHub(ActorSystem<?> system, Twins twins) {
    this.system = system;
    this.twins = twins;
    ticking =
        system
            .scheduler()
            .scheduleAtFixedRate(
                TELL_EVERY,
                TELL_EVERY,
                () -> controls.forEach(HeldControl::tick),
                system.executionContext());
  }

  /** The two directions of a new connection; empty when there are too many. */
  Optional<Flow<Message, Message, NotUsed>> connect(String robot, String command) {
    if (controls.size() >= MAX_CONTROLS) return Optional.empty();
    var control = new HeldControl(twins, robot, command);
    var in =
        Flow.<Message>create()
            .mapAsync(1, message -> text(control, message))
            .map(
                text -> {
                  text.ifPresent(control::receive);
                  return NotUsed.getInstance();
                })
            .to(Sink.ignore());
    var out =
        Source.fromGraph(
                new OutboxSource(
                    control.outbox,
                    () -> {
                      controls.remove(control);
                      control.gone();
                    }))
            .mapMaterializedValue(
                started -> {
                  controls.add(control);
                  control.tick();
                  return started;
                });
    return Optional.of(Flow.fromSinkAndSourceCoupledMat(in, out, Keep.right()));
  }

  int count() {
    return controls.size();
  }

  void stop() {
    ticking.cancel();
    for (var control : controls) control.outbox.end();
  }

  /** Empty for what is no setpoint; the page has then been told. */
  private CompletionStage<Optional<String>> text(HeldControl control, Message message) {
    if (!message.isText()) {
      control.end(
          "tandem.request.type",
          "teleop: expected text, found a binary message; connection closed, control let go");
      message.asBinaryMessage().getStreamedData().runWith(Sink.ignore(), system);
      return CompletableFuture.completedFuture(Optional.empty());
    }
    var text = message.asTextMessage();
    if (text.isStrict()) {
      return CompletableFuture.completedFuture(bounded(control, text.getStrictText()));
    }
    return text.getStreamedText()
        .runFold(
            new StringBuilder(),
            (kept, part) -> {
              int room = MAX_SETPOINT_CHARS + 1 - kept.length();
              kept.append(part, 0, Math.min(part.length(), room));
              if (room > 0 && kept.length() > MAX_SETPOINT_CHARS) bounded(control, kept.toString());
              return kept;
            },
            system)
        .thenApply(whole -> bounded(control, whole.toString()));
  }

  private static Optional<String> bounded(HeldControl control, String text) {
    if (text.length() <= MAX_SETPOINT_CHARS) return Optional.of(text);
    control.end(
        "tandem.request.size",
        "teleop: expected at most %d characters, found more; connection closed, control let go"
            .formatted(MAX_SETPOINT_CHARS));
    return Optional.empty();
  }
}
