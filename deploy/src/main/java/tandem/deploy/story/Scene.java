package tandem.deploy.story;

/**
 * One scene.
 *
 * @param name for scripts
 * @param title for people
 * @param caption what is about to be seen
 * @param play does it and waits for what has to be seen
 */
record Scene(String name, String title, String caption, Play play) {
  /** Throws {@link NotSeen}, or what an API throws that refuses. */
  interface Play {
    Seen on(Theatre theatre);
  }
}
