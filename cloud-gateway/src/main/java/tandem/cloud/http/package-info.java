/**
 * The API over HTTP and WebSocket, and the console's pages from this jar.
 *
 * <p>Start at {@link tandem.cloud.http.ApiServer}, which binds the port; {@code ApiRoutes} is the
 * table of addresses; {@code LiveHub} feeds the WebSocket clients, each through an {@code Outbox}
 * in which the newest view replaces an older one, so that a slow page costs only itself; {@code
 * TeleopHub} and {@code HeldControl} carry setpoints of held controls; {@link
 * tandem.cloud.http.JointFrame} is the binary layout of joint values. What a request may say is
 * checked in {@code tandem.cloud.operator}; what becomes of it is decided by the twin behind {@link
 * tandem.twin.Twins}. The messages are those of {@code tandem/v1/api.proto}.
 *
 * <p>Nothing is shown without its age: a server sends the age at the moment of sending, a page adds
 * the time on its own monotonic clock. Lengths are checked before anything is kept. Errors are
 * {@code ErrorView {code, error}}; a refusal says what was not done. All classes are thread-safe
 * unless they say otherwise; nothing blocks a dispatcher.
 */
package tandem.cloud.http;
