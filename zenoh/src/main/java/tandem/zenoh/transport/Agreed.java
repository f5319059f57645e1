package tandem.zenoh.transport;

import tandem.zenoh.wire.Zid;

/**
 * What both sides of a link settled in their handshake.
 *
 * @param whatami of the peer: 0 router, 1 peer, 2 client
 * @param batchSize bytes, length prefix included
 * @param snMask sequence numbers live modulo this plus one
 * @param qos frames carry a priority and each priority has its own sequences
 * @param patch 1: first fragments are marked
 * @param ownLeaseMillis what we announced: we must be heard that often
 * @param peerLeaseMillis what the peer announced
 */
record Agreed(
    Zid peerZid,
    int whatami,
    int batchSize,
    long snMask,
    boolean qos,
    int patch,
    long ownLeaseMillis,
    long peerLeaseMillis,
    long ownInitialSn,
    long peerInitialSn) {
  private static final String[] NAMES = {"router", "peer", "client", "unknown"};

  String whatamiName() {
    return NAMES[whatami & 3];
  }
}
