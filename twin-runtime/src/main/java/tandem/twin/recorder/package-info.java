/**
 * Raw samples at full rate, byte for byte as received, in MCAP segment files.
 *
 * <p>Start at {@link tandem.twin.recorder.SampleRecorder}. Knows bytes and schema text, no ROS.
 * Times are ns since 1970. The receiving threads only append to a bounded intake; writing, syncing
 * and hashing happen on threads of the recorder.
 */
package tandem.twin.recorder;
