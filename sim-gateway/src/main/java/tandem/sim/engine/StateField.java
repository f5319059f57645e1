package tandem.sim.engine;

/**
 * Parts of a simulation's state, as bits of the engine's state signature (mjtState in mjtype.h of
 * MuJoCo 4.0.0; the bits moved between versions, hence the version check in {@link Engine}).
 */
public enum StateField {
  TIME(1 << 0),
  QPOS(1 << 1),
  QVEL(1 << 2),
  WARMSTART(1 << 5),
  CTRL(1 << 6),
  XFRC_APPLIED(1 << 8),
  /** Everything that a later step depends on: a fork that copies it goes on bit for bit. */
  INTEGRATION(0x7fff);

  private final int signature;

  StateField(int signature) {
    this.signature = signature;
  }

  /** The bits. */
  public int signature() {
    return signature;
  }
}
