package tandem.twin.robot;

import tandem.proto.body.Pose;
import tandem.proto.event.Event;
import tandem.proto.event.Evidence;
import tandem.proto.event.Goal;
import tandem.proto.event.Used;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.ReachGoal;
import tandem.twin.robot.Tracking.Progress;

/** What the samples say about a command that is under way. Part of one {@link Deciding}. */
final class EvidenceRules {
  private final Deciding d;

  EvidenceRules(Deciding d) {
    this.d = d;
  }

  /**
   * The control of a stream was let go, or the navigation says that it is there, and the guard
   * knows it: from here on rest is awaited.
   */
  void letGo(String id) {
    Progress p = d.progress.get(id);
    boolean isTold = d.state.command(id).filter(c -> RestRules.isEndTold(c.goal())).isPresent();
    if (p == null || !isTold || p.letGoNanos() != Tracking.NEVER) return;
    d.progress.put(id, p.letGo(d.now));
  }

  /** Compares what was asked with what the samples say. */
  void follow(CommandRecord command, Progress p) {
    switch (command.goal()) {
      case Goal.Joint joint -> followGoal(command, p);
      case Goal.Reach reach -> followGoal(command, p);
      case Goal.Stream stream -> d.rest.follow(command, p);
      case Goal.Stance stance -> d.rest.follow(command, p);
      case Goal.Navigate navigate -> d.rest.follow(command, p);
    }
  }

  private void followGoal(CommandRecord command, Progress p) {
    var joints = d.seen.sensed().joints();
    boolean fresh =
        joints != null
            && joints.origin().ageMillis(d.now) <= d.rules.silenceMillis()
            && joints.origin().receivedNanos()
                > p.startByNanos() - command.startByMillis() * 1_000_000;
    Evidence evidence = fresh ? evidence(command, p, joints) : null;
    boolean within =
        evidence != null
            && (evidence.errorMeters() == null
                ? evidence.errorRad() < d.rules.toleranceRad()
                : evidence.errorMeters() < d.rules.toleranceMeters());
    long settled =
        !within
            ? Tracking.NEVER
            : p.settledNanos() == Tracking.NEVER
                ? joints.origin().receivedNanos()
                : p.settledNanos();
    boolean moved = p.moved() || (fresh && hasMoved(p, joints));
    if (moved && !p.moved()) {
      d.emit(
          new Event.CommandFirstMotion(
              command.id(), joints.origin().receivedWallNanos(), used(joints, p.start().keySet())));
    }
    d.progress.put(command.id(), p.seen(settled, moved));
    if (within && joints.origin().receivedNanos() - settled >= d.rules.settleMillis() * 1_000_000) {
      d.commands.finish(
          new Event.CommandDone(command.id(), joints.origin().receivedWallNanos(), evidence));
    } else if (d.now > p.endByNanos()) {
      ended(command, evidence, "not reached by endBy");
    }
  }

  void ended(CommandRecord command, Evidence evidence, String what) {
    d.ends.cancel(command, "tandem", what);
    if (evidence == null) {
      d.commands.finish(
          new Event.CommandUnknown(
              command.id(), "%s, and no fresh sample says where the joints are".formatted(what)));
      return;
    }
    d.commands.finish(
        new Event.CommandFailed(
            command.id(),
            "tandem.command.not-reached",
            Deciding.text(
                evidence.errorMeters() == null
                    ? "%s: %s; error %.4f rad, tolerance %.4f rad (%s sequence %d)"
                    : "%s: %s; error %.4f m, tolerance %.4f m (%s sequence %d)",
                what,
                worst(command, evidence),
                evidence.errorMeters() == null ? evidence.errorRad() : evidence.errorMeters(),
                evidence.errorMeters() == null ? d.rules.toleranceRad() : d.rules.toleranceMeters(),
                evidence.used().sample().topic(),
                evidence.used().sample().sequence()),
            evidence));
  }

  private String worst(CommandRecord command, Evidence evidence) {
    if (command.goal() instanceof Goal.Reach(var reach)) return "tip " + reach.getTip();
    String worst = "";
    double most = -1;
    if (command.goal() instanceof Goal.Joint(var joint)) {
      for (JointTarget target : joint.getTargetsList()) {
        Double at = evidence.used().values().get(target.getJoint());
        double error = at == null ? Double.MAX_VALUE : Math.abs(at - target.getPositionRad());
        if (error > most) {
          most = error;
          worst =
              Deciding.text(
                  "joint %s is at %.4f rad, goal %.4f rad",
                  target.getJoint(), at == null ? Double.NaN : at, target.getPositionRad());
        }
      }
    }
    return worst;
  }

  boolean hasMoved(Progress p, Sensed.Joints joints) {
    var at = Permit.positions(joints);
    return p.start().entrySet().stream()
        .anyMatch(
            e ->
                at.containsKey(e.getKey())
                    && Math.abs(at.get(e.getKey()) - e.getValue()) > d.rules.motionRad());
  }

  Used used(Sensed.Joints joints, java.util.Set<String> names) {
    var values = Permit.positions(joints);
    values.keySet().retainAll(names);
    return new Used(joints.origin().at(d.now), values);
  }

  Evidence evidence(CommandRecord command, Progress p, Sensed.Joints joints) {
    double settledMillis =
        p.settledNanos() == Tracking.NEVER
            ? 0
            : (joints.origin().receivedNanos() - p.settledNanos()) / Deciding.NANOS_PER_MILLI;
    var at = Permit.positions(joints);
    return switch (command.goal()) {
      case Goal.Joint(var goal) -> {
        var names = new java.util.TreeSet<String>();
        double error = 0;
        for (JointTarget target : goal.getTargetsList()) {
          names.add(target.getJoint());
          Double q = at.get(target.getJoint());
          double off = q == null ? Double.MAX_VALUE : Math.abs(q - target.getPositionRad());
          error = Double.isFinite(off) ? Math.max(error, off) : Double.MAX_VALUE;
        }
        yield new Evidence(used(joints, names), error, null, settledMillis);
      }
      case Goal.Reach(var goal) -> {
        Double meters = distance(goal, new Used(joints.origin().at(d.now), at));
        if (meters == null) yield null;
        var chain = new java.util.TreeSet<String>();
        d.seen
            .body()
            .chain(d.state.accepted().profile().getTipsOrThrow(goal.getTip()))
            .forEach(j -> chain.add(j.name()));
        yield new Evidence(used(joints, chain), 0, meters, settledMillis);
      }
      case Goal.Stream stream -> null; // its evidence is rest: RestRules
      case Goal.Stance stance -> null;
      case Goal.Navigate navigate -> null;
    };
  }

  /** From the tip to its goal, m; null where the description does not say. */
  private Double distance(ReachGoal goal, Used at) {
    if (d.seen.body() == null || d.state.accepted() == null) return null;
    var profile = d.state.accepted().profile();
    String link = profile.getTipsOrDefault(goal.getTip(), "");
    if (!d.seen.body().hasLink(link)) return null;
    Pose tip = d.seen.body().pose(link, at.values());
    double meters = tip.distanceTo(Permit.inRoot(d.seen.body(), profile.getBaseFrame(), goal, at));
    return Double.isFinite(meters) ? meters : null;
  }
}
