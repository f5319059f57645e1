/**
 * The names of ROS 2 on a Zenoh network, as rmw_zenoh writes them.
 *
 * <p>Start at {@link tandem.ros2.TopicKey}: one data key holds domain, topic, type and hash. {@link
 * tandem.ros2.Attachment} is what travels beside each sample, {@link tandem.ros2.Qos} how endpoints
 * say what they promise, {@link tandem.ros2.Gid} who sent it. Elsewhere: definitions and hashes
 * ({@code tandem.ros2.idl}), bytes ({@code tandem.ros2.cdr}), records ({@code tandem.ros2.msg}),
 * any other type ({@code tandem.ros2.dynamic}), liveliness ({@code tandem.ros2.graph}), a node of
 * our own with its topics and services ({@code tandem.ros2.node}), actions on top of them ({@code
 * tandem.ros2.action}), units ({@code tandem.ros2.translate}).
 *
 * <p>Values only: no clock, no I/O, no threads. Bad text is an {@link
 * java.lang.IllegalArgumentException} that names the field, what was expected and what was found.
 * Layouts are those of ros2/rmw_zenoh (rmw_zenoh_cpp/src/detail), since its release 0.6.
 */
package tandem.ros2;
