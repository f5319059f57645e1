/**
 * A robot's body as its URDF describes it, and where its links are for given joint angles.
 *
 * <p>Start at {@link tandem.proto.body.Urdf#parse}; it gives a {@link tandem.proto.body.Body}, the
 * tree of links and joints. {@link tandem.proto.body.Body#pose} is forward, {@link
 * tandem.proto.body.InverseKinematics} inverse kinematics. Metres and radians; axes and frames as
 * REP-103; a pose maps coordinates of the child into its parent. Everything here is immutable, pure
 * and may be used by any thread. Malformed descriptions give an {@link IllegalArgumentException}
 * that names link or joint.
 */
package tandem.proto.body;
