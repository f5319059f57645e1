package tandem.zenoh;

/**
 * Which entity published a sample and as its how-manieth: what advanced publishers attach.
 *
 * @param zid printed form
 * @param entityId unsigned
 * @param sequence unsigned, from 0
 */
public record SourceInfo(String zid, long entityId, long sequence) {}
