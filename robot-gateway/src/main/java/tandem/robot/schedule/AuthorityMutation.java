package tandem.robot.schedule;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import tandem.robot.guard.GuardMutation;

/**
 * One thing broken on purpose, on one side or the other.
 *
 * @param name stable, for reports
 * @param text what it does
 */
public record AuthorityMutation(String name, String text, GuardMutation guard, TwinMutation twin) {
  private static final Set<GuardMutation> NOT_AMONG_ALL =
      EnumSet.of(GuardMutation.NONE, GuardMutation.PARTS_MIXED, GuardMutation.OVERTAKEN_BY_A_STOP);

  private static final Set<TwinMutation> RARE =
      EnumSet.of(
          TwinMutation.NONE,
          TwinMutation.STOPPED_NOT_CANCELLED,
          TwinMutation.OVERTAKEN_NOT_CANCELLED);

  static final AuthorityMutation NONE =
      new AuthorityMutation("none", "both as they are", GuardMutation.NONE, TwinMutation.NONE);

  /** Shown by one schedule of some hundred thousand. */
  static final AuthorityMutation OVERTAKEN =
      new AuthorityMutation(
          "twin.overtaken-not-cancelled",
          TwinMutation.OVERTAKEN_NOT_CANCELLED.text(),
          GuardMutation.NONE,
          TwinMutation.OVERTAKEN_NOT_CANCELLED);

  /** As rare; each side's rule makes up for the other's. */
  static final AuthorityMutation STOPPED =
      new AuthorityMutation(
          "both.overtaken-by-a-stop",
          GuardMutation.OVERTAKEN_BY_A_STOP.text()
              + ", and "
              + TwinMutation.STOPPED_NOT_CANCELLED.text(),
          GuardMutation.OVERTAKEN_BY_A_STOP,
          TwinMutation.STOPPED_NOT_CANCELLED);

  /**
   * Every one that these schedules have to find out within some thousands. A guard that mixes parts
   * up is found out by its own schedules, whose homes keep to no rule: it gives a twin too little,
   * never too much.
   */
  public static List<AuthorityMutation> all() {
    var all = new ArrayList<AuthorityMutation>();
    for (GuardMutation one : GuardMutation.values()) {
      if (NOT_AMONG_ALL.contains(one)) continue;
      all.add(new AuthorityMutation(name("guard", one), one.text(), one, TwinMutation.NONE));
    }
    for (TwinMutation one : TwinMutation.values()) {
      if (RARE.contains(one)) continue;
      all.add(new AuthorityMutation(name("twin", one), one.text(), GuardMutation.NONE, one));
    }
    return List.copyOf(all);
  }

  private static String name(String side, Enum<?> one) {
    return side + "." + one.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }
}
