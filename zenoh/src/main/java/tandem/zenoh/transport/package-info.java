/**
 * From bytes to sessions: what is said on a link, who is told, what is remembered.
 *
 * <pre>
 *  link -- BatchReader -- Transport -- KeyMap --+-- SessionCore           (ClientSession)
 *    |                        |                 +-- Routing -- Face       (AcceptingRouter)
 *    +---- Outbox &lt;-----------+------------------------+      LocalSession
 * </pre>
 *
 * <p>Start at {@link tandem.zenoh.transport.ClientSession} for the one side and {@link
 * tandem.zenoh.transport.AcceptingRouter} for the other. Both open a link with {@code Handshake}
 * and run a {@code Transport}: one thread receives, takes frames and fragments apart and calls a
 * handler; one thread writes what its {@code Outbox} holds. Whoever sends puts the encoded message
 * into the outbox, which packs batches per priority and is bounded in bytes; a receiving thread's
 * own sends leave together when it has worked through one read. {@code SessionCore} is what every
 * session knows of itself (subscribers, queryables, tokens, publishers, open gets); {@code Routing}
 * is what a router knows of all its members: per key a remembered route without a lock, for
 * declarations and questions tables under one lock.
 *
 * <p>Limits: one TCP link per session, no compression, no low-latency mode, no shared memory (none
 * is answered in the handshake, so the real core does without). A router adds no timestamps and
 * does not speak to other routers. Times come from {@code System.nanoTime}.
 */
package tandem.zenoh.transport;
