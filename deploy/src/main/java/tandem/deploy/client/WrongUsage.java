package tandem.deploy.client;

/** Ends a command with exit code 2; the message names the word and what was expected. */
public final class WrongUsage extends RuntimeException {
  public WrongUsage(String message) {
    super(message, null, false, false);
  }
}
