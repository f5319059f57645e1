package tandem.twin.audit;

import java.nio.file.Path;
import java.util.List;
import tandem.proto.codec.SealedEvent;
import tandem.twin.SampleReader;
import tandem.twin.robot.Sensed;

/** The recorder's files as the audit sees them: read-only, never repaired. Thread-safe. */
public interface SegmentArchive {
  /**
   * Compares the segment events of one robot, all terms in journal order, with the files below the
   * data directory: every sealed one is there whole with its SHA-256, no file of this robot is
   * unreferenced.
   */
  Verdict verify(Path data, String robot, List<SealedEvent> segmentEvents);

  /**
   * What the newest samples at or before the instant say.
   *
   * @param atNanos gateway's wall clock, ns since 1970
   */
  Sensed at(
      Path data, String robot, List<SealedEvent> segmentEvents, long atNanos, SampleReader reader);

  /**
   * @param tornBytes torn tail of an open segment after a crash: not bad
   * @param unreachable segments that lie on another node or site: not bad
   * @param firstBad null where all is well
   */
  record Verdict(long segments, long samples, long tornBytes, long unreachable, Bad firstBad) {}

  /**
   * @param term of the event that names the file; 0 where none does
   * @param why names file, expected and found
   */
  record Bad(long term, long sequence, String why) {}
}
