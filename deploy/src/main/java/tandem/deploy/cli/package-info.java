/**
 * The command line: parses words, asks the API or a Zenoh endpoint, prints. No rules: what is
 * permitted is decided by twin and guard.
 *
 * <p>Start at {@link tandem.deploy.cli.Main}: one nested command per word of the outside contract.
 * Results go to stdout (with {@code --json} one object a line), everything else to stderr. Exit 0
 * ok, 1 failed, not found or check negative ({@link tandem.deploy.client.CliFailure}), 2 wrong
 * usage.
 */
package tandem.deploy.cli;
