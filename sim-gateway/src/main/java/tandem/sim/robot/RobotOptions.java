package tandem.sim.robot;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What {@code ./tandem robot} was asked to do.
 *
 * @param endpoints Zenoh endpoints to connect to, all of them
 * @param model an MJCF file instead of the built-in scene
 * @param assisted the base is moved by {@link tandem.sim.control.Assistance}
 * @param push as {@link tandem.sim.control.Pushes#parse} reads it, or {@link #PUSH_BY_LINES}
 * @param parent process whose end is also ours
 */
record RobotOptions(
    List<String> endpoints,
    String name,
    int domain,
    Optional<Path> model,
    long seed,
    String push,
    boolean assisted,
    OptionalLong parent) {
  /** Pushes come as lines on stdin, each in the words of the option, from its receipt on. */
  static final String PUSH_BY_LINES = "stdin";

  static final String USAGE =
      """
      usage: tandem robot [--zenoh-connect EP]... [--name ada] [--domain 0] [--model FILE] [--seed N]
                          [--push none|seeded|seeded:LEAST-MOST|rising:LEAST-STEP-MOST|T:IMPULSE:DEGREES,...|stdin]
                          [--base free|assisted] [--with-parent PID]
        --zenoh-connect  as tcp/127.0.0.1:7447 (the default); given more than once: all of them
        --model          an MJCF file with the same body (joints, motors, sites, sensors); the scene may differ
        --push           pushes at the torso, N s and degrees from +x of odom; default: seeded, 3 to 6 N s every 4 to 6 s;
                         stdin: each line on stdin is such a word and holds from then on, until the robot falls
        --base           assisted: cmd_vel and goals of navigate_to_pose (nav2_msgs/action/NavigateToPose, in odom) move it on
                         a slider that helps it stand (not walking, and labelled so)
        --with-parent    end when that process ends\
      """;

  /** {@link IllegalArgumentException} says what is wrong. */
  static RobotOptions parse(String... arguments) {
    var endpoints = new ArrayList<String>();
    String name = "ada";
    int domain = 0;
    Optional<Path> model = Optional.empty();
    long seed = 1;
    String push = "seeded";
    boolean assisted = false;
    OptionalLong parent = OptionalLong.empty();
    for (int i = 0; i < arguments.length; i++) {
      String option = arguments[i];
      String value = null;
      int equals = option.indexOf('=');
      if (option.startsWith("--") && equals > 0) {
        value = option.substring(equals + 1);
        option = option.substring(0, equals);
      } else if (i + 1 < arguments.length) {
        value = arguments[++i];
      }
      if (value == null)
        throw new IllegalArgumentException("%s: expected a value".formatted(option));
      switch (option) {
        case "--zenoh-connect" -> endpoints.add(value);
        case "--name" -> {
          if (!value.matches("[A-Za-z][A-Za-z0-9_]*")) {
            throw new IllegalArgumentException(
                "--name: expected letters, digits and underscores, found " + value);
          }
          name = value;
        }
        case "--domain" -> domain = (int) number(option, value, 0, 232);
        case "--model" -> model = Optional.of(Path.of(value));
        case "--seed" -> seed = number(option, value, Long.MIN_VALUE, Long.MAX_VALUE);
        case "--push" -> push = value;
        case "--base" ->
            assisted =
                switch (value) {
                  case "free" -> false;
                  case "assisted" -> true;
                  default ->
                      throw new IllegalArgumentException(
                          "--base: expected free or assisted, found " + value);
                };
        case "--with-parent" -> parent = OptionalLong.of(number(option, value, 1, Long.MAX_VALUE));
        default -> throw new IllegalArgumentException("unknown option " + option);
      }
    }
    if (endpoints.isEmpty()) endpoints.add("tcp/127.0.0.1:7447");
    return new RobotOptions(
        List.copyOf(endpoints), name, domain, model, seed, push, assisted, parent);
  }

  private static long number(String option, String text, long least, long most) {
    try {
      long value = Long.parseLong(text);
      if (value >= least && value <= most) return value;
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "%s: expected a whole number, found %s".formatted(option, text), e);
    }
    throw new IllegalArgumentException(
        "%s: expected %d..%d, found %s".formatted(option, least, most, text));
  }
}
