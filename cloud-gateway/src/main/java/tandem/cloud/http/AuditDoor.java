package tandem.cloud.http;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import tandem.twin.Refused;

/**
 * Questions about what is recorded, passed to {@code tandem.twin.audit}. Never blocks; answers are
 * JSON lines of the outside contract. A stage fails with {@link Refused}.
 */
public interface AuditDoor {
  /**
   * Checks journal, segments and snapshots.
   *
   * @param robot null: all
   */
  CompletionStage<Verdict> verify(String robot);

  /** The twin as it was; one JSON object. */
  CompletionStage<String> replay(String robot, Instant at);

  /** The twin as it was after this event of its newest term; one JSON object. */
  CompletionStage<String> replay(String robot, long sequence);

  /**
   * Recorded postures of a span of time, up to this moment; one JSON object.
   *
   * @param perSecond steps, at least 1
   */
  CompletionStage<String> playback(String robot, Instant from, Instant to, int perSecond);

  /** Every event that led to and followed from a command, one JSON object each, oldest first. */
  CompletionStage<List<String>> explain(String commandId);

  /** Writes a new file, which the caller deletes when it has sent it. */
  CompletionStage<Path> export(Export question);

  /**
   * @param lines one JSON object for each robot
   */
  record Verdict(boolean ok, List<String> lines) {}

  /**
   * @param format {@code mcap}, {@code jsonl} or {@code bundle}, which has no topics
   * @param from null: from the beginning
   * @param to null: up to now
   * @param topics empty: all
   */
  record Export(String robot, String format, Instant from, Instant to, Set<String> topics) {}

  /** For a node that has no journal: every question is refused. */
  static AuditDoor closed(String why) {
    return new AuditDoor() {
      @Override
      public CompletionStage<Verdict> verify(String robot) {
        return refused();
      }

      @Override
      public CompletionStage<String> replay(String robot, Instant at) {
        return refused();
      }

      @Override
      public CompletionStage<String> replay(String robot, long sequence) {
        return refused();
      }

      @Override
      public CompletionStage<String> playback(
          String robot, Instant from, Instant to, int perSecond) {
        return refused();
      }

      @Override
      public CompletionStage<List<String>> explain(String commandId) {
        return refused();
      }

      @Override
      public CompletionStage<Path> export(Export question) {
        return refused();
      }

      private <T> CompletionStage<T> refused() {
        return CompletableFuture.failedFuture(new Refused("tandem.audit.unavailable", why));
      }
    };
  }
}
