package tandem.twin.robot;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.TimeToken;
import tandem.twin.robot.Observation.GuardSeen;

/** The guards that this node's gateways have a way to, and their newest words. Thread-safe. */
public final class GuardPorts {
  private record Heard(GuardStatus status, long nanos) {}

  private final Map<String, GuardPort> ports = new ConcurrentHashMap<>();
  private final Map<String, Heard> heard = new ConcurrentHashMap<>();
  private final LongSupplier nanos;

  public GuardPorts() {
    this(System::nanoTime);
  }

  /**
   * @param nanos monotonic clock
   */
  GuardPorts(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** null: no longer reachable. */
  public void port(String robot, GuardPort portOrNull) {
    if (portOrNull == null) ports.remove(robot);
    else ports.put(robot, request -> portOrNull.request(request).thenApply(this::heardWith));
  }

  /** An answer carries the status behind it: nobody decides by an older one afterwards. */
  private GuardReply heardWith(GuardReply reply) {
    if (reply.hasStatus() && !reply.getStatus().getRobot().isEmpty()) status(reply.getStatus());
    return reply;
  }

  /** Null where there is no way to it. */
  public GuardPort port(String robot) {
    return ports.get(robot);
  }

  /** News of a guard; of one that was overtaken by a newer one of the same boot nothing is kept. */
  public void status(GuardStatus status) {
    heard.merge(
        status.getRobot(),
        new Heard(status, nanos.getAsLong()),
        (known, news) -> isOlder(news.status.getToken(), known.status.getToken()) ? known : news);
  }

  private static boolean isOlder(TimeToken news, TimeToken known) {
    return news.getBootId().equals(known.getBootId())
        && news.getTickMillis() < known.getTickMillis();
  }

  /** The newest word of each, by robot; also of those that no gateway reaches any more. */
  public List<GuardStatus> statuses() {
    return heard.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(one -> one.getValue().status())
        .toList();
  }

  public GuardSeen seen(String robot) {
    Heard newest = heard.get(robot);
    return new GuardSeen(
        ports.containsKey(robot),
        newest == null ? null : newest.status(),
        newest == null ? Tracking.NEVER : newest.nanos());
  }
}
