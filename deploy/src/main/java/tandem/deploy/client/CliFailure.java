package tandem.deploy.client;

/** Ends a command with exit code 1; the message is for a person and says what was not done. */
public final class CliFailure extends RuntimeException {
  public CliFailure(String message) {
    super(message, null, false, false);
  }
}
