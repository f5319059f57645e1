/**
 * MCAP files: records, a streaming reader, a writer.
 *
 * <p>Start at {@link tandem.twin.recorder.mcap.McapRecord}: its permitted records are the format.
 * {@link tandem.twin.recorder.mcap.McapReader} reads front to back and delivers every whole record
 * of a file that was cut off; {@link tandem.twin.recorder.mcap.McapFile} reads by the index where
 * there is one; {@link tandem.twin.recorder.mcap.McapWriter} writes through a sink that takes a
 * batch of bytes whole or not at all. Layouts are those of the MCAP specification, version 0:
 * little-endian, times ns since 1970, strings and maps with a 32-bit length. Lengths are compared
 * with what is there before memory is taken; bad content is an {@link
 * tandem.twin.recorder.mcap.McapException}. Readers and writers belong to one thread at a time.
 */
package tandem.twin.recorder.mcap;
