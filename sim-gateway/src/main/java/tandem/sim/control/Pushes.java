package tandem.sim.control;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Horizontal pushes at the torso, by script or by seed; each lasts {@link #SECONDS}. Deterministic:
 * the force is a function of time alone.
 */
public final class Pushes {
  /** How long a push lasts. */
  public static final double SECONDS = 0.1;

  /**
   * One push.
   *
   * @param atSeconds simulation time
   * @param impulse N s
   * @param bearingRad in odom: 0 pushes along +x, pi/2 along +y
   */
  public record Push(double atSeconds, double impulse, double bearingRad) {}

  private final SplittableRandom random;
  private final double least;
  private final double most;
  private final List<Push> ahead;
  private Push current;
  private long count;

  private Pushes(SplittableRandom random, double least, double most, List<Push> script) {
    this.random = random;
    this.least = least;
    this.most = most;
    this.ahead = new ArrayList<>(script);
    ahead.sort(Comparator.comparingDouble(Push::atSeconds));
    if (random != null) ahead.add(draw(2));
  }

  /** None at all. */
  public static Pushes none() {
    return new Pushes(null, 0, 0, List.of());
  }

  /** Every 4 to 6 s one between {@code least} and {@code most} N s, from any side. */
  public static Pushes seeded(long seed, double least, double most) {
    return new Pushes(new SplittableRandom(seed ^ 0x7075_7368L), least, most, List.of());
  }

  /** Exactly these. */
  public static Pushes script(List<Push> pushes) {
    return new Pushes(null, 0, 0, pushes);
  }

  /**
   * Reads {@code none}, {@code seeded}, {@code seeded:LEAST-MOST}, or {@code T:IMPULSE:DEGREES,...}
   * (seconds, N s, bearing). {@link IllegalArgumentException} says what is wrong.
   */
  public static Pushes parse(String text, long seed) {
    if (text.equals("none")) return none();
    if (text.equals("seeded")) return seeded(seed, 3, 6);
    try {
      if (text.startsWith("seeded:")) {
        String[] range = text.substring("seeded:".length()).split("-", -1);
        double least = Double.parseDouble(range[0]);
        double most = Double.parseDouble(range[1]);
        if (least < 0 || most < least || most > 1000) throw new NumberFormatException(text);
        return seeded(seed, least, most);
      }
      var pushes = new ArrayList<Push>();
      for (String item : text.split(",", -1)) {
        String[] part = item.split(":", -1);
        var push =
            new Push(
                Double.parseDouble(part[0]),
                Double.parseDouble(part[1]),
                Math.toRadians(Double.parseDouble(part[2])));
        if (!(push.atSeconds() >= 0 && push.impulse() >= 0 && push.impulse() <= 1000)) {
          throw new NumberFormatException(item);
        }
        pushes.add(push);
      }
      return script(pushes);
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "--push: expected none, seeded, seeded:LEAST-MOST or T:IMPULSE:DEGREES,..., found %s",
              text),
          e);
    }
  }

  private Push draw(double notBefore) {
    return new Push(
        notBefore + 4 + 2 * random.nextDouble(),
        least + (most - least) * random.nextDouble(),
        2 * Math.PI * random.nextDouble());
  }

  /**
   * The force at a time that never goes back: x and y in N in odom into {@code force}; true if it
   * differs from the last call's.
   */
  public boolean forceAt(double seconds, double[] force) {
    boolean changed = false;
    if (current != null && seconds >= current.atSeconds() + SECONDS) {
      current = null;
      changed = true;
    }
    if (current == null && !ahead.isEmpty() && seconds >= ahead.getFirst().atSeconds()) {
      current = ahead.removeFirst();
      count++;
      changed = true;
      if (random != null) ahead.add(draw(current.atSeconds()));
    }
    double newtons = current == null ? 0 : current.impulse() / SECONDS;
    force[0] = current == null ? 0 : newtons * Math.cos(current.bearingRad());
    force[1] = current == null ? 0 : newtons * Math.sin(current.bearingRad());
    return changed;
  }

  /** Pushes begun so far. */
  public long count() {
    return count;
  }
}
