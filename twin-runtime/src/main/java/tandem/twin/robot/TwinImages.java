package tandem.twin.robot;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.Locale;
import java.util.TreeMap;
import java.util.TreeSet;
import tandem.proto.codec.CanonicalEncoder;
import tandem.proto.codec.CorruptEvent;
import tandem.proto.codec.EventCodec;
import tandem.proto.event.Evidence;
import tandem.proto.event.Goal;
import tandem.proto.event.SampleRef;
import tandem.proto.event.Used;
import tandem.proto.v1.StoredEvents;
import tandem.proto.v1.TimeToken;
import tandem.twin.journal.StoredSnapshot;
import tandem.twin.robot.CommandRecord.Phase;
import tandem.twin.robot.TwinState.Alarm;
import tandem.twin.robot.TwinState.Lease;
import tandem.twin.robot.TwinState.Mode;
import tandem.twin.robot.TwinState.Stop;
import tandem.twin.robot.TwinState.Wish;

/**
 * The decided state as a digest and as a snapshot. The digest is canonical and for ever; the image
 * is protobuf and may be replaced, since the events can always make a new one.
 */
public final class TwinImages {
  /** Of {@link #digest}: raised whenever a field is added or its meaning changes. */
  public static final int DIGEST_VERSION = 2;

  private TwinImages() {}

  /** SHA-256 in hex over every field of the state, canonically encoded. */
  public static String digest(TwinState s) {
    return new CanonicalEncoder()
        .integer(0, DIGEST_VERSION)
        .text(1, s.robot())
        .integer(2, s.term())
        .integer(3, s.sequence())
        .integer(4, s.hybridNanos())
        .bytes(5, s.headHash())
        .text(6, s.owner())
        .text(7, s.mode().text())
        .integer(8, s.modeSinceNanos())
        .text(9, s.modeWhy())
        .message(
            10,
            s.contact(),
            (e, c) ->
                e.text(1, c.dreamOf())
                    .text(2, c.link())
                    .text(3, c.namespace())
                    .integer(4, c.domain()))
        .text(11, s.body())
        .message(12, s.proposed(), (e, p) -> e.text(1, p.hash()))
        .message(13, s.accepted(), (e, p) -> e.text(1, p.hash()).text(2, p.by()))
        .integer(14, s.highestEpoch())
        .message(15, s.offered(), TwinImages::lease)
        .list(16, s.leases().values(), TwinImages::lease)
        .list(17, s.wishes(), TwinImages::wish)
        .message(18, s.stop(), TwinImages::stop)
        .list(19, s.commands(), TwinImages::command)
        .map(20, s.alarms(), TwinImages::alarm)
        .integer(21, s.guardLogNumber())
        .list(22, s.openSegments(), (e, file) -> e.text(1, file))
        .integer(23, s.segmentsSealed())
        .integer(24, s.commandsCreated())
        .sha256Hex();
  }

  private static void lease(CanonicalEncoder e, Lease l) {
    e.integer(1, l.epoch())
        .text(2, l.holder())
        .text(3, l.part())
        .integer(4, l.forMillis())
        .text(5, l.commandId())
        .text(6, l.takenFrom())
        .text(7, l.reason())
        .integer(8, l.sequenceInEpoch());
  }

  private static void wish(CanonicalEncoder e, Wish w) {
    e.text(1, w.by()).text(2, w.part()).text(3, w.reason()).integer(4, w.sinceNanos());
  }

  private static void stop(CanonicalEncoder e, Stop s) {
    e.flag(1, s.latched())
        .text(2, s.by())
        .text(3, s.why())
        .integer(4, s.sinceNanos())
        .flag(5, s.inEffect())
        .text(6, s.requestId())
        .flag(7, s.confirmed());
  }

  private static void alarm(CanonicalEncoder e, Alarm a) {
    e.text(2, a.severity())
        .text(3, a.text())
        .integer(4, a.firstNanos())
        .integer(5, a.lastNanos())
        .integer(6, a.count())
        .integer(7, a.clearedNanos());
  }

  private static void command(CanonicalEncoder e, CommandRecord c) {
    e.text(1, c.id())
        .text(2, c.by())
        .text(3, c.phase().text())
        .message(4, c.goal(), TwinImages::goal)
        .message(5, c.sentGoal(), TwinImages::goal)
        .integer(6, c.expiresMillis())
        .integer(7, c.epoch())
        .integer(8, c.sequenceInEpoch())
        .message(9, c.token(), (t, v) -> t.text(1, v.getBootId()).integer(2, v.getTickMillis()))
        .integer(10, c.startByMillis())
        .integer(11, c.endByMillis())
        .text(12, c.code())
        .text(13, c.why())
        .integer(14, c.createdNanos())
        .integer(15, c.acceptedNanos())
        .integer(16, c.sentNanos())
        .integer(17, c.guardAcceptedNanos())
        .integer(18, c.firstMotionNanos())
        .integer(19, c.doneNanos())
        .message(20, c.evidence(), TwinImages::evidence)
        .integer(21, c.acceptedSequence());
  }

  private static void goal(CanonicalEncoder e, Goal goal) {
    switch (goal) {
      case Goal.Joint(var joint) ->
          e.text(1, "joint")
              .real(2, joint.getDurationSeconds())
              .list(
                  3,
                  joint.getTargetsList(),
                  (t, target) -> t.text(1, target.getJoint()).real(2, target.getPositionRad()));
      case Goal.Reach(var reach) ->
          e.text(1, "reach")
              .real(2, reach.getDurationSeconds())
              .text(4, reach.getTip())
              .text(5, reach.getFrame())
              .flag(6, reach.getWithOrientation())
              .real(7, reach.getPose().getXMeters())
              .real(8, reach.getPose().getYMeters())
              .real(9, reach.getPose().getZMeters())
              .real(10, reach.getPose().getQx())
              .real(11, reach.getPose().getQy())
              .real(12, reach.getPose().getQz())
              .real(13, reach.getPose().getQw());
      case Goal.Stream(var stream) ->
          e.text(1, "stream").text(14, stream.getKind()).integer(15, stream.getLapseMillis());
      case Goal.Stance(var stance) -> e.text(1, "stance").text(16, stance.getStance());
      case Goal.Navigate(var navigate) ->
          e.text(1, "navigate")
              .text(17, navigate.getFrame())
              .real(18, navigate.getXMeters())
              .real(19, navigate.getYMeters())
              .real(20, navigate.getYawRad())
              .real(21, navigate.getWithinSeconds());
    }
  }

  private static void evidence(CanonicalEncoder e, Evidence evidence) {
    e.message(1, evidence.used(), TwinImages::used).real(2, evidence.errorRad());
    if (evidence.errorMeters() != null) e.real(3, evidence.errorMeters());
    e.real(4, evidence.settledMillis());
  }

  private static void used(CanonicalEncoder e, Used used) {
    e.message(1, used.sample(), TwinImages::sample)
        .map(2, used.values(), (v, value) -> v.real(2, value));
  }

  private static void sample(CanonicalEncoder e, SampleRef s) {
    e.text(1, s.topic())
        .text(2, s.publisher())
        .integer(3, s.sequence())
        .integer(4, s.stampNanos())
        .real(5, s.ageMillis());
  }

  /** The snapshot that is stored. */
  public static StoredSnapshot snapshot(TwinState s) {
    return StoredSnapshot.of(
        TwinCore.persistenceId(s.robot(), s.term()),
        s.sequence(),
        s.hybridNanos(),
        s.headHash(),
        DIGEST_VERSION,
        digest(s),
        ByteString.copyFrom(toBytes(s)));
  }

  /**
   * The state in a snapshot.
   *
   * @throws CorruptEvent where hash, image or digest do not fit each other
   */
  public static TwinState restore(StoredSnapshot snapshot) {
    snapshot.checked();
    TwinState state = fromBytes(snapshot.image().toByteArray());
    if (snapshot.digestVersion() == DIGEST_VERSION && !digest(state).equals(snapshot.digest())) {
      throw new CorruptEvent(
          "snapshot of %s at sequence %d: digest of its image is %s, stored is %s"
              .formatted(
                  snapshot.persistenceId(), snapshot.sequence(), digest(state), snapshot.digest()));
    }
    return state;
  }

  /** Protobuf {@code TwinImage}. */
  public static byte[] toBytes(TwinState s) {
    var b =
        StoredEvents.TwinImage.newBuilder()
            .setRobot(s.robot())
            .setTerm(s.term())
            .setSequence(s.sequence())
            .setHybridNanos(s.hybridNanos())
            .setHeadHash(s.headHash())
            .setOwner(s.owner())
            .setMode(s.mode().text())
            .setModeSinceNanos(s.modeSinceNanos())
            .setModeWhy(s.modeWhy())
            .setBody(s.body())
            .setHighestEpoch(s.highestEpoch())
            .setStop(
                StoredEvents.StopImage.newBuilder()
                    .setLatched(s.stop().latched())
                    .setBy(s.stop().by())
                    .setWhy(s.stop().why())
                    .setSinceNanos(s.stop().sinceNanos())
                    .setInEffect(s.stop().inEffect())
                    .setRequestId(s.stop().requestId())
                    .setConfirmed(s.stop().confirmed()))
            .setGuardLogNumber(s.guardLogNumber())
            .addAllOpenSegments(s.openSegments())
            .setSegmentsSealed(s.segmentsSealed())
            .setCommandsCreated(s.commandsCreated());
    if (s.contact() != null) b.setContact(EventCodec.message(s.contact()));
    if (s.proposed() != null) b.setProposed(EventCodec.message(s.proposed()));
    if (s.accepted() != null) b.setAccepted(EventCodec.message(s.accepted()));
    if (s.offered() != null) b.setOffered(image(s.offered()));
    Lease first = s.lease();
    if (first != null) b.setLease(image(first)).setSequenceInEpoch(first.sequenceInEpoch());
    s.leases().values().stream()
        .filter(l -> l.epoch() != first.epoch())
        .forEach(l -> b.addPartLeases(image(l)));
    s.wishes()
        .forEach(
            w ->
                b.addWishes(
                    StoredEvents.LeaseWishImage.newBuilder()
                        .setBy(w.by())
                        .setPart(w.part())
                        .setReason(w.reason())
                        .setSinceNanos(w.sinceNanos())));
    s.commands().forEach(c -> b.addCommands(image(c)));
    s.alarms()
        .values()
        .forEach(
            a ->
                b.addAlarms(
                    StoredEvents.AlarmImage.newBuilder()
                        .setKind(a.kind())
                        .setSeverity(a.severity())
                        .setText(a.text())
                        .setFirstNanos(a.firstNanos())
                        .setLastNanos(a.lastNanos())
                        .setCount(a.count())
                        .setClearedNanos(a.clearedNanos())));
    return b.build().toByteArray();
  }

  private static StoredEvents.LeaseImage image(Lease l) {
    return StoredEvents.LeaseImage.newBuilder()
        .setEpoch(l.epoch())
        .setHolder(l.holder())
        .setPart(l.part())
        .setForMillis(l.forMillis())
        .setCommandId(l.commandId())
        .setTakenFrom(l.takenFrom())
        .setReason(l.reason())
        .setSequenceInEpoch(l.sequenceInEpoch())
        .build();
  }

  private static Lease lease(StoredEvents.LeaseImage m) {
    return new Lease(
        m.getEpoch(),
        m.getHolder(),
        m.getPart(),
        m.getForMillis(),
        m.getCommandId(),
        m.getTakenFrom(),
        m.getReason(),
        m.getSequenceInEpoch());
  }

  /** An image from before leases had parts keeps the sequence beside its lease. */
  private static TreeMap<String, Lease> leases(StoredEvents.TwinImage m) {
    var leases = new TreeMap<String, Lease>();
    if (m.hasLease()) {
      Lease first = lease(m.getLease());
      leases.put(
          first.part(), first.sequenceInEpoch() == 0 ? first.at(m.getSequenceInEpoch()) : first);
    }
    m.getPartLeasesList().forEach(l -> leases.put(l.getPart(), lease(l)));
    return leases;
  }

  private static StoredEvents.CommandImage image(CommandRecord c) {
    var b =
        StoredEvents.CommandImage.newBuilder()
            .setId(c.id())
            .setBy(c.by())
            .setState(c.phase().text())
            .setGoal(EventCodec.message(c.goal()))
            .setExpiresMillis(c.expiresMillis())
            .setEpoch(c.epoch())
            .setSequenceInEpoch(c.sequenceInEpoch())
            .setStartByMillis(c.startByMillis())
            .setEndByMillis(c.endByMillis())
            .setCode(c.code())
            .setWhy(c.why())
            .setCreatedNanos(c.createdNanos())
            .setAcceptedNanos(c.acceptedNanos())
            .setSentNanos(c.sentNanos())
            .setGuardAcceptedNanos(c.guardAcceptedNanos())
            .setFirstMotionNanos(c.firstMotionNanos())
            .setDoneNanos(c.doneNanos())
            .setAcceptedSequence(c.acceptedSequence());
    if (c.sentGoal() != null) b.setSentGoal(EventCodec.message(c.sentGoal()));
    if (c.token() != null) b.setToken(c.token());
    if (c.evidence() != null) b.setEvidence(EventCodec.message(c.evidence()));
    return b.build();
  }

  private static CommandRecord command(StoredEvents.CommandImage m) {
    TimeToken token = m.hasToken() ? m.getToken() : null;
    return new CommandRecord(
        m.getId(),
        m.getBy(),
        Phase.valueOf(m.getState().toUpperCase(Locale.ROOT)),
        EventCodec.goal(m.getGoal()),
        m.hasSentGoal() ? EventCodec.goal(m.getSentGoal()) : null,
        m.getExpiresMillis(),
        m.getEpoch(),
        m.getSequenceInEpoch(),
        token,
        m.getStartByMillis(),
        m.getEndByMillis(),
        m.getCode(),
        m.getWhy(),
        m.getCreatedNanos(),
        m.getAcceptedNanos(),
        m.getSentNanos(),
        m.getGuardAcceptedNanos(),
        m.getFirstMotionNanos(),
        m.getDoneNanos(),
        m.hasEvidence() ? EventCodec.evidence(m.getEvidence()) : null,
        m.getAcceptedSequence());
  }

  /**
   * @throws CorruptEvent where the bytes are no such image
   */
  public static TwinState fromBytes(byte[] bytes) {
    StoredEvents.TwinImage m;
    try {
      m = StoredEvents.TwinImage.parseFrom(bytes);
      return state(m);
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      throw new CorruptEvent(
          "snapshot image: expected a TwinImage message, found %d bytes that are none: %s"
              .formatted(bytes.length, e.getMessage()));
    }
  }

  private static TwinState state(StoredEvents.TwinImage m) {
    var alarms = new TreeMap<String, Alarm>();
    m.getAlarmsList()
        .forEach(
            a ->
                alarms.put(
                    a.getKind(),
                    new Alarm(
                        a.getKind(),
                        a.getSeverity(),
                        a.getText(),
                        a.getFirstNanos(),
                        a.getLastNanos(),
                        a.getCount(),
                        a.getClearedNanos())));
    var stop = m.getStop();
    return new TwinState(
        m.getRobot(),
        m.getTerm(),
        m.getSequence(),
        m.getHybridNanos(),
        m.getHeadHash(),
        m.getOwner(),
        Mode.valueOf(m.getMode().toUpperCase(Locale.ROOT)),
        m.getModeSinceNanos(),
        m.getModeWhy(),
        m.hasContact() ? EventCodec.contactMade(m.getContact()) : null,
        m.getBody(),
        m.hasProposed() ? EventCodec.profileProposed(m.getProposed()) : null,
        m.hasAccepted() ? EventCodec.profileAccepted(m.getAccepted()) : null,
        m.getHighestEpoch(),
        m.hasOffered() ? lease(m.getOffered()) : null,
        leases(m),
        m.getWishesList().stream()
            .map(w -> new Wish(w.getBy(), w.getPart(), w.getReason(), w.getSinceNanos()))
            .toList(),
        new Stop(
            stop.getLatched(),
            stop.getBy(),
            stop.getWhy(),
            stop.getSinceNanos(),
            stop.getInEffect(),
            stop.getRequestId(),
            stop.getConfirmed()),
        m.getCommandsList().stream().map(TwinImages::command).toList(),
        alarms,
        m.getGuardLogNumber(),
        new TreeSet<>(m.getOpenSegmentsList()),
        m.getSegmentsSealed(),
        m.getCommandsCreated());
  }
}
