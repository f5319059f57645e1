/**
 * Robots in: links, identities, and the way of every sample to its stream.
 *
 * <p>Start at {@link tandem.robot.inbound.RobotLink}: one actor per link and ROS domain decides who
 * is there. The rules are pure functions in {@link tandem.robot.door.Identity}; samples wait in
 * {@code AdmissionBuffer} until their robot is known and then pass through {@code LinkInbox} on the
 * receiving threads, without a mailbox. {@link tandem.robot.door.CommandDoor} is the policy of our
 * own router (invariant I10), {@code ProfileProposal} what a graph says about how its robot is
 * commanded, {@link tandem.robot.inbound.RosSampleReader} what a sample says about a body. Guards
 * are found elsewhere ({@code tandem.robot.outbound}). Errors of peers are counted and said once
 * per key; they never end a link.
 */
package tandem.robot.inbound;
