package tandem.sim.robot;

/** Where messages go. Thread-safe; never blocks for long. */
interface Outlet {
  /** Whether anybody would get it; what nobody wants need not be computed. */
  boolean wanted(Topic topic);

  /** CDR with its header; kept, so not modified afterwards. */
  void publish(Topic topic, byte[] cdr);
}
