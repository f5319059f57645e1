/**
 * From ROS messages to what the rest of Tandem speaks, and back: the only place that knows both.
 *
 * <p>Start at {@link tandem.ros2.translate.Readings}: type, schema text and CDR in, joints,
 * attitude or pose out. {@link tandem.ros2.translate.Trajectories} goes the other way. ROS already
 * uses radians, metres and seconds (REP-103): what is converted here are stamps (to ns since 1970)
 * and shapes. Pure; arrays handed out are copies; any thread.
 */
package tandem.ros2.translate;
