package tandem.sim.engine;

/**
 * The engine refused something or failed; says what was asked, of which model, and what it said.
 */
public final class EngineException extends RuntimeException {
  public EngineException(String message) {
    super(message);
  }

  public EngineException(String message, Throwable cause) {
    super(message, cause);
  }
}
