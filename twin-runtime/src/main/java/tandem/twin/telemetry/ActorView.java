package tandem.twin.telemetry;

/**
 * One actor as the management port shows it.
 *
 * @param path as {@code /user/streams/ada}
 * @param kind what it is; empty for actors that are not ours
 * @param mailbox messages waiting; -1 where not known
 * @param processed messages taken from the mailbox since the actor's start
 * @param perSecond since this view was last asked for, at least a second
 * @param p50Micros handling time; NaN where the actor is not watched
 * @param lastFailure empty where it never failed
 */
public record ActorView(
    String path,
    String kind,
    int mailbox,
    long processed,
    double perSecond,
    double p50Micros,
    double p99Micros,
    long restarts,
    String lastFailure) {}
