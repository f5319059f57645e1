/**
 * ROS 2 on a Zenoh session: a node of our own, and what a gateway needs to hear everybody.
 *
 * <p>Start at {@link tandem.ros2.node.Ros2Node}: publishers and subscriptions that a ROS 2 node
 * with rmw_zenoh meets as its own kind, transient local ones included, and clients and servers of
 * services ({@link tandem.ros2.node.ServiceClient}, {@link tandem.ros2.node.ServiceServer}). {@link
 * tandem.ros2.node.GraphWatch} keeps a {@code tandem.ros2.graph.Graph} up to date; {@link
 * tandem.ros2.node.DomainTap} hears every sample of a domain, undecoded, with the history of
 * latched topics. All work on a client session as on {@code Router.local()}.
 *
 * <p>Transient local follows zenoh-ext's advanced publisher and subscriber (ros2-over-zenoh: key
 * {@code <data key>/@adv/pub/<zid>/<eid>/_}) as far as the query for history; missed samples are
 * not asked for again.
 *
 * <p>Callbacks run on the session's receiving threads and must not block. Bad input is counted and
 * its last reason kept; it never ends a subscription.
 */
package tandem.ros2.node;
