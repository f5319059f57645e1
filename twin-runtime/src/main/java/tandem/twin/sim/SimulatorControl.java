package tandem.twin.sim;

import tandem.proto.v1.SimulatorView;

/**
 * What runs a simulator; implemented by sim-gateway. One instance for one id. Methods are called
 * one at a time, on a thread that may block.
 */
public interface SimulatorControl {
  /**
   * Starts the simulation and returns when it runs.
   *
   * @param reports where it tells of its progress, some times a second, until it is stopped
   * @throws Exception it does not run; the text says why
   */
  void start(Reports reports) throws Exception;

  /** Stops it and returns when it stands still; harmless where it does not run. */
  void stop() throws Exception;

  /**
   * The instance as it shall be shown, where there is more to tell than progress.
   *
   * @param shown what its actor knows: id, kind, dream, robot, state, why
   * @return with these unchanged; thread-safe, never blocks
   */
  default SimulatorView figures(SimulatorView shown) {
    return shown;
  }

  /** Thread-safe; never blocks. */
  interface Reports {
    /**
     * How far the simulation is.
     *
     * @param realTimeFactor simulated seconds per second, over the last seconds
     * @param steps since the start
     * @param clockSeconds simulated time since the start
     */
    void progress(double realTimeFactor, long steps, double clockSeconds);

    /** It ended by itself; it is started again after a while. */
    void failed(String why);
  }
}
