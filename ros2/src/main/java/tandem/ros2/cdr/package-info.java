/**
 * Plain CDR (XCDR1) as ROS 2 writes it: bytes in, primitives out, and back.
 *
 * <p>Start at {@link tandem.ros2.cdr.CdrReader}; {@link tandem.ros2.cdr.CdrWriter} is its mirror.
 * Big arrays are not copied: {@link tandem.ros2.cdr.Float64s}, {@link tandem.ros2.cdr.Float32s} and
 * {@link tandem.ros2.cdr.Bytes} are views onto the message. Which fields a message has is known by
 * {@code tandem.ros2.msg} (records) and {@code tandem.ros2.dynamic} (definitions), not here.
 *
 * <p>Byte 1 of the 4-byte header says the byte order: both are read, little-endian is written.
 * Alignment counts from behind the header. Every length is compared with what is there before a
 * byte is allocated; bad input is a {@link tandem.ros2.cdr.MalformedCdr} that names field path and
 * byte offset. Readers and writers belong to one thread; views are immutable as long as nobody
 * writes to the bytes below them.
 */
package tandem.ros2.cdr;
