/**
 * Signed checkpoints of a journal: what this node has seen on disk, so that an end that was cut off
 * or written anew is found later.
 *
 * <p>Start at {@link tandem.twin.checkpoint.Checkpoints}, which reads the log, or {@link
 * tandem.twin.checkpoint.CheckpointWriter}, which goes on with it. A {@link
 * tandem.twin.checkpoint.Statement} is what is signed; {@link tandem.twin.checkpoint.MerkleTree}
 * gives its root. Knows files and bytes, no database: {@code tandem.twin.journal} says when, {@code
 * tandem.twin.audit} compares. The format stands in docs/evidence/README.md. Numbers are
 * big-endian. No class here is thread-safe.
 */
package tandem.twin.checkpoint;
