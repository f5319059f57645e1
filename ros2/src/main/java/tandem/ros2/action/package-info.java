/**
 * ROS 2 actions over services and topics of {@code tandem.ros2.node}, for any type whose definition
 * is known.
 *
 * <p>Start at {@link tandem.ros2.action.ActionClient}: send a goal, hear of its progress, cancel
 * it, get its result. {@link tandem.ros2.action.ActionServer} is the other side. {@link
 * tandem.ros2.action.Actions} finds actions in a graph. Of an action {@code /a} there are the
 * services {@code /a/_action/send_goal}, {@code cancel_goal} and {@code get_result}, and the topics
 * {@code feedback} and {@code status} (ros2-over-zenoh, A8).
 *
 * <p>Everything that waits is bounded and has its deadline; failures are {@code ServiceFailure}s
 * that say what was not done. Callbacks run on receiving threads and must not block.
 */
package tandem.ros2.action;
