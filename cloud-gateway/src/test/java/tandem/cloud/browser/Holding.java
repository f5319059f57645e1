package tandem.cloud.browser;

import java.util.function.BooleanSupplier;

/** Holds a control of a page, as a person does who holds it anew when a rule has let go. */
public final class Holding {
  private static final int ATTEMPTS = 12;
  private static final long EACH_NANOS = 20_000_000_000L;
  private final Browser page;

  public Holding(Browser page) {
    this.page = page;
  }

  /**
   * Holds until setpoints are accepted and what it is held for is seen; gives the id of the
   * command, still held. A machine that is busy may stall the page: the rule then lets go, and the
   * control is held anew.
   *
   * @throws AssertionError where the control is refused, or ends for another reason
   */
  public String until(Runnable hold, Runnable letGo, BooleanSupplier met) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      double before = page.number("tandemStatus.hand.holds");
      page.until("tandemStatus.whyNot === null", "a robot that may be moved");
      hold.run();
      page.until(
          "tandemStatus.hand.holds > %s || tandemStatus.hand.notTaken".formatted(before),
          "the control taken or refused");
      long deadline = System.nanoTime() + EACH_NANOS;
      while (System.nanoTime() < deadline && !page.text("tandemStatus.hand.source").equals("null"))
        if (page.number("tandemStatus.hand.accepted") > 1 && met.getAsBoolean())
          return page.text("tandemStatus.hand.command");
      String why = page.text("tandemStatus.hand.ended ?? tandemStatus.hand.notTaken");
      letGo.run();
      if (!why.matches(".*(stalled|no word).*"))
        throw new AssertionError(
            "not held: %s; %s".formatted(why, page.text("JSON.stringify(tandemStatus.hand)")));
    }
    throw new AssertionError("the page stalled at each of %d attempts".formatted(ATTEMPTS));
  }
}
