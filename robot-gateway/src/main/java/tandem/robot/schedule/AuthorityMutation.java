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
  private static final Set<GuardMutation> OF_THE_GUARD_ALONE =
      EnumSet.of(GuardMutation.NONE, GuardMutation.PARTS_MIXED);

  static final AuthorityMutation NONE =
      new AuthorityMutation("none", "both as they are", GuardMutation.NONE, TwinMutation.NONE);

  /**
   * Every one that these schedules have to find out. A guard that mixes parts up is found out by
   * its own schedules, whose homes keep to no rule: it gives a twin too little, never too much.
   */
  public static List<AuthorityMutation> all() {
    var all = new ArrayList<AuthorityMutation>();
    for (GuardMutation one : GuardMutation.values()) {
      if (OF_THE_GUARD_ALONE.contains(one)) continue;
      all.add(new AuthorityMutation(name("guard", one), one.text(), one, TwinMutation.NONE));
    }
    for (TwinMutation one : TwinMutation.values()) {
      if (one == TwinMutation.NONE) continue;
      all.add(new AuthorityMutation(name("twin", one), one.text(), GuardMutation.NONE, one));
    }
    return List.copyOf(all);
  }

  private static String name(String side, Enum<?> one) {
    return side + "." + one.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }
}
