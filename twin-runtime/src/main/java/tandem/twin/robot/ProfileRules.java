package tandem.twin.robot;

import tandem.proto.codec.Profiles;
import tandem.proto.command.TwinCommand;
import tandem.proto.event.Event;
import tandem.proto.v1.Configure;

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
      d.emit(new Event.ProfileAccepted(c.profile(), hash, c.profile().getSource()));
      configureGuard();
    }
  }

  void acceptProfile(TwinCommand.AcceptProfile c) {
    var proposed = d.state.proposed();
    if (proposed == null) {
      d.refuse(
          "tandem.profile.missing",
          "robot %s: no profile was proposed; none accepted".formatted(d.state.robot()));
      return;
    }
    if (!proposed.profile().hasJoint()
        && !proposed.profile().hasVelocity()
        && proposed.profile().getReachCount() == 0) {
      d.refuse(
          "tandem.profile.ambiguous",
          "robot %s: the proposed profile has no target: %s; not accepted"
              .formatted(
                  d.state.robot(), String.join("; ", proposed.profile().getAmbiguitiesList())));
      return;
    }
    if (d.state.accepted() != null && d.state.accepted().hash().equals(proposed.hash())) return;
    var profile = proposed.profile().toBuilder().setSource("accepted").build();
    d.emit(new Event.ProfileAccepted(profile, proposed.hash(), c.by()));
    configureGuard();
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
