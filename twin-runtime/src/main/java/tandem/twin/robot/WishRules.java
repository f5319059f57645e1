package tandem.twin.robot;

import java.util.List;
import tandem.proto.command.TwinCommand;
import tandem.proto.event.Event;
import tandem.twin.robot.TwinState.Lease;
import tandem.twin.robot.TwinState.Wish;

/**
 * Wishes for a lease that another holds: shown to the holder, who may hand over; each is journaled
 * and ends as granted, withdrawn, refused or, after a minute, lapsed. Part of one {@link Deciding}.
 */
final class WishRules {
  private static final long WISH_MILLIS = 60_000;
  private static final long AGAIN_MILLIS = 1_000;
  private static final int MOST_WISHES = 16;

  private final Deciding d;

  WishRules(Deciding d) {
    this.d = d;
  }

  private static String key(String by, String part) {
    return part + " " + by;
  }

  void wish(TwinCommand.WishLease c) {
    String part = d.leases.known(c.part(), c.by());
    if (part == null) return;
    boolean others =
        d.state.overlapping(part).stream().anyMatch(l -> !l.holder().equals(c.by()))
            || (d.state.offered() != null && !d.state.offered().holder().equals(c.by()));
    if (!others) {
      d.refuse(
          "tandem.lease.free",
          "nobody else holds the lease of %s: %s can acquire it; nobody was asked"
              .formatted(d.state.robot(), c.by()));
      return;
    }
    Wish old = find(c.by(), part);
    if (old == null && d.state.wishes().size() >= MOST_WISHES) {
      d.refuse(
          "tandem.lease.wishes",
          "%d others ask for the lease of %s already; the wish of %s was not noted"
              .formatted(MOST_WISHES, d.state.robot(), c.by()));
      return;
    }
    Long noted = d.wishNanos.get(key(c.by(), part));
    boolean again =
        old != null
            && old.reason().equals(c.reason())
            && noted != null
            && d.sinceMillis(noted) < AGAIN_MILLIS;
    if (again) return;
    d.emit(new Event.LeaseWished(c.by(), part, c.reason()));
    d.wishNanos.put(key(c.by(), part), d.now);
  }

  private Wish find(String by, String part) {
    return d.state.wishes().stream()
        .filter(w -> w.by().equals(by) && w.part().equals(part))
        .findFirst()
        .orElse(null);
  }

  void withdraw(TwinCommand.WithdrawWish c) {
    for (Wish wish : List.copyOf(d.state.wishes())) {
      if (!wish.by().equals(c.by())) continue;
      if (c.part().isEmpty() || c.part().equals(wish.part())) end(wish, "withdrawn");
    }
  }

  void decline(TwinCommand.DeclineWish c) {
    for (Wish wish : List.copyOf(d.state.wishes())) {
      if (!wish.by().equals(c.wisher())) continue;
      if (!c.part().isEmpty() && !c.part().equals(wish.part())) continue;
      boolean holds =
          d.state.overlapping(wish.part()).stream().anyMatch(l -> l.holder().equals(c.by()));
      if (!holds) {
        d.refuse(
            "tandem.lease.not-holder",
            "%s does not hold the %s of %s; the wish of %s stays"
                .formatted(c.by(), wish.part(), d.state.robot(), c.wisher()));
        return;
      }
      end(wish, "refused");
    }
  }

  /** Whoever now holds the part need not ask for it any more. */
  void granted(Lease lease) {
    for (Wish wish : List.copyOf(d.state.wishes())) {
      if (wish.by().equals(lease.holder()) && Parts.covers(lease.part(), wish.part())) {
        end(wish, "granted");
      }
    }
  }

  void review() {
    for (Wish wish : List.copyOf(d.state.wishes())) {
      Long noted = d.wishNanos.putIfAbsent(key(wish.by(), wish.part()), d.now);
      if (noted != null && d.sinceMillis(noted) >= WISH_MILLIS) end(wish, "lapsed");
    }
  }

  private void end(Wish wish, String why) {
    d.emit(new Event.LeaseWishEnded(wish.by(), wish.part(), why));
    d.wishNanos.remove(key(wish.by(), wish.part()));
  }
}
