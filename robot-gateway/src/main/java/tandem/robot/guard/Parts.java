package tandem.robot.guard;

import java.util.List;
import tandem.proto.v1.Authority;
import tandem.proto.v1.GuardMemory;
import tandem.proto.v1.Motion;
import tandem.proto.v1.PartMemory;
import tandem.proto.v1.RobotProfile;

/**
 * The parts of a body that may be held apart, and what is remembered of each. {@code body} is both
 * {@code arms} and {@code locomotion}; where the profile does not say that they are independent,
 * everything is {@code body}.
 */
final class Parts {
  static final String BODY = "body";
  static final String ARMS = "arms";
  static final String LOCOMOTION = "locomotion";

  private Parts() {}

  /** The single parts that a part stands for. */
  static List<String> of(String part) {
    return part.equals(BODY) ? List.of(ARMS, LOCOMOTION) : List.of(part);
  }

  static boolean overlap(String left, String right) {
    return left.equals(right) || left.equals(BODY) || right.equals(BODY);
  }

  static boolean independent(RobotProfile profile) {
    return profile != null && profile.getIndependentParts();
  }

  /** Which part a motion moves. */
  static String of(Motion motion, RobotProfile profile) {
    if (!independent(profile)) {
      return BODY;
    }
    return switch (motion.getGoalCase()) {
      case JOINT, REACH -> ARMS;
      case STREAM -> motion.getStream().getKind().equals(Streams.VELOCITY) ? LOCOMOTION : ARMS;
      case STANCE, NAVIGATE, GOAL_NOT_SET -> BODY;
    };
  }

  /** What is remembered of a single part; a memory from before there were parts knows the body. */
  static PartMemory floor(GuardMemory memory, String part) {
    PartMemory known = memory.getPartsMap().get(part);
    if (known != null) {
      return known;
    }
    PartMemory.Builder body =
        PartMemory.newBuilder()
            .setHighestSeen(memory.getHighestSeen())
            .setGranted(memory.getHighestSeen())
            .setSequenceInEpoch(memory.getSequenceInEpoch());
    if (memory.hasRevokedUpTo()) {
      body.setRevokedUpTo(memory.getRevokedUpTo());
    }
    return body.build();
  }

  /** The highest authority seen for a part, or for the whole body over all parts. */
  static Authority seen(GuardMemory memory, String part) {
    return part.equals(BODY) ? memory.getHighestSeen() : floor(memory, part).getHighestSeen();
  }

  static long sequence(GuardMemory memory, String part) {
    if (!part.equals(BODY)) {
      return floor(memory, part).getSequenceInEpoch();
    }
    long highest = memory.getSequenceInEpoch();
    for (String one : of(part)) {
      PartMemory floor = floor(memory, one);
      if (floor.getHighestSeen().equals(memory.getHighestSeen())
          && Long.compareUnsigned(floor.getSequenceInEpoch(), highest) > 0) {
        highest = floor.getSequenceInEpoch();
      }
    }
    return highest;
  }

  static boolean isRevoked(GuardMemory memory, Authority authority, String part) {
    return of(part).stream()
        .map(one -> floor(memory, one))
        .anyMatch(
            floor ->
                floor.hasRevokedUpTo()
                    && GuardCore.compare(authority, floor.getRevokedUpTo()) <= 0);
  }

  /** Whether the newest grant of every part that is meant is this one. */
  static boolean isGranted(GuardMemory memory, Authority authority, String part) {
    return of(part).stream()
        .map(one -> floor(memory, one))
        .allMatch(
            floor ->
                floor.getGranted().equals(authority) && floor.getHighestSeen().equals(authority));
  }

  /** Whether some part is held by this authority now. */
  static boolean isCurrent(GuardMemory memory, Authority authority) {
    return authority.equals(memory.getHighestSeen())
        || authority.getTerm() == memory.getHighestSeen().getTerm()
            && of(BODY).stream()
                .anyMatch(one -> floor(memory, one).getHighestSeen().equals(authority));
  }

  /** A part of another grant than the one asked for that has had this very epoch; empty: none. */
  static String givenElsewhere(GuardMemory memory, Authority authority, String part) {
    boolean all = isGranted(memory, authority, part);
    for (String one : of(BODY)) {
      boolean meant = of(part).contains(one);
      if (floor(memory, one).getGranted().equals(authority) && (!meant || !all)) {
        return one;
      }
    }
    return "";
  }

  /** With both parts written down: what a part inherits must not change with the whole body. */
  private static GuardMemory.Builder split(GuardMemory memory) {
    GuardMemory.Builder next = memory.toBuilder();
    of(BODY).forEach(one -> next.putParts(one, floor(memory, one)));
    return next;
  }

  static GuardMemory raise(GuardMemory memory, Authority authority, String part) {
    GuardMemory.Builder next = split(memory);
    for (String one : of(part)) {
      PartMemory floor = floor(memory, one);
      next.putParts(
          one,
          GuardCore.compare(authority, floor.getHighestSeen()) > 0
              ? floor.toBuilder().setHighestSeen(authority).setSequenceInEpoch(0).build()
              : floor);
    }
    if (GuardCore.compare(authority, memory.getHighestSeen()) > 0) {
      next.setHighestSeen(authority).setSequenceInEpoch(0);
    }
    return next.build();
  }

  static GuardMemory granted(GuardMemory memory, Authority authority, String part) {
    GuardMemory.Builder next = split(memory);
    for (String one : of(part)) {
      next.putParts(one, floor(memory, one).toBuilder().setGranted(authority).build());
    }
    return next.build();
  }

  static GuardMemory revoked(GuardMemory memory, Authority authority, String part) {
    GuardMemory.Builder next = split(memory);
    for (String one : of(part)) {
      next.putParts(one, floor(memory, one).toBuilder().setRevokedUpTo(authority).build());
    }
    if (part.equals(BODY)) {
      next.setRevokedUpTo(authority);
    }
    return next.build();
  }

  static GuardMemory sequence(GuardMemory memory, Authority authority, String part, long number) {
    GuardMemory.Builder next = split(memory);
    for (String one : of(part)) {
      next.putParts(one, floor(memory, one).toBuilder().setSequenceInEpoch(number).build());
    }
    if (authority.equals(memory.getHighestSeen())) {
      next.setSequenceInEpoch(number);
    }
    return next.build();
  }
}
