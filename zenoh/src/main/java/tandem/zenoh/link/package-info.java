/**
 * Links: they move bytes and know nothing of messages.
 *
 * <p>{@link tandem.zenoh.link.Endpoint} is an address as Zenoh writes it, {@link
 * tandem.zenoh.link.TcpLink} a TCP connection whose reads wait and whose writes do not. A failure
 * is an {@code IOException}; closing a link wakes whoever waits on it.
 */
package tandem.zenoh.link;
