package tandem.deploy.story;

/** What a scene had to show was not seen in time; says what was seen instead. */
final class NotSeen extends RuntimeException {
  NotSeen(String message) {
    super(message, null, false, false);
  }
}
