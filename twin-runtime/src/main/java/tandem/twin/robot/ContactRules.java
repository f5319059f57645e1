package tandem.twin.robot;

import tandem.proto.command.TwinCommand;
import tandem.proto.event.Event;
import tandem.proto.event.Used;
import tandem.twin.robot.CommandRecord.Phase;
import tandem.twin.robot.TwinState.Mode;

/** Contact: who is there, and for how long it has been silent. Part of one {@link Deciding}. */
final class ContactRules {
  private final Deciding d;

  ContactRules(Deciding d) {
    this.d = d;
  }

  void admit(TwinCommand.Admit c) {
    if (!d.state.isKnown()) {
      d.emit(
          new Event.TermBegun(
              d.state.term(),
              0,
              0,
              com.google.protobuf.ByteString.EMPTY,
              d.site,
              "first contact of " + d.state.robot()));
    }
    var contact = new Event.ContactMade(c.dreamOf(), c.link(), c.namespace(), c.domain());
    if (!d.admitted || d.state.mode() != Mode.LIVE || !contact.equals(d.state.contact()))
      d.emit(contact);
    d.admitted = true;
    d.awakeNanos = d.now;
  }

  void loseContact(String why) {
    d.admitted = false;
    if (d.state.mode() == Mode.LIVE) silent(why);
  }

  void silent(String why) {
    long newest = d.seen.sensed().newestNanos();
    d.emit(
        new Event.ContactLost(
            why,
            d.newestSample(),
            newest == Long.MIN_VALUE ? 0 : Math.max(0, (d.now - newest) / 1_000_000)));
    for (CommandRecord c : d.state.openCommands()) {
      d.ends.cancel(c, "tandem", "contact lost");
      d.commands.finish(
          new Event.CommandUnknown(
              c.id(),
              "contact with %s was lost (%s) while the command was %s; nobody saw its end"
                  .formatted(d.state.robot(), why, c.phase().text())));
    }
  }

  void reviewContact() {
    long newest = d.seen.sensed().newestNanos();
    boolean heard = d.sinceMillis(newest) <= d.rules.silenceMillis();
    switch (d.state.mode()) {
      case LIVE -> {
        if (heard || d.sinceMillis(d.awakeNanos) <= d.rules.silenceMillis()) return;
        silent(
            newest == Long.MIN_VALUE
                ? "no sample since the twin woke %.0f ms ago".formatted(d.sinceMillis(d.awakeNanos))
                : "no sample for %.0f ms (silence-after %d ms)"
                    .formatted(d.sinceMillis(newest), d.rules.silenceMillis()));
      }
      case SILENT, UNSEEN -> {
        // Samples from before a loss that its gateway told are no contact: it admits it again.
        if (heard && d.admitted && d.state.contact() != null) d.emit(d.state.contact());
      }
    }
  }

  void awake() {
    d.awakeNanos = d.now;
    for (var lease : d.state.leases().values()) {
      d.pulses.put(lease.epoch(), LeasePulse.granted(d.now));
    }
    if (d.state.offered() != null) {
      d.emit(
          new Event.LeaseRefused(
              d.state.offered().epoch(),
              "tandem.twin.restarted",
              "the twin was rebuilt before the guard's answer was journaled"));
    }
    d.ends.awake();
    for (CommandRecord c : d.state.openCommands()) {
      d.ends.cancel(c, "tandem", "the twin was rebuilt");
      d.commands.finish(
          c.phase() == Phase.CREATED
              ? new Event.CommandRefused(
                  c.id(),
                  "tandem.twin.restarted",
                  "the twin was rebuilt before the command was accepted; not sent",
                  "twin",
                  Used.NOTHING)
              : new Event.CommandUnknown(
                  c.id(),
                  "the twin was rebuilt while the command was %s; it is not sent again"
                      .formatted(c.phase().text())));
    }
  }
}
