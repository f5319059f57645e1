package tandem.robot.guard;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tandem.proto.v1.Authority;
import tandem.proto.v1.GuardMemory;
import tandem.proto.v1.RobotProfile;

/**
 * One decision in the making: what the state becomes, and the effects so far. Lives within one call
 * of {@link GuardCore#decide}; the rules that change it lie by subject in {@link Grants}, {@link
 * Motions}, {@link Streams}, {@link Stances} and {@link Halts}.
 */
final class Draft {
  static final String CODE = "tandem.guard.";
  private static final int MOST_TOLD = 32;
  private static final int LONGEST_TEXT = 400;

  final GuardState before;
  final long now;
  final Body body;
  final List<GuardEffect> effects = new ArrayList<>();
  final Map<String, Long> counted = new HashMap<>();

  GuardMemory memory;
  boolean stored;
  String storeError;
  long storeTriedNanos;
  long storeNumber;
  RobotProfile profile;
  String profileHash;
  tandem.proto.body.Body model;
  final List<GuardState.Active> actives;
  GuardState.Pending pending;
  final List<GuardInput.Request> asked;
  List<GuardState.Beat> beats;
  final List<GuardState.Halt> halts;
  int releasesLeft;
  long lastReleaseNanos;
  GuardInput.Presence presence;
  CancelledIds cancelledIds;
  List<String> told;
  boolean ending;
  boolean inherits;
  long recalledNanos;
  long releasedMillis;

  Draft(GuardState state, long nowNanos, Body body) {
    this.before = state;
    this.now = nowNanos;
    this.body = body;
    memory = state.memory();
    stored = state.stored();
    storeError = state.storeError();
    storeTriedNanos = state.storeTriedNanos();
    storeNumber = state.storeNumber();
    profile = state.profile();
    profileHash = state.profileHash();
    model = state.model();
    actives = new ArrayList<>(state.actives());
    pending = state.pending();
    asked = new ArrayList<>(state.asked());
    beats = state.beats();
    halts = new ArrayList<>(state.halts());
    releasesLeft = state.releasesLeft();
    lastReleaseNanos = state.lastReleaseNanos();
    presence = state.presence();
    cancelledIds = state.cancelledIds();
    told = state.told();
    ending = state.ending();
    inherits = state.inherits();
    recalledNanos = state.recalledNanos();
    releasedMillis = state.releasedMillis();
  }

  /** How the body is, as {@link Body#posture} says. */
  String posture() {
    return body.posture(now, GuardCore.isAssisted(profile));
  }

  GuardState state() {
    Map<String, Long> counters = before.counters();
    if (!counted.isEmpty()) {
      counters = new TreeMap<>(counters);
      for (var entry : counted.entrySet()) {
        counters.merge(entry.getKey(), entry.getValue(), Long::sum);
      }
      counters = Map.copyOf(counters);
    }
    return new GuardState(
        before.robot(),
        before.bootId(),
        memory,
        stored,
        storeError,
        storeTriedNanos,
        storeNumber,
        profile,
        profileHash,
        model,
        List.copyOf(actives),
        pending,
        List.copyOf(asked),
        beats,
        List.copyOf(halts),
        releasesLeft,
        lastReleaseNanos,
        presence,
        cancelledIds,
        told,
        counters,
        ending,
        inherits,
        recalledNanos,
        releasedMillis);
  }

  MotionPlan.Scene scene() {
    return new MotionPlan.Scene(profile, presence, body, model, now);
  }

  /** The motion of this id; null where none of them runs. */
  GuardState.Active active(String commandId) {
    return actives.stream()
        .filter(one -> one.commandId().equals(commandId))
        .findFirst()
        .orElse(null);
  }

  /** The command that waits for the disk or the link; empty where none does. */
  String pendingId() {
    return switch (pending) {
      case GuardState.Pending.Start start -> start.motion().getCommandId();
      case GuardState.Pending.Sent sent -> sent.active().commandId();
      case null, default -> "";
    };
  }

  /** The same motion, further on; a no-op where it has ended meanwhile. */
  void goesOn(GuardState.Active next) {
    actives.replaceAll(one -> one.commandId().equals(next.commandId()) ? next : one);
  }

  void halt(GuardState.Halt next) {
    halts.removeIf(one -> Parts.overlap(one.part(), next.part()));
    halts.add(next);
  }

  void answerStored(
      long replyTo,
      boolean accepted,
      String code,
      String why,
      boolean binding,
      GuardEffect.Log... logs) {
    var mine = new GuardState.Pending.Answer(replyTo, accepted, code, why, binding, List.of(logs));
    pending =
        switch (pending) {
          case GuardState.Pending.Answer before ->
              new GuardState.Pending.Answers(List.of(before, mine));
          case GuardState.Pending.Answers(var before) -> {
            List<GuardState.Pending.Answer> all = new ArrayList<>(before);
            all.add(mine);
            yield new GuardState.Pending.Answers(List.copyOf(all));
          }
          case null, default -> mine;
        };
    store();
  }

  void store() {
    memory = Stances.remembered(this);
    stored = false;
    storeTriedNanos = now;
    effects.add(new GuardEffect.Store(++storeNumber, memory));
  }

  void accept(long replyTo) {
    effects.add(new GuardEffect.Reply(replyTo, true, "", ""));
  }

  void refuse(long replyTo, String code, String why) {
    effects.add(new GuardEffect.Reply(replyTo, false, CODE + code, why));
  }

  /**
   * Refuses one of many that come in a row; the log tells the first for each code.
   *
   * @param kind of the log record
   * @param of what it was said to: a stream, or else an authority
   */
  void refuseOneOfMany(
      String kind,
      String of,
      String commandId,
      Authority authority,
      long replyTo,
      String code,
      String why) {
    String key = kind + " " + of + " " + code;
    if (told.size() < MOST_TOLD && !told.contains(key)) {
      List<String> next = new ArrayList<>(told);
      next.add(key);
      told = List.copyOf(next);
      effects.add(log(kind, commandId, authority, "", why, CODE + code, false));
    }
    refuse(replyTo, code, why);
  }

  /** Limits that a motion did not keep are counted apart. */
  void countLimit(MotionPlan.Outcome.No refused) {
    if (refused.code().endsWith("-limit")) {
      count("limitRefused");
    }
  }

  /** A command that came here and is over: should it come again, it is refused. */
  void remember(String commandId) {
    cancelledIds = cancelledIds.with(commandId, now, needed());
  }

  /** As the other, of one that anybody may have made up. */
  void rememberUnseen(String commandId) {
    cancelledIds = cancelledIds.withUnseen(commandId, now, needed());
  }

  /** What the link was handed, and what the robot may still be at, is asked for at any time. */
  private List<String> needed() {
    List<String> needed = new ArrayList<>();
    needed.add(pendingId());
    memory.getNavigationsList().forEach(one -> needed.add(one.getCommandId()));
    return needed;
  }

  /** The commands that wait to be looked at. */
  List<String> waitingIds() {
    return asked.stream()
        .map(one -> one.request().getMotion().getCommandId())
        .filter(id -> !id.isEmpty())
        .toList();
  }

  void count(String counter) {
    counted.merge(counter, 1L, Long::sum);
  }

  static GuardEffect.Log log(
      String kind,
      String commandId,
      Authority authority,
      String by,
      String why,
      String code,
      boolean sync) {
    return new GuardEffect.Log(kind, clip(commandId), authority, clip(by), clip(why), code, sync);
  }

  static MotionPlan.Outcome.No no(String code, String why) {
    return new MotionPlan.Outcome.No(CODE + code, why);
  }

  static String clip(String text) {
    return text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT) + "...";
  }
}
