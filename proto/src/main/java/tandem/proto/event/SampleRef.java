package tandem.proto.event;

/**
 * One recorded sample: which stream, whose, which number.
 *
 * @param topic ROS name with leading slash
 * @param publisher gid in hex, or another stable name
 * @param sequence -1 where the wire has none
 * @param stampNanos sender's stamp, else the gateway's wall time, ns since 1970
 * @param ageMillis since the gateway received it, when it was used
 */
public record SampleRef(
    String topic, String publisher, long sequence, long stampNanos, double ageMillis) {}
