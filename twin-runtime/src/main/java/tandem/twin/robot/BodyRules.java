package tandem.twin.robot;

import java.util.Set;
import java.util.TreeMap;
import tandem.proto.event.Event;
import tandem.proto.event.Used;

/** What attitude and height say about the body. Part of one {@link Deciding}. */
final class BodyRules {
  private static final double FALLEN_HEIGHT_SHARE = 0.5;
  private static final double LEAST_STANDING_METERS = 0.3;
  private static final Set<String> NOTHING_SEEN = Set.of("", "unknown");

  private final Deciding d;

  BodyRules(Deciding d) {
    this.d = d;
  }

  void reviewBody() {
    changeBody();
    if (d.state.body().equals("fallen")) endAll();
  }

  /**
   * A body that has fallen is led nowhere: the guard sees a fall by its own measures, or not at
   * all, and a held control would lead the joints on.
   */
  private void endAll() {
    for (CommandRecord open : d.state.openCommands()) {
      d.ends.cancel(open, "tandem", "the body has fallen");
      d.commands.finish(
          new Event.CommandFailed(
              open.id(),
              "tandem.command.fallen",
              "robot %s has fallen: the command was ended".formatted(d.state.robot()),
              null));
    }
  }

  private void changeBody() {
    String found = believedBody();
    if (!found.equals(d.bodySeen)) {
      d.bodySeen = found;
      d.bodyNanos = d.now;
    }
    if (d.bodySeen.equals(d.state.body()) || d.sinceMillis(d.bodyNanos) < d.rules.bodyMillis())
      return;
    var attitude = d.seen.sensed().attitude();
    var values = new TreeMap<String, Double>();
    if (attitude != null) values.put("tiltRad", tilt(attitude));
    if (d.seen.sensed().base() != null) values.put("heightMeters", d.seen.sensed().base().z());
    values.put("standingHeightMeters", d.standingHeight);
    d.emit(
        new Event.BodyChanged(
            d.state.body(),
            d.bodySeen,
            new Used(attitude == null ? d.newestSample() : attitude.origin().at(d.now), values)));
    if (d.bodySeen.equals("fallen")) {
      d.emit(
          new Event.HazardRaised(
              "fallen",
              "error",
              Deciding.text(
                  "%s has fallen: tilt %.2f rad",
                  d.state.robot(), attitude == null ? Double.NaN : tilt(attitude))));
    } else if (d.isUp("fallen")) {
      d.emit(new Event.HazardCleared("fallen", "the body is " + d.bodySeen));
    }
  }

  String believedBody() {
    var attitude = d.seen.sensed().attitude();
    if (attitude == null || attitude.origin().ageMillis(d.now) > d.rules.silenceMillis()) {
      return d.state.body(); // old news change nothing
    }
    double tilt = tilt(attitude);
    var base = d.seen.sensed().base();
    boolean heightKnown =
        base != null
            && Double.isFinite(base.z())
            && base.origin().ageMillis(d.now) <= d.rules.silenceMillis();
    boolean upright = tilt < d.rules.standingTiltRad();
    if (upright && heightKnown) d.standingHeight = Math.max(d.standingHeight, base.z());
    boolean low =
        guardKnows()
            ? d.seen.guard().status().getBody().equals("fallen")
            : heightKnown
                && d.standingHeight > LEAST_STANDING_METERS
                && base.z() < FALLEN_HEIGHT_SHARE * d.standingHeight;
    if (tilt > d.rules.fallenTiltRad() || low) return "fallen";
    return upright ? "standing" : d.state.body();
  }

  /** It sees each sample of the base, and tells stairs from a fall. */
  private boolean guardKnows() {
    var guard = d.seen.guard();
    return guard.isFresh(d.now, d.rules.guardFreshMillis())
        && !NOTHING_SEEN.contains(guard.status().getBody());
  }

  /** Angle between the body's and the world's vertical, rad; NaN where the quaternion is none. */
  static double tilt(Sensed.Attitude a) {
    double norm = a.qx() * a.qx() + a.qy() * a.qy() + a.qz() * a.qz() + a.qw() * a.qw();
    double up = 1 - 2 * (a.qx() * a.qx() + a.qy() * a.qy()) / norm;
    return StrictMath.acos(Math.max(-1, Math.min(1, up)));
  }
}
