/**
 * Questions about the past: is it what was written ({@link tandem.twin.audit.SegmentArchive} for
 * the recorder's files), what was believed at an instant, what led to a command and followed from
 * it. {@link tandem.twin.audit.EvidenceBundle} puts one robot's past into a file that proves
 * itself. {@link tandem.twin.audit.ChainCheck} is what verify asks of a robot's rows; who reads and
 * opens them is {@link tandem.twin.audit.RowsAhead}'s and {@link tandem.twin.audit.VerifyCrew}'s.
 * Replays run through the twin's own {@code evolve}. Everything here only reads.
 */
package tandem.twin.audit;
