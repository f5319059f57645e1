/**
 * The way of samples into the twin: counted, recorded, shown with their age.
 *
 * <p>Start at {@link tandem.twin.stream.Streams} and {@link tandem.twin.stream.StreamInlet}, which
 * gateways call, then {@link tandem.twin.stream.NodeStreams}. The receiving thread counts ({@code
 * StreamCounting}, the rules of the contract), hands the bytes to the recorder and sets the newest
 * sample; decoding happens in one actor per stream, 50 times a second, and ends in {@link
 * tandem.twin.stream.SensedState}, a pure fold. Payloads are bytes: what they mean is told by
 * {@link tandem.twin.SampleReader}. Monotonic times are {@code ...Nanos}, wall times {@code
 * ...WallNanos} in ns since 1970. Bad samples never throw out of here: they are counted, set aside,
 * and faults.
 */
package tandem.twin.stream;
