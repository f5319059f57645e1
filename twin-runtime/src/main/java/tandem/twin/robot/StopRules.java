package tandem.twin.robot;

import java.util.TreeMap;
import tandem.proto.command.TwinCommand;
import tandem.proto.event.Event;
import tandem.proto.event.Used;

/** The stop and its release. Part of one {@link Deciding}. */
final class StopRules {
  private static final long STOP_REPEAT_MILLIS = 50;

  private final Deciding d;

  StopRules(Deciding d) {
    this.d = d;
  }

  void stop(TwinCommand.Stop c) {
    if (!d.state.stop().latched() || !d.state.stop().requestId().equals(c.requestId())) {
      if (d.state.stop().latched()) {
        d.emit(
            new Event.OperatorAction(
                c.by(),
                "stop",
                "again, while the stop by %s holds: %s".formatted(d.state.stop().by(), c.why())));
      } else {
        d.emit(new Event.StopRequested(c.requestId(), c.by(), c.why(), c.atNanos()));
        d.stopNanos = d.now;
        d.stopSentNanos = d.now;
        d.stillNanos = Tracking.NEVER;
      }
    }
    endAll(c.by(), c.why());
  }

  /** An answer that overtook its stop says neither who nor why: the stop itself will, and does. */
  void answered(TwinCommand.StopAnswered c) {
    var stop = d.state.stop();
    if (stop.latched() && stop.requestId().equals(c.requestId())) latched("", "", "reply");
  }

  void latched(String by, String why, String seenIn) {
    if (d.state.stop().latched() && d.state.stop().confirmed()) return;
    if (!d.state.stop().latched()) {
      d.stopNanos = d.now;
      d.stillNanos = Tracking.NEVER;
    }
    boolean ours = by.isEmpty();
    d.emit(
        new Event.StopLatched(
            ours ? d.state.stop().by() : by, ours ? d.state.stop().why() : why, seenIn));
    endAll(d.state.stop().by(), d.state.stop().why());
  }

  /** One that the stop overtakes on its way does not start after the release. */
  private void endAll(String by, String why) {
    for (CommandRecord open : d.state.openCommands()) {
      d.ends.cancel(open, by, "stop: " + why);
      d.commands.finish(new Event.CommandCancelled(open.id(), by, "stop: " + why));
    }
  }

  void releaseStop(TwinCommand.ReleaseStop c) {
    if (c.reason().isBlank()) {
      d.refuse("tandem.stop.no-reason", "releasing a stop needs a reason; it stays latched");
      return;
    }
    boolean atGuard =
        d.seen.guard().isFresh(d.now, d.rules.guardFreshMillis())
            && d.seen.guard().status().getStopLatched();
    if (!d.state.stop().latched() && !atGuard) return;
    if (!d.seen.guard().isFresh(d.now, d.rules.guardFreshMillis())) {
      d.refuse(
          "tandem.guard.absent",
          "the guard of %s was not heard within %d ms; the stop stays latched"
              .formatted(d.state.robot(), d.rules.guardFreshMillis()));
      return;
    }
    var status = d.seen.guard().status();
    d.effects.add(
        new Effect.Release(
            c.by(),
            c.reason(),
            d.state.stop().latched() ? d.state.stop().requestId() : "",
            status.getToken(),
            status.getStopNumber()));
    d.answer = new Decision.Answer.WhenReleased();
  }

  void releaseAnswered(TwinCommand.ReleaseAnswered c) {
    if (c.accepted()) {
      released(c.by(), c.reason());
    } else {
      d.refuse(c.code(), "the stop stays latched: " + c.why());
    }
  }

  void released(String by, String reason) {
    if (!d.state.stop().latched()) return;
    d.emit(new Event.StopReleased(by, reason));
    d.stopNanos = Tracking.NEVER;
    d.stillNanos = Tracking.NEVER;
  }

  void reviewStop() {
    var guard = d.seen.guard();
    boolean fresh = guard.isFresh(d.now, d.rules.guardFreshMillis());
    if (fresh && guard.status().getStopLatched()) {
      latched(guard.status().getStopBy(), guard.status().getStopWhy(), "status");
    }
    var stop = d.state.stop();
    if (!stop.latched()) return;
    if (!stop.confirmed()) {
      if (guard.reachable() && d.sinceMillis(d.stopSentNanos) >= STOP_REPEAT_MILLIS) {
        d.stopSentNanos = d.now;
        d.atOnce.add(new Effect.Stop(stop.requestId(), stop.by(), stop.why()));
      }
      return; // still joints of a robot that was never told are not the effect of its stop
    }
    var joints = d.seen.sensed().joints();
    if (stop.inEffect() || joints == null || joints.velocitiesRadPerSec().length == 0) return;
    if (d.stopNanos == Tracking.NEVER) d.stopNanos = d.now; // latched before this incarnation
    if (joints.origin().receivedNanos() < d.stopNanos) return;
    double fastest = 0;
    for (double v : joints.velocitiesRadPerSec()) fastest = Math.max(fastest, Math.abs(v));
    double base = d.rest.baseMetersPerSec();
    if (!(fastest < d.rules.stillRadPerSec()) || base >= RestRules.BASE_METERS_PER_SEC) {
      d.stillNanos = Tracking.NEVER;
      return;
    }
    if (d.stillNanos == Tracking.NEVER) d.stillNanos = joints.origin().receivedNanos();
    if (joints.origin().receivedNanos() - d.stillNanos < d.rules.stillMillis() * 1_000_000) return;
    var values = new TreeMap<String, Double>();
    values.put("fastestRadPerSec", fastest);
    if (!Double.isNaN(base)) values.put("baseMetersPerSec", base);
    d.emit(
        new Event.StopInEffect(
            (d.stillNanos - d.stopNanos) / Deciding.NANOS_PER_MILLI,
            new Used(joints.origin().at(d.now), values)));
  }
}
