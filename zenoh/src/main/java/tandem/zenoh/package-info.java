/**
 * Zenoh 1.x for the JVM: a member of a Zenoh network ({@link tandem.zenoh.Session}), and an
 * accepting side that routes between its members ({@link tandem.zenoh.Router}), so that no daemon
 * is needed.
 *
 * <p>Start at {@link tandem.zenoh.Session#open} to join a network as a client of a router, at
 * {@link tandem.zenoh.Router#listen} to be that router: cores in client and in peer mode connect
 * straight to it, and {@link tandem.zenoh.Router#local} is a session like any other, without a
 * socket between. What may go where on a router is an {@link tandem.zenoh.IngressPolicy}'s
 * decision.
 *
 * <p>Keys are text with {@code /} between chunks; {@code tandem.zenoh.keyexpr} has the rules,
 * {@code tandem.zenoh.wire} the bytes, {@code tandem.zenoh.link} the sockets, {@code
 * tandem.zenoh.transport} what connects them. Payloads are bytes: this module does not look into
 * them.
 *
 * <p>Threads: everything may be called from anywhere; callbacks come in order on the receiving
 * thread of a link and must not block. Waiting is bounded by the configuration's times, memory by
 * its byte counts; what is dropped is counted in {@link tandem.zenoh.SessionStatistics}.
 */
package tandem.zenoh;
