package tandem.twin.robot;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import tandem.proto.body.Pose;
import tandem.proto.v1.AlarmView;
import tandem.proto.v1.CommandTimes;
import tandem.proto.v1.CommandView;
import tandem.proto.v1.DreamDifferenceView;
import tandem.proto.v1.EvidenceView;
import tandem.proto.v1.HazardView;
import tandem.proto.v1.JointsView;
import tandem.proto.v1.LeaseView;
import tandem.proto.v1.LeaseWishView;
import tandem.proto.v1.OriginView;
import tandem.proto.v1.PartLeaseView;
import tandem.proto.v1.QuaternionView;
import tandem.proto.v1.StopView;
import tandem.proto.v1.TwinView;
import tandem.proto.v1.Vector3View;
import tandem.twin.robot.Observation.GuardSeen;
import tandem.twin.robot.TwinState.Lease;

/** Decided and sensed state as the API shows them. Pure. */
public final class TwinViews {
  private static final long GUARD_FRESH_MILLIS = 1_000;
  private static final Set<String> SEEN_BY_THE_GUARD = Set.of("walking", "lifted", "gantry");

  private TwinViews() {}

  /**
   * The twin with its newest values and their ages.
   *
   * @param digest of the state
   * @param nowNanos monotonic
   */
  public static TwinView twin(
      TwinState state,
      String digest,
      Sensed sensed,
      GuardSeen guard,
      Map<Long, LeasePulse> pulses,
      long nowNanos) {
    var view =
        TwinView.newBuilder()
            .setRobot(state.robot())
            .setSite(state.owner())
            .setHome(true)
            .setTerm(state.term())
            .setSequence(state.sequence())
            .setMode(state.mode().text())
            .setLease(lease(state, guard, pulses, nowNanos))
            .setStop(stop(state, guard))
            .setDigest(digest)
            .setBody(body(state, guard, nowNanos))
            .setDream(state.isDream())
            .setGuardPath(
                guard.status() == null || !guard.reachable() ? "none" : guard.status().getPath());
    if (guard.status() != null) {
      view.putAllGuardCounters(guard.status().getCountersMap())
          .setGuardVersion(guard.status().getVersion())
          .addAllGuardZids(guard.status().getZidsList());
      if (guard.status().hasFeedback()) view.setFeedback(guard.status().getFeedback());
    }
    if (state.isDream()) view.setDreamOf(state.contact().dreamOf());
    state.alarms().values().forEach(a -> view.addHazards(hazard(a)));
    sensed(view, sensed, nowNanos);
    return view.build();
  }

  /** What the twin says; of a body that stands the guard, which sees feet and base, tells more. */
  private static String body(TwinState state, GuardSeen guard, long nowNanos) {
    if (!state.body().equals("standing") || !guard.isFresh(nowNanos, GUARD_FRESH_MILLIS)) {
      return state.body();
    }
    String seen = guard.status().getBody();
    return SEEN_BY_THE_GUARD.contains(seen) ? seen : state.body();
  }

  /** Adds sensed values, ages and origins. */
  public static void sensed(TwinView.Builder view, Sensed sensed, long nowNanos) {
    if (sensed.newestNanos() != Long.MIN_VALUE) {
      view.setAgeMs(Math.max(0, nowNanos - sensed.newestNanos()) / 1e6);
    }
    var joints = sensed.joints();
    if (joints != null) {
      view.setJoints(
          JointsView.newBuilder()
              .addAllNames(joints.names())
              .addAllPositionsRad(list(joints.positionsRad()))
              .addAllVelocitiesRadPerSec(list(joints.velocitiesRadPerSec()))
              .addAllEffortsNm(list(joints.effortsNm())));
      view.addOrigins(origin(joints.origin(), nowNanos));
      view.setAgeMs(joints.origin().ageMillis(nowNanos));
    }
    var attitude = sensed.attitude();
    if (attitude != null) {
      view.setOrientation(
          QuaternionView.newBuilder()
              .setX(attitude.qx())
              .setY(attitude.qy())
              .setZ(attitude.qz())
              .setW(attitude.qw()));
      view.addOrigins(origin(attitude.origin(), nowNanos));
    }
    var base = sensed.base();
    if (base != null) {
      view.setPosition(Vector3View.newBuilder().setX(base.x()).setY(base.y()).setZ(base.z()));
      if (attitude == null) {
        view.setOrientation(
            QuaternionView.newBuilder()
                .setX(base.qx())
                .setY(base.qy())
                .setZ(base.qz())
                .setW(base.qw()));
      }
      view.addOrigins(origin(base.origin(), nowNanos));
    }
  }

  /** How far a dream's body is from its robot's; empty joints where they share none. */
  public static DreamDifferenceView difference(
      String robot, Sensed dream, Sensed real, long nowNanos) {
    var view = DreamDifferenceView.newBuilder().setRobot(robot);
    double ageMillis = 0;
    if (dream.joints() != null && real.joints() != null) {
      var there = Permit.positions(real.joints());
      double squares = 0;
      int shared = 0;
      for (var here : Permit.positions(dream.joints()).entrySet()) {
        Double other = there.get(here.getKey());
        if (other == null) continue;
        double off = Math.abs(here.getValue() - other);
        squares += off * off;
        shared++;
        if (off >= view.getJointMaxRad()) {
          view.setJointMaxRad(off).setWorstJoint(here.getKey());
        }
      }
      if (shared > 0) view.setJointRmsRad(StrictMath.sqrt(squares / shared));
      ageMillis =
          Math.max(
              dream.joints().origin().ageMillis(nowNanos),
              real.joints().origin().ageMillis(nowNanos));
    }
    if (dream.base() != null && real.base() != null) {
      var a = pose(dream.base());
      var b = pose(real.base());
      view.setBaseDistanceMeters(a.distanceTo(b)).setBaseAngleRad(a.angleTo(b));
    }
    return view.setAgeMs(ageMillis).build();
  }

  private static Pose pose(Sensed.BasePose p) {
    return new Pose(p.x(), p.y(), p.z(), p.qx(), p.qy(), p.qz(), p.qw());
  }

  private static List<Double> list(double[] values) {
    return java.util.Arrays.stream(values).boxed().toList();
  }

  private static OriginView origin(Sensed.Origin o, long nowNanos) {
    return OriginView.newBuilder()
        .setTopic(o.topic())
        .setSequence(Math.max(0, o.sequence()))
        .setStampBy(o.stampBy())
        .setAgeMs(o.ageMillis(nowNanos))
        .build();
  }

  /**
   * Holder null where nobody holds it; then epoch is the highest ever offered. Where parts are held
   * apart, holder, part and epoch are those of the first; {@code parts} has them all.
   *
   * @param pulses by epoch; what is not in it has no age
   */
  public static LeaseView lease(
      TwinState state, GuardSeen guard, Map<Long, LeasePulse> pulses, long nowNanos) {
    var view = LeaseView.newBuilder().setTerm(state.term());
    for (Lease lease : state.leases().values()) {
      view.addParts(part(lease, pulses.get(lease.epoch()), nowNanos));
    }
    for (var wish : state.wishes()) {
      view.addWishes(
          LeaseWishView.newBuilder()
              .setBy(wish.by())
              .setPart(wish.part())
              .setReason(wish.reason())
              .setSince(Times.iso(wish.sinceNanos())));
    }
    if (state.lease() != null) {
      var first = part(state.lease(), pulses.get(state.lease().epoch()), nowNanos);
      view.setHolder(first.getHolder()).setPart(first.getPart()).setEpoch(first.getEpoch());
      if (first.hasExpiresInMs()) view.setExpiresInMs(first.getExpiresInMs());
    } else {
      view.setPart(Parts.BODY).setEpoch(state.highestEpoch());
    }
    if (guard.status() != null) {
      view.setGuardTerm(guard.status().getHighestSeen().getTerm())
          .setGuardEpoch(guard.status().getHighestSeen().getEpoch())
          .setGuardSeenMs(guard.ageMillis(nowNanos))
          .setGuardToken(guard.status().getToken());
    }
    return view.build();
  }

  private static PartLeaseView part(Lease lease, LeasePulse pulse, long nowNanos) {
    var view =
        PartLeaseView.newBuilder()
            .setPart(lease.part())
            .setHolder(lease.holder())
            .setEpoch(lease.epoch());
    if (pulse == null) return view.build();
    double age = Math.max(0, nowNanos - pulse.renewedNanos()) / 1e6;
    view.setKeepAliveAgeMs(age);
    if (lease.isForATime()) view.setExpiresInMs(Math.max(0, lease.forMillis() - age));
    return view.build();
  }

  /** Latched where the twin has decided it or the guard says so; confirmed only by the guard. */
  public static StopView stop(TwinState state, GuardSeen guard) {
    var stop = state.stop();
    var view = StopView.newBuilder().setLatched(stop.latched());
    if (stop.latched()) {
      return view.setBy(stop.by())
          .setWhy(stop.why())
          .setSince(Times.iso(stop.sinceNanos()))
          .setConfirmed(stop.confirmed())
          .setInEffect(stop.confirmed() && stop.inEffect())
          .build();
    }
    var status = guard.status();
    if (status != null && status.getStopLatched()) {
      view.setLatched(true)
          .setConfirmed(true)
          .setBy(status.getStopBy())
          .setWhy(status.getStopWhy());
    }
    return view.build();
  }

  private static HazardView hazard(TwinState.Alarm a) {
    var view =
        HazardView.newBuilder()
            .setKind(a.kind())
            .setSeverity(a.severity())
            .setSince(Times.iso(a.firstNanos()))
            .setText(a.text());
    if (!a.isUp()) view.setUntil(Times.iso(a.clearedNanos()));
    return view.build();
  }

  /** Raised and cleared, newest first. */
  public static List<AlarmView> alarms(TwinState state) {
    return state.alarms().values().stream()
        .sorted((a, b) -> Long.compare(b.lastNanos(), a.lastNanos()))
        .map(
            a ->
                AlarmView.newBuilder()
                    .setRobot(state.robot())
                    .setKind(a.kind())
                    .setSeverity(a.severity())
                    .setFirst(Times.iso(a.firstNanos()))
                    .setLast(Times.iso(a.lastNanos()))
                    .setCount(a.count())
                    .setCleared(!a.isUp())
                    .setText(a.text())
                    .build())
        .toList();
  }

  public static CommandView command(String robot, CommandRecord c) {
    var view =
        CommandView.newBuilder()
            .setId(c.id())
            .setState(c.phase().text())
            .setTimes(times(c))
            .setRobot(robot)
            .setBy(c.by())
            .setForm(c.goal().form().toLowerCase(Locale.ROOT));
    if (!c.why().isEmpty()) view.setWhy(c.why());
    if (!c.code().isEmpty()) view.setCode(c.code());
    if (c.acceptedNanos() > 0 && c.guardAcceptedNanos() > 0) {
      view.setAcceptToGuardMs(Math.max(0, c.guardAcceptedNanos() - c.acceptedNanos()) / 1e6);
    }
    var e = c.evidence();
    if (e != null) {
      var evidence =
          EvidenceView.newBuilder().setErrorRad(e.errorRad()).setSettledMs(e.settledMillis());
      if (e.used().sample() != null) {
        evidence
            .setStream(e.used().sample().topic())
            .setSequence(Math.max(0, e.used().sample().sequence()));
      }
      if (e.errorMeters() != null) evidence.setErrorMeters(e.errorMeters());
      view.setEvidence(evidence);
    }
    return view.build();
  }

  private static CommandTimes times(CommandRecord c) {
    var times = CommandTimes.newBuilder().setCreated(Times.iso(c.createdNanos()));
    if (c.acceptedNanos() > 0) times.setAccepted(Times.iso(c.acceptedNanos()));
    if (c.sentNanos() > 0) times.setSent(Times.iso(c.sentNanos()));
    if (c.guardAcceptedNanos() > 0) times.setGuardAccepted(Times.iso(c.guardAcceptedNanos()));
    if (c.firstMotionNanos() > 0) times.setFirstMotion(Times.iso(c.firstMotionNanos()));
    if (c.phase() == CommandRecord.Phase.DONE) times.setDone(Times.iso(c.doneNanos()));
    return times.build();
  }
}
