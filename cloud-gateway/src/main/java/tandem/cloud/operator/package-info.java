/**
 * What people and programs may wish for, checked before it is passed on.
 *
 * <p>Start at {@link tandem.cloud.operator.Requests}: it turns JSON text into the request messages
 * of {@code proto} and refuses what cannot be meant (no robot, no name, a number out of all
 * bounds). Whether a wish is granted (lease, mode, limits, freshness) is decided elsewhere: the
 * twin decides, the guard checks again, nothing here does. Pure; any thread; errors are {@link
 * tandem.twin.Refused} with a code that begins with {@code tandem.request.}.
 */
package tandem.cloud.operator;
