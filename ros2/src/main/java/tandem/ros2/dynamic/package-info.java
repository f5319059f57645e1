/**
 * Any ROS type by its definition: CDR to values and back, values to JSON with ROS field names.
 *
 * <p>Start at {@link tandem.ros2.dynamic.MessageCodec}: made once per type from an {@code
 * tandem.ros2.idl.InterfaceRegistry}, it reads and writes {@link
 * tandem.ros2.dynamic.DynamicMessage}s. For types on the hot path there are records in {@code
 * tandem.ros2.msg}.
 *
 * <p>Codecs are immutable and thread-safe, messages are neither. Bad bytes are a {@link
 * tandem.ros2.cdr.MalformedCdr}; a value that does not fit its field is an {@link
 * java.lang.IllegalArgumentException} with the field's path.
 */
package tandem.ros2.dynamic;
