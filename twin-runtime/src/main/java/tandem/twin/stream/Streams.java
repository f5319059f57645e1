package tandem.twin.stream;

/** The registry of the node's streams. Thread-safe. */
public interface Streams {
  /** Opens the stream, or gives the one that is open for this robot and topic. */
  StreamInlet open(StreamDeclaration declaration);

  /** Closes the streams of a robot that left this node. */
  void close(String robot);

  /** Samples that belong to no robot, counted {@code unassigned}. */
  void unassigned(String topic, long samples);
}
