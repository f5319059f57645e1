/**
 * What has happened to a robot: the only types a journal stores.
 *
 * <p>Start at {@link tandem.proto.event.Event}: its permitted records are the whole vocabulary. The
 * bytes of each, its manifest and the envelope with the hash chain are in {@code
 * tandem.proto.codec}. Samples are never events; an event whose decision used a sample names it and
 * carries the values ({@link tandem.proto.event.Used}).
 *
 * <p>Units: times are ns since 1970 UTC and end in {@code Nanos}, durations end in {@code Millis},
 * angles rad. Everything here is immutable.
 */
package tandem.proto.event;
