package tandem.zenoh;

/**
 * A Zenoh timestamp: NTP64 time and the zid of the clock that made it.
 *
 * @param ntp64 upper 32 bits seconds since 1970, lower 32 bits fraction of a second
 * @param zid printed form
 */
public record Timestamp(long ntp64, String zid) {}
