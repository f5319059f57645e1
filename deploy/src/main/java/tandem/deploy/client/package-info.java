/**
 * What commands, drills and the demo share: words of the command line, lines on stdout, the API's
 * client, the direct way to a guard, and the failures that end a command.
 *
 * <p>Start at {@link tandem.deploy.client.Out} and {@link tandem.deploy.client.Api}. Knows no
 * command and no node. Thread-safe where not said otherwise.
 */
package tandem.deploy.client;
