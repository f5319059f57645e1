package tandem.twin.journal;

/** Another writer of the same twin was there first: this one writes nothing and starts anew. */
public final class WriteConflict extends RuntimeException {
  public WriteConflict(String what) {
    super(what);
  }
}
