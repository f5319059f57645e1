package tandem.twin.journal;

import java.util.regex.Pattern;

/**
 * Persistence id of one term of one twin: {@code RobotTwin|<robot>~<term>}.
 *
 * @param robot letters, digits, {@code _ . / -}; begins with a letter or digit; at most 128
 *     characters
 * @param term from 1
 */
public record TwinId(String robot, long term) {
  public static final String ENTITY = "RobotTwin";

  private static final Pattern ROBOT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_./-]{0,127}");
  private static final Pattern TEXT = Pattern.compile("RobotTwin\\|(.+)~([1-9][0-9]{0,17})");

  public TwinId {
    if (!isRobotName(robot)) {
      throw new IllegalArgumentException(
          "robot name: expected %s, found '%s'".formatted(ROBOT.pattern(), robot));
    }
    if (term < 1) throw new IllegalArgumentException("term: expected >= 1, found " + term);
  }

  public static boolean isRobotName(String name) {
    return ROBOT.matcher(name).matches();
  }

  /**
   * @throws IllegalArgumentException where the text is no such id
   */
  public static TwinId parse(String persistenceId) {
    var matcher = TEXT.matcher(persistenceId);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "persistence id: expected RobotTwin|<robot>~<term>, found '" + persistenceId + "'");
    }
    return new TwinId(matcher.group(1), Long.parseLong(matcher.group(2)));
  }

  @Override
  public String toString() {
    return ENTITY + "|" + robot + "~" + term;
  }
}
