package tandem.cloud.fake;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tandem.proto.v1.LeaseRequest;
import tandem.proto.v1.LeaseView;
import tandem.proto.v1.LeaseWishView;
import tandem.proto.v1.PartLeaseView;
import tandem.twin.Refused;

/**
 * Who holds which part: one body, or arms and locomotion where they are independent. Time is in
 * ticks of 20 ms. Not thread-safe: the twins' lock guards it.
 */
final class FakeLease {
  private static final int TICK_MILLIS = 20;

  private record Held(String holder, long epoch, long untilTick, long heardTick) {}

  private record Wish(String by, String part, String reason, String since) {}

  private final Map<String, Held> parts = new LinkedHashMap<>();
  private final List<Wish> wishes = new ArrayList<>();
  private boolean independent;
  private int patience = 1;
  private long epoch;
  private long keepAlives;

  /** Leases last so many times as long as asked. */
  void patience(int times) {
    patience = times;
  }

  void independent(boolean now) {
    independent = now;
  }

  boolean isIndependent() {
    return independent;
  }

  /** Keep-alives that arrived. */
  long keepAlives() {
    return keepAlives;
  }

  /** Null: nobody. */
  String holder() {
    return parts.values().stream().findFirst().map(Held::holder).orElse(null);
  }

  /** Whether somebody else holds what a command for the part needs. */
  Optional<String> heldByOther(String part, String by) {
    return parts.entrySet().stream()
        .filter(e -> touches(e.getKey(), part) && !e.getValue().holder().equals(by))
        .map(e -> e.getValue().holder())
        .findFirst();
  }

  private boolean touches(String a, String b) {
    return !independent || a.equals("body") || b.equals("body") || a.equals(b);
  }

  /** Whose motion is over by this: the holder before a take; empty where nobody's is. */
  Optional<String> apply(LeaseRequest request, long tick, String now) {
    String by = request.getBy();
    String part = request.getPart().isEmpty() || !independent ? "body" : request.getPart();
    long until =
        tick + Math.round(patience * Math.max(1, request.getForSeconds()) * 1000 / TICK_MILLIS);
    var other = heldByOther(part, by);
    switch (request.getAction()) {
      case "acquire" -> {
        other.ifPresent(FakeLease::held);
        grant(part, by, until, tick);
      }
      case "keepalive" -> {
        keepAlives++;
        var mine = parts.get(part);
        if (mine == null || !mine.holder().equals(by)) held(other.orElse("nobody"));
        parts.put(part, new Held(by, mine.epoch(), until, tick));
      }
      case "take" -> {
        parts.keySet().removeIf(p -> touches(p, part));
        grant(part, by, until, tick);
        return other;
      }
      case "release" -> {
        var mine = parts.get(part);
        if (mine != null && mine.holder().equals(by)) parts.remove(part);
        return Optional.of(by);
      }
      case "request" -> {
        if (other.isEmpty()) held("nobody");
        wishes.removeIf(w -> w.by().equals(by) && w.part().equals(part));
        wishes.add(new Wish(by, part, request.getReason(), now));
      }
      case "withdraw" -> {
        wishes.removeIf(w -> w.by().equals(by) && w.part().equals(part));
      }
      case "decline" -> {
        other.ifPresent(FakeLease::held);
        wishes.removeIf(w -> w.by().equals(request.getTo()) && w.part().equals(part));
      }
      case "hand-over" -> {
        var mine = parts.get(part);
        if (mine == null || !mine.holder().equals(by)) held(other.orElse("nobody"));
        parts.remove(part);
        grant(part, request.getTo(), until, tick);
        return Optional.of(by);
      }
      default -> {}
    }
    return Optional.empty();
  }

  private void grant(String part, String by, long until, long tick) {
    var mine = parts.get(part);
    parts.put(part, new Held(by, mine == null ? ++epoch : mine.epoch(), until, tick));
    wishes.removeIf(w -> w.by().equals(by) && touches(w.part(), part));
  }

  private static void held(String by) {
    throw new Refused("tandem.lease.held", "lease held by %s; unchanged".formatted(by));
  }

  /** True where one ran out. */
  boolean expire(long tick) {
    return parts.values().removeIf(held -> tick > held.untilTick());
  }

  LeaseView view(long tick, double guardSeenMs) {
    var view =
        LeaseView.newBuilder()
            .setPart("body")
            .setTerm(1)
            .setEpoch(epoch)
            .setGuardTerm(1)
            .setGuardEpoch(epoch)
            .setGuardSeenMs(guardSeenMs);
    parts.forEach(
        (part, held) ->
            view.addParts(
                PartLeaseView.newBuilder()
                    .setPart(part)
                    .setHolder(held.holder())
                    .setEpoch(held.epoch())
                    .setExpiresInMs((held.untilTick() - tick) * TICK_MILLIS)
                    .setKeepAliveAgeMs((tick - held.heardTick()) * TICK_MILLIS)));
    if (!parts.isEmpty()) {
      var first = view.getParts(0);
      view.setHolder(first.getHolder())
          .setPart(first.getPart())
          .setExpiresInMs(first.getExpiresInMs());
    }
    for (var wish : wishes)
      view.addWishes(
          LeaseWishView.newBuilder()
              .setBy(wish.by())
              .setPart(wish.part())
              .setReason(wish.reason())
              .setSince(wish.since()));
    return view.build();
  }
}
