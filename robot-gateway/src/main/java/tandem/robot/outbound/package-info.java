/** Commands out: from a twin to its robot's guard, and the guard's word back. */
package tandem.robot.outbound;
