package tandem.twin.robot;

import tandem.proto.codec.Profiles;
import tandem.proto.command.TwinCommand;
import tandem.proto.event.Event;
import tandem.proto.v1.Configure;
import tandem.proto.v1.RobotProfile;

/**
 * Profile: what was proposed, what is in use, who else publishes on command topics. Part of one
 * {@link Deciding}.
 */
final class ProfileRules {
  private static final long FOREIGN_MILLIS = 10_000;
  private static final int FOREIGN_KEPT = 64;

  private final Deciding d;

  ProfileRules(Deciding d) {
    this.d = d;
  }

  void propose(TwinCommand.Propose c) {
    String hash = Profiles.hash(c.profile());
    boolean inUse = !c.profile().getSource().equals("proposed");
    if (d.state.proposed() == null
        || !d.state.proposed().hash().equals(hash)
        || !d.state
            .proposed()
            .profile()
            .getAmbiguitiesList()
            .equals(c.profile().getAmbiguitiesList())) {
      d.emit(new Event.ProfileProposed(c.profile(), hash));
    }
    if (inUse && (d.state.accepted() == null || !d.state.accepted().hash().equals(hash))) {
      accept(c.profile(), hash, c.profile().getSource());
    }
  }

  /** Each acceptance has the next number; the profile itself says which. */
  private void accept(RobotProfile profile, String hash, String by) {
    var before = d.state.accepted();
    int version = before == null ? 1 : Math.max(1, before.profile().getVersion()) + 1;
    d.emit(
        new Event.ProfileAccepted(
            profile.toBuilder().setVersion(version).setHash(hash).build(), hash, by));
    configureGuard();
  }

  void acceptProfile(TwinCommand.AcceptProfile c) {
    var proposed = d.state.proposed();
    if (proposed == null) {
      d.refuse(
          "tandem.profile.missing",
          "robot %s: no profile was proposed; none accepted".formatted(d.state.robot()));
      return;
    }
    RobotProfile offered = proposed.profile();
    boolean target =
        offered.hasJoint()
            || offered.getReachCount() > 0
            || offered.hasVelocity()
            || offered.hasStance()
            || offered.hasNavigate();
    if (!target) {
      d.refuse(
          "tandem.profile.ambiguous",
          "robot %s: the proposed profile has no target: %s; not accepted"
              .formatted(d.state.robot(), String.join("; ", offered.getAmbiguitiesList())));
      return;
    }
    if (d.state.accepted() != null && d.state.accepted().hash().equals(proposed.hash())) return;
    accept(offered.toBuilder().setSource("accepted").build(), proposed.hash(), c.by());
  }

  void configureGuard() {
    d.configuredNanos = d.now;
    d.effects.add(
        new Effect.Tell(
            d.request()
                .setConfigure(Configure.newBuilder().setProfile(d.state.accepted().profile()))
                .build()));
  }

  void seeForeign(TwinCommand.SeeForeign c) {
    String key = c.topic() + " " + c.publisher() + " " + c.refused();
    Long last = d.foreign.get(key);
    if (last != null && d.sinceMillis(last) < FOREIGN_MILLIS) return;
    d.foreign.values().removeIf(nanos -> d.sinceMillis(nanos) >= FOREIGN_MILLIS);
    if (d.foreign.size() >= FOREIGN_KEPT) return;
    d.foreign.put(key, d.now);
    d.emit(new Event.ForeignAuthority(c.topic(), c.publisher(), c.refused()));
  }
}
