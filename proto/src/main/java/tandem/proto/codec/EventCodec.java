package tandem.proto.codec;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import java.util.List;
import java.util.TreeMap;
import tandem.proto.event.Event;
import tandem.proto.event.Evidence;
import tandem.proto.event.Goal;
import tandem.proto.event.SampleRef;
import tandem.proto.event.StreamCount;
import tandem.proto.event.Used;
import tandem.proto.v1.StoredEvents;

/**
 * Events as bytes and back. The manifest names message and version ({@code
 * tandem.CommandAccepted/1}) and is part of what is hashed; a class may be renamed without touching
 * a journal. One upcaster per retired version would stand in {@link #decode}; there is none yet.
 * Stateless, any thread.
 */
public final class EventCodec {
  /** Version of every payload written today. */
  public static final int SCHEMA_VERSION = 1;

  private EventCodec() {}

  /** Manifest under which the event is stored. */
  public static String manifest(Event event) {
    return "tandem." + event.getClass().getSimpleName() + "/1";
  }

  /** The event as JSON, field names as in event.proto in lowerCamelCase; for people and exports. */
  public static String json(Event event) {
    return Json.print((com.google.protobuf.MessageOrBuilder) message(event));
  }

  /** Payload as it is stored; the same event gives the same bytes in one build, not for ever. */
  public static ByteString encode(Event event) {
    return message(event).toByteString();
  }

  /**
   * @throws CorruptEvent where the manifest is unknown or the bytes are no such message
   */
  public static Event decode(String manifest, ByteString payload) {
    try {
      return switch (manifest) {
        case "tandem.TermBegun/1" -> {
          var m = StoredEvents.TermBegun.parseFrom(payload);
          yield new Event.TermBegun(
              m.getTerm(),
              m.getParentTerm(),
              m.getParentSequence(),
              m.getParentHash(),
              m.getOwner(),
              m.getCause());
        }
        case "tandem.ContactMade/1" -> contactMade(StoredEvents.ContactMade.parseFrom(payload));
        case "tandem.ContactLost/1" -> {
          var m = StoredEvents.ContactLost.parseFrom(payload);
          yield new Event.ContactLost(
              m.getWhy(), m.hasLast() ? sampleRef(m.getLast()) : null, m.getSilentMillis());
        }
        case "tandem.NameConflict/1" -> {
          var m = StoredEvents.NameConflict.parseFrom(payload);
          yield new Event.NameConflict(m.getHolder(), m.getRefused());
        }
        case "tandem.ProfileProposed/1" ->
            profileProposed(StoredEvents.ProfileProposed.parseFrom(payload));
        case "tandem.ProfileAccepted/1" ->
            profileAccepted(StoredEvents.ProfileAccepted.parseFrom(payload));
        case "tandem.LeaseOffered/1" -> {
          var m = StoredEvents.LeaseOffered.parseFrom(payload);
          yield new Event.LeaseOffered(
              m.getEpoch(),
              m.getHolder(),
              m.getPart(),
              m.getForMillis(),
              m.getCommandId(),
              m.getTakenFrom(),
              m.getReason());
        }
        case "tandem.LeaseGranted/1" ->
            new Event.LeaseGranted(StoredEvents.LeaseGranted.parseFrom(payload).getEpoch());
        case "tandem.LeaseTaken/1" -> {
          var m = StoredEvents.LeaseTaken.parseFrom(payload);
          yield new Event.LeaseTaken(m.getEpoch(), m.getFrom(), m.getReason());
        }
        case "tandem.LeaseRefused/1" -> {
          var m = StoredEvents.LeaseRefused.parseFrom(payload);
          yield new Event.LeaseRefused(m.getEpoch(), m.getCode(), m.getWhy());
        }
        case "tandem.LeaseReleased/1" -> {
          var m = StoredEvents.LeaseReleased.parseFrom(payload);
          yield new Event.LeaseReleased(m.getEpoch(), m.getBy(), m.getWhy());
        }
        case "tandem.LeaseExpired/1" -> {
          var m = StoredEvents.LeaseExpired.parseFrom(payload);
          yield new Event.LeaseExpired(m.getEpoch(), m.getWhy());
        }
        case "tandem.LeaseWished/1" -> {
          var m = StoredEvents.LeaseWished.parseFrom(payload);
          yield new Event.LeaseWished(m.getBy(), m.getPart(), m.getReason());
        }
        case "tandem.LeaseWishEnded/1" -> {
          var m = StoredEvents.LeaseWishEnded.parseFrom(payload);
          yield new Event.LeaseWishEnded(m.getBy(), m.getPart(), m.getWhy());
        }
        case "tandem.CommandCreated/1" -> {
          var m = StoredEvents.CommandCreated.parseFrom(payload);
          yield new Event.CommandCreated(
              m.getId(), m.getBy(), goal(m.getGoal()), m.getExpiresMillis());
        }
        case "tandem.CommandAccepted/1" -> {
          var m = StoredEvents.CommandAccepted.parseFrom(payload);
          yield new Event.CommandAccepted(
              m.getId(),
              m.getEpoch(),
              m.getSequenceInEpoch(),
              m.getToken(),
              m.getStartByMillis(),
              m.getEndByMillis(),
              goal(m.getSentGoal()),
              used(m.getUsed()),
              m.getProfileHash());
        }
        case "tandem.CommandRefused/1" -> {
          var m = StoredEvents.CommandRefused.parseFrom(payload);
          yield new Event.CommandRefused(
              m.getId(), m.getCode(), m.getWhy(), m.getPlace(), used(m.getUsed()));
        }
        case "tandem.CommandSent/1" -> {
          var m = StoredEvents.CommandSent.parseFrom(payload);
          yield new Event.CommandSent(m.getId(), m.getAtNanos());
        }
        case "tandem.CommandGuardAccepted/1" -> {
          var m = StoredEvents.CommandGuardAccepted.parseFrom(payload);
          yield new Event.CommandGuardAccepted(m.getId(), m.getAtNanos());
        }
        case "tandem.CommandFirstMotion/1" -> {
          var m = StoredEvents.CommandFirstMotion.parseFrom(payload);
          yield new Event.CommandFirstMotion(m.getId(), m.getAtNanos(), used(m.getUsed()));
        }
        case "tandem.CommandDone/1" -> {
          var m = StoredEvents.CommandDone.parseFrom(payload);
          yield new Event.CommandDone(m.getId(), m.getAtNanos(), evidence(m.getEvidence()));
        }
        case "tandem.CommandFailed/1" -> {
          var m = StoredEvents.CommandFailed.parseFrom(payload);
          yield new Event.CommandFailed(
              m.getId(),
              m.getCode(),
              m.getWhy(),
              m.hasEvidence() ? evidence(m.getEvidence()) : null);
        }
        case "tandem.CommandCancelled/1" -> {
          var m = StoredEvents.CommandCancelled.parseFrom(payload);
          yield new Event.CommandCancelled(m.getId(), m.getBy(), m.getWhy());
        }
        case "tandem.CommandExpired/1" -> {
          var m = StoredEvents.CommandExpired.parseFrom(payload);
          yield new Event.CommandExpired(m.getId(), m.getWhy());
        }
        case "tandem.CommandSuperseded/1" -> {
          var m = StoredEvents.CommandSuperseded.parseFrom(payload);
          yield new Event.CommandSuperseded(m.getId(), m.getById());
        }
        case "tandem.CommandUnknown/1" -> {
          var m = StoredEvents.CommandUnknown.parseFrom(payload);
          yield new Event.CommandUnknown(m.getId(), m.getWhy());
        }
        case "tandem.StopRequested/1" -> {
          var m = StoredEvents.StopRequested.parseFrom(payload);
          yield new Event.StopRequested(m.getRequestId(), m.getBy(), m.getWhy(), m.getAtNanos());
        }
        case "tandem.StopLatched/1" -> {
          var m = StoredEvents.StopLatched.parseFrom(payload);
          yield new Event.StopLatched(m.getBy(), m.getWhy(), m.getSeenIn());
        }
        case "tandem.StopInEffect/1" -> {
          var m = StoredEvents.StopInEffect.parseFrom(payload);
          yield new Event.StopInEffect(m.getAfterMillis(), used(m.getUsed()));
        }
        case "tandem.StopReleased/1" -> {
          var m = StoredEvents.StopReleased.parseFrom(payload);
          yield new Event.StopReleased(m.getBy(), m.getReason());
        }
        case "tandem.GuardLogged/1" ->
            new Event.GuardLogged(StoredEvents.GuardLogged.parseFrom(payload).getRecord());
        case "tandem.ForeignAuthority/1" -> {
          var m = StoredEvents.ForeignAuthority.parseFrom(payload);
          yield new Event.ForeignAuthority(m.getTopic(), m.getPublisher(), m.getRefused());
        }
        case "tandem.HazardRaised/1" -> {
          var m = StoredEvents.HazardRaised.parseFrom(payload);
          yield new Event.HazardRaised(m.getKind(), m.getSeverity(), m.getText());
        }
        case "tandem.HazardCleared/1" -> {
          var m = StoredEvents.HazardCleared.parseFrom(payload);
          yield new Event.HazardCleared(m.getKind(), m.getText());
        }
        case "tandem.BodyChanged/1" -> {
          var m = StoredEvents.BodyChanged.parseFrom(payload);
          yield new Event.BodyChanged(m.getFrom(), m.getTo(), used(m.getUsed()));
        }
        case "tandem.ClockStepped/1" -> {
          var m = StoredEvents.ClockStepped.parseFrom(payload);
          yield new Event.ClockStepped(
              m.getTopic(), m.getPublisher(), m.getStepNanos(), m.getSequence());
        }
        case "tandem.SegmentOpened/1" -> {
          var m = StoredEvents.SegmentOpened.parseFrom(payload);
          yield new Event.SegmentOpened(m.getFile(), m.getAtNanos(), m.getRecorder());
        }
        case "tandem.SegmentSealed/1" -> sealed(StoredEvents.SegmentSealed.parseFrom(payload));
        case "tandem.SegmentRecovered/1" -> {
          var m = StoredEvents.SegmentRecovered.parseFrom(payload);
          yield new Event.SegmentRecovered(sealed(m.getSealed()), m.getTornBytes());
        }
        case "tandem.SegmentLost/1" -> {
          var m = StoredEvents.SegmentLost.parseFrom(payload);
          yield new Event.SegmentLost(m.getFile(), m.getWhy());
        }
        case "tandem.SegmentOrphaned/1" -> {
          var m = StoredEvents.SegmentOrphaned.parseFrom(payload);
          yield new Event.SegmentOrphaned(m.getFile(), m.getSha256(), m.getSizeBytes());
        }
        case "tandem.OperatorAction/1" -> {
          var m = StoredEvents.OperatorAction.parseFrom(payload);
          yield new Event.OperatorAction(m.getBy(), m.getAction(), m.getText());
        }
        default ->
            throw new CorruptEvent(
                "manifest: expected one that this version knows, found '" + manifest + "'");
      };
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptEvent(
          "payload of %s: expected a protobuf message, found %d bytes that are none: %s"
              .formatted(manifest, payload.size(), e.getMessage()));
    }
  }

  private static MessageLite message(Event event) {
    return switch (event) {
      case Event.TermBegun e ->
          StoredEvents.TermBegun.newBuilder()
              .setTerm(e.term())
              .setParentTerm(e.parentTerm())
              .setParentSequence(e.parentSequence())
              .setParentHash(e.parentHash())
              .setOwner(e.owner())
              .setCause(e.cause())
              .build();
      case Event.ContactMade e -> message(e);
      case Event.ContactLost e -> {
        var b =
            StoredEvents.ContactLost.newBuilder().setWhy(e.why()).setSilentMillis(e.silentMillis());
        if (e.last() != null) b.setLast(message(e.last()));
        yield b.build();
      }
      case Event.NameConflict e ->
          StoredEvents.NameConflict.newBuilder()
              .setHolder(e.holder())
              .setRefused(e.refused())
              .build();
      case Event.ProfileProposed e -> message(e);
      case Event.ProfileAccepted e -> message(e);
      case Event.LeaseOffered e ->
          StoredEvents.LeaseOffered.newBuilder()
              .setEpoch(e.epoch())
              .setHolder(e.holder())
              .setPart(e.part())
              .setForMillis(e.forMillis())
              .setCommandId(e.commandId())
              .setTakenFrom(e.takenFrom())
              .setReason(e.reason())
              .build();
      case Event.LeaseGranted e ->
          StoredEvents.LeaseGranted.newBuilder().setEpoch(e.epoch()).build();
      case Event.LeaseTaken e ->
          StoredEvents.LeaseTaken.newBuilder()
              .setEpoch(e.epoch())
              .setFrom(e.from())
              .setReason(e.reason())
              .build();
      case Event.LeaseRefused e ->
          StoredEvents.LeaseRefused.newBuilder()
              .setEpoch(e.epoch())
              .setCode(e.code())
              .setWhy(e.why())
              .build();
      case Event.LeaseReleased e ->
          StoredEvents.LeaseReleased.newBuilder()
              .setEpoch(e.epoch())
              .setBy(e.by())
              .setWhy(e.why())
              .build();
      case Event.LeaseExpired e ->
          StoredEvents.LeaseExpired.newBuilder().setEpoch(e.epoch()).setWhy(e.why()).build();
      case Event.LeaseWished e ->
          StoredEvents.LeaseWished.newBuilder()
              .setBy(e.by())
              .setPart(e.part())
              .setReason(e.reason())
              .build();
      case Event.LeaseWishEnded e ->
          StoredEvents.LeaseWishEnded.newBuilder()
              .setBy(e.by())
              .setPart(e.part())
              .setWhy(e.why())
              .build();
      case Event.CommandCreated e ->
          StoredEvents.CommandCreated.newBuilder()
              .setId(e.id())
              .setBy(e.by())
              .setGoal(message(e.goal()))
              .setExpiresMillis(e.expiresMillis())
              .build();
      case Event.CommandAccepted e ->
          StoredEvents.CommandAccepted.newBuilder()
              .setId(e.id())
              .setEpoch(e.epoch())
              .setSequenceInEpoch(e.sequenceInEpoch())
              .setToken(e.token())
              .setStartByMillis(e.startByMillis())
              .setEndByMillis(e.endByMillis())
              .setSentGoal(message(e.sentGoal()))
              .setUsed(message(e.used()))
              .setProfileHash(e.profileHash())
              .build();
      case Event.CommandRefused e ->
          StoredEvents.CommandRefused.newBuilder()
              .setId(e.id())
              .setCode(e.code())
              .setWhy(e.why())
              .setPlace(e.place())
              .setUsed(message(e.used()))
              .build();
      case Event.CommandSent e ->
          StoredEvents.CommandSent.newBuilder().setId(e.id()).setAtNanos(e.atNanos()).build();
      case Event.CommandGuardAccepted e ->
          StoredEvents.CommandGuardAccepted.newBuilder()
              .setId(e.id())
              .setAtNanos(e.atNanos())
              .build();
      case Event.CommandFirstMotion e ->
          StoredEvents.CommandFirstMotion.newBuilder()
              .setId(e.id())
              .setAtNanos(e.atNanos())
              .setUsed(message(e.used()))
              .build();
      case Event.CommandDone e ->
          StoredEvents.CommandDone.newBuilder()
              .setId(e.id())
              .setAtNanos(e.atNanos())
              .setEvidence(message(e.evidence()))
              .build();
      case Event.CommandFailed e -> {
        var b =
            StoredEvents.CommandFailed.newBuilder().setId(e.id()).setCode(e.code()).setWhy(e.why());
        if (e.evidence() != null) b.setEvidence(message(e.evidence()));
        yield b.build();
      }
      case Event.CommandCancelled e ->
          StoredEvents.CommandCancelled.newBuilder()
              .setId(e.id())
              .setBy(e.by())
              .setWhy(e.why())
              .build();
      case Event.CommandExpired e ->
          StoredEvents.CommandExpired.newBuilder().setId(e.id()).setWhy(e.why()).build();
      case Event.CommandSuperseded e ->
          StoredEvents.CommandSuperseded.newBuilder().setId(e.id()).setById(e.byId()).build();
      case Event.CommandUnknown e ->
          StoredEvents.CommandUnknown.newBuilder().setId(e.id()).setWhy(e.why()).build();
      case Event.StopRequested e ->
          StoredEvents.StopRequested.newBuilder()
              .setRequestId(e.requestId())
              .setBy(e.by())
              .setWhy(e.why())
              .setAtNanos(e.atNanos())
              .build();
      case Event.StopLatched e ->
          StoredEvents.StopLatched.newBuilder()
              .setBy(e.by())
              .setWhy(e.why())
              .setSeenIn(e.seenIn())
              .build();
      case Event.StopInEffect e ->
          StoredEvents.StopInEffect.newBuilder()
              .setAfterMillis(e.afterMillis())
              .setUsed(message(e.used()))
              .build();
      case Event.StopReleased e ->
          StoredEvents.StopReleased.newBuilder().setBy(e.by()).setReason(e.reason()).build();
      case Event.GuardLogged e ->
          StoredEvents.GuardLogged.newBuilder().setRecord(e.record()).build();
      case Event.ForeignAuthority e ->
          StoredEvents.ForeignAuthority.newBuilder()
              .setTopic(e.topic())
              .setPublisher(e.publisher())
              .setRefused(e.refused())
              .build();
      case Event.HazardRaised e ->
          StoredEvents.HazardRaised.newBuilder()
              .setKind(e.kind())
              .setSeverity(e.severity())
              .setText(e.text())
              .build();
      case Event.HazardCleared e ->
          StoredEvents.HazardCleared.newBuilder().setKind(e.kind()).setText(e.text()).build();
      case Event.BodyChanged e ->
          StoredEvents.BodyChanged.newBuilder()
              .setFrom(e.from())
              .setTo(e.to())
              .setUsed(message(e.used()))
              .build();
      case Event.ClockStepped e ->
          StoredEvents.ClockStepped.newBuilder()
              .setTopic(e.topic())
              .setPublisher(e.publisher())
              .setStepNanos(e.stepNanos())
              .setSequence(e.sequence())
              .build();
      case Event.SegmentOpened e ->
          StoredEvents.SegmentOpened.newBuilder()
              .setFile(e.file())
              .setAtNanos(e.atNanos())
              .setRecorder(e.recorder())
              .build();
      case Event.SegmentSealed e -> message(e);
      case Event.SegmentRecovered e ->
          StoredEvents.SegmentRecovered.newBuilder()
              .setSealed(message(e.sealed()))
              .setTornBytes(e.tornBytes())
              .build();
      case Event.SegmentLost e ->
          StoredEvents.SegmentLost.newBuilder().setFile(e.file()).setWhy(e.why()).build();
      case Event.SegmentOrphaned e ->
          StoredEvents.SegmentOrphaned.newBuilder()
              .setFile(e.file())
              .setSha256(e.sha256())
              .setSizeBytes(e.sizeBytes())
              .build();
      case Event.OperatorAction e ->
          StoredEvents.OperatorAction.newBuilder()
              .setBy(e.by())
              .setAction(e.action())
              .setText(e.text())
              .build();
    };
  }

  // Values that snapshots store too

  public static StoredEvents.ContactMade message(Event.ContactMade e) {
    return StoredEvents.ContactMade.newBuilder()
        .setDreamOf(e.dreamOf())
        .setLink(e.link())
        .setNamespace(e.namespace())
        .setDomain(e.domain())
        .build();
  }

  public static Event.ContactMade contactMade(StoredEvents.ContactMade m) {
    return new Event.ContactMade(m.getDreamOf(), m.getLink(), m.getNamespace(), m.getDomain());
  }

  public static StoredEvents.ProfileProposed message(Event.ProfileProposed e) {
    return StoredEvents.ProfileProposed.newBuilder()
        .setProfile(e.profile())
        .setHash(e.hash())
        .build();
  }

  public static Event.ProfileProposed profileProposed(StoredEvents.ProfileProposed m) {
    return new Event.ProfileProposed(m.getProfile(), m.getHash());
  }

  public static StoredEvents.ProfileAccepted message(Event.ProfileAccepted e) {
    return StoredEvents.ProfileAccepted.newBuilder()
        .setProfile(e.profile())
        .setHash(e.hash())
        .setBy(e.by())
        .build();
  }

  public static Event.ProfileAccepted profileAccepted(StoredEvents.ProfileAccepted m) {
    return new Event.ProfileAccepted(m.getProfile(), m.getHash(), m.getBy());
  }

  public static StoredEvents.SampleRef message(SampleRef s) {
    return StoredEvents.SampleRef.newBuilder()
        .setTopic(s.topic())
        .setPublisher(s.publisher())
        .setSequence(s.sequence())
        .setStampNanos(s.stampNanos())
        .setAgeMillis(s.ageMillis())
        .build();
  }

  public static SampleRef sampleRef(StoredEvents.SampleRef m) {
    return new SampleRef(
        m.getTopic(), m.getPublisher(), m.getSequence(), m.getStampNanos(), m.getAgeMillis());
  }

  public static StoredEvents.Used message(Used used) {
    var b = StoredEvents.Used.newBuilder();
    if (used.sample() != null) b.setSample(message(used.sample()));
    used.values()
        .forEach(
            (name, value) ->
                b.addValues(StoredEvents.UsedValue.newBuilder().setName(name).setValue(value)));
    return b.build();
  }

  public static Used used(StoredEvents.Used m) {
    var values = new TreeMap<String, Double>();
    m.getValuesList().forEach(v -> values.put(v.getName(), v.getValue()));
    return new Used(m.hasSample() ? sampleRef(m.getSample()) : null, values);
  }

  public static StoredEvents.Evidence message(Evidence e) {
    var b =
        StoredEvents.Evidence.newBuilder()
            .setUsed(message(e.used()))
            .setErrorRad(e.errorRad())
            .setSettledMillis(e.settledMillis());
    if (e.errorMeters() != null) b.setErrorMeters(e.errorMeters());
    return b.build();
  }

  public static Evidence evidence(StoredEvents.Evidence m) {
    return new Evidence(
        used(m.getUsed()),
        m.getErrorRad(),
        m.hasErrorMeters() ? m.getErrorMeters() : null,
        m.getSettledMillis());
  }

  public static StoredEvents.MotionGoal message(Goal goal) {
    var b = StoredEvents.MotionGoal.newBuilder();
    switch (goal) {
      case Goal.Joint(var joint) -> b.setJoint(joint);
      case Goal.Reach(var reach) -> b.setReach(reach);
      case Goal.Stream(var stream) -> b.setStream(stream);
      case Goal.Stance(var stance) -> b.setStance(stance);
      case Goal.Navigate(var navigate) -> b.setNavigate(navigate);
    }
    return b.build();
  }

  /**
   * @throws CorruptEvent where it is none of the known kinds
   */
  public static Goal goal(StoredEvents.MotionGoal m) {
    return switch (m.getGoalCase()) {
      case JOINT -> new Goal.Joint(m.getJoint());
      case REACH -> new Goal.Reach(m.getReach());
      case STREAM -> new Goal.Stream(m.getStream());
      case STANCE -> new Goal.Stance(m.getStance());
      case NAVIGATE -> new Goal.Navigate(m.getNavigate());
      case GOAL_NOT_SET ->
          throw new CorruptEvent(
              "goal: expected joint, reach, stream, stance or navigate, found none");
    };
  }

  private static StoredEvents.SegmentSealed message(Event.SegmentSealed e) {
    var b =
        StoredEvents.SegmentSealed.newBuilder()
            .setFile(e.file())
            .setFirstNanos(e.firstNanos())
            .setLastNanos(e.lastNanos())
            .setSha256(e.sha256())
            .setSizeBytes(e.sizeBytes())
            .setSamples(e.samples());
    for (var s : e.streams()) {
      b.addStreams(
          StoredEvents.StreamCount.newBuilder()
              .setTopic(s.topic())
              .setType(s.type())
              .setFirstSequence(s.firstSequence())
              .setLastSequence(s.lastSequence())
              .setOffered(s.offered())
              .setDelivered(s.delivered())
              .setDropped(s.dropped())
              .putAllDroppedBy(s.droppedBy())
              .setLate(s.late())
              .setDuplicate(s.duplicate())
              .setRecorded(s.recorded())
              .setPayloadBytes(s.payloadBytes())
              .setPublishers(s.publishers()));
    }
    return b.build();
  }

  private static Event.SegmentSealed sealed(StoredEvents.SegmentSealed m) {
    List<StreamCount> streams =
        m.getStreamsList().stream()
            .map(
                s ->
                    new StreamCount(
                        s.getTopic(),
                        s.getType(),
                        s.getFirstSequence(),
                        s.getLastSequence(),
                        s.getOffered(),
                        s.getDelivered(),
                        s.getDropped(),
                        new TreeMap<>(s.getDroppedByMap()),
                        s.getLate(),
                        s.getDuplicate(),
                        s.getRecorded(),
                        s.getPayloadBytes(),
                        s.getPublishers()))
            .toList();
    return new Event.SegmentSealed(
        m.getFile(),
        streams,
        m.getFirstNanos(),
        m.getLastNanos(),
        m.getSha256(),
        m.getSizeBytes(),
        m.getSamples());
  }
}
