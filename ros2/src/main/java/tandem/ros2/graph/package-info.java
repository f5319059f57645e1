/**
 * Who publishes and subscribes: the ROS graph as rmw_zenoh shows it in liveliness tokens.
 *
 * <p>Start at {@link tandem.ros2.graph.LivelinessToken}: one token is one node or endpoint. {@link
 * tandem.ros2.graph.Graph} is the sum of the tokens that are there now and finds the endpoint
 * behind a gid. How tokens get in is elsewhere ({@code tandem.ros2.node.GraphWatch}): this package
 * knows text, not sessions.
 *
 * <p>A malformed token is an {@link java.lang.IllegalArgumentException} that says which chunk. Any
 * thread; listeners run on the thread that brings the change.
 */
package tandem.ros2.graph;
