/**
 * One record per ROS type that Tandem itself reads or writes; field order and names as in the
 * definition (Java spelling), units as in ROS: metres, radians, seconds, newtons.
 *
 * <p>Start at {@link tandem.ros2.msg.JointState}: a record, its {@link tandem.ros2.msg.MessageType}
 * with name, hash and codec, nothing else. Big arrays are views onto the bytes they were read from
 * ({@code tandem.ros2.cdr}): keep a record and you keep its message. Types that have no record here
 * are read by {@code tandem.ros2.dynamic}. Each record is checked against its definition by a test.
 *
 * <p>Bad bytes are a {@link tandem.ros2.cdr.MalformedCdr}. Records are immutable; any thread.
 */
package tandem.ros2.msg;
