package tandem.deploy.drill;

import java.util.LinkedHashMap;
import java.util.Map;

/** One drill. */
interface Drill {
  String name();

  /** What is broken and what must hold, in one line. */
  String about();

  /** Breaks it; the verdict says whether all held. */
  Verdict run(Stage stage) throws Exception;

  /** Figures in order, and what did not hold. */
  final class Verdict {
    private final Map<String, Object> figures = new LinkedHashMap<>();
    private final Map<String, Object> broken = new LinkedHashMap<>();

    Verdict figure(String name, Object value) {
      figures.put(name, value);
      return this;
    }

    /** A promise; where it does not hold the drill fails and says what was found. */
    Verdict expect(String promise, boolean holds, Object found) {
      if (!holds) broken.put(promise, found);
      return this;
    }

    boolean passed() {
      return broken.isEmpty();
    }

    Map<String, Object> figures() {
      return figures;
    }

    Map<String, Object> broken() {
      return broken;
    }
  }
}
