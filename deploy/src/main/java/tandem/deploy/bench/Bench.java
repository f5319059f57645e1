package tandem.deploy.bench;

import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** One benchmark: a name, a sentence, and a run that reports lines. */
public interface Bench {
  String name();

  String about();

  /**
   * Runs to its end; {@link Benches#run} adds {@code stolenPercent} to lines that have none.
   *
   * @param seconds how long each measured part may take
   */
  void run(double seconds, Consumer<Map<String, Object>> report) throws Exception;

  /** A line of result, begun with the benchmark's name and the machine's load. */
  default Map<String, Object> line(Object... namesAndValues) {
    var line = new LinkedHashMap<String, Object>();
    line.put("bench", name());
    for (int i = 0; i < namesAndValues.length; i += 2)
      line.put((String) namesAndValues[i], namesAndValues[i + 1]);
    line.put("cores", Runtime.getRuntime().availableProcessors());
    line.put(
        "loadAverage",
        Math.rint(ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage() * 100) / 100);
    return line;
  }
}
