/**
 * Puts the organs into a process: ports, data directory, children, the end in order.
 *
 * <p>A node serves when it has printed its {@code ready} line on stdout. SIGTERM ends it in order
 * with exit code 0 ({@link tandem.deploy.node.OrderlyEnd}); kill -9 loses nothing that was
 * acknowledged, and its children notice it by themselves ({@link tandem.deploy.node.ParentWatch}).
 * No rule about robots lives here.
 */
package tandem.deploy.node;
