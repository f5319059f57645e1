package tandem.twin.recorder;

import java.util.function.Supplier;

/** Where streams leave their samples. Thread-safe; never waits for a disk. */
public interface SampleRecorder {
  /**
   * Begins to record a stream, or goes on with it.
   *
   * @param counts cumulative counts of the stream; asked when a segment is sealed
   */
  RecorderInlet open(RecordedStream stream, Supplier<StreamCounts> counts);

  /**
   * Why samples of the robot are not written now and wait or are refused; empty where all is well.
   */
  String trouble(String robot);

  /** The robot left: its segment is sealed once what was taken over is written. */
  void leave(String robot);
}
