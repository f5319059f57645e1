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

  private SplittableRandom random;
  private double least;
  private double most;
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

  /**
   * One every 2.2 to 2.8 s, from any side, from {@code least} up to {@code most} N s, each stronger
   * by {@code step}.
   */
  public static Pushes rising(long seed, double least, double step, double most) {
    var random = new SplittableRandom(seed ^ 0x7269_7365L);
    var pushes = new ArrayList<Push>();
    double at = 0;
    for (double impulse = least; impulse <= most; impulse += step) {
      at += 2.2 + 0.6 * random.nextDouble();
      pushes.add(new Push(at, impulse, 2 * Math.PI * random.nextDouble()));
    }
    return script(pushes);
  }

  /** Exactly these. */
  public static Pushes script(List<Push> pushes) {
    return new Pushes(null, 0, 0, pushes);
  }

  /**
   * Reads {@code none}, {@code seeded}, {@code seeded:LEAST-MOST}, {@code rising:LEAST-STEP-MOST},
   * or {@code T:IMPULSE:DEGREES,...} (seconds, N s, bearing). {@link IllegalArgumentException} says
   * what is wrong.
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
      if (text.startsWith("rising:")) {
        String[] range = text.substring("rising:".length()).split("-", -1);
        double least = Double.parseDouble(range[0]);
        double step = Double.parseDouble(range[1]);
        double most = Double.parseDouble(range[2]);
        if (!(least >= 0 && step >= 0.1 && most >= least && most <= 1000)) {
          throw new NumberFormatException(text);
        }
        return rising(seed, least, step, most);
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
              "--push: expected none, seeded, seeded:LEAST-MOST,"
                  + " rising:LEAST-STEP-MOST or T:IMPULSE:DEGREES,..., found %s",
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

  /** Others instead of what was still to come, their times counted from now; one under way ends. */
  public void become(Pushes others, double nowSeconds) {
    random = others.random;
    least = others.least;
    most = others.most;
    ahead.clear();
    for (var push : others.ahead)
      ahead.add(new Push(nowSeconds + push.atSeconds(), push.impulse(), push.bearingRad()));
  }

  /** Pushes begun so far. */
  public long count() {
    return count;
  }
}
