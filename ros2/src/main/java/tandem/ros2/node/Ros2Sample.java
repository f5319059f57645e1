package tandem.ros2.node;

import tandem.ros2.Attachment;
import tandem.zenoh.Sample;

/**
 * A sample that a subscription received.
 *
 * @param message decoded; it may refer to the payload
 * @param attachment who sent it, when, and as its how-manieth
 * @param history it came from a publisher's cache, not live
 * @param sample as it came from Zenoh: key, payload, time of receipt
 */
public record Ros2Sample<T>(T message, Attachment attachment, boolean history, Sample sample) {}
