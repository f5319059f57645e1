package tandem.twin;

import static org.assertj.core.api.Assertions.assertThat;
import static tandem.twin.LocalSite.get;
import static tandem.twin.LocalSite.until;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.v1.StopRequest;
import tandem.twin.audit.Audit;
import tandem.twin.journal.JournalDatabase;
import tandem.twin.journal.PostgresJournal;

/** A node whose journal is on a real PostgreSQL process. */
class NodeOnPostgresTest {
  @TempDir Path data;

  @Test
  void shouldGoOnAfterARestartWithTheSameDigestAndPassTheAudit() throws Exception {
    try (EmbeddedPostgres server =
        EmbeddedPostgres.builder()
            .setServerConfig("fsync", "on")
            .setServerConfig("synchronous_commit", "on")
            .start()) {
      String url = server.getJdbcUrl("postgres", "postgres");
      Map<String, ?> settings = Map.of("journal.url", url, "journal.user", "postgres");
      String digest;
      long sequence;
      try (var site = new LocalSite(data, "ada", settings).connect()) {
        get(site.node.twins().stop(StopRequest.newBuilder().setRobot("ada").setBy("ben").build()));
        until("stop in effect", () -> site.show().getStop().getInEffect());
        digest = site.show().getDigest();
        sequence = site.show().getSequence();
        assertThat(Files.exists(JournalDatabase.fileIn(data))).isFalse();
      }
      try (var again = new LocalSite(data, "ada", settings)) {
        var view = again.show();
        assertThat(view.getStop().getLatched()).isTrue();
        assertThat(view.getSequence()).isGreaterThanOrEqualTo(sequence);
        if (view.getSequence() == sequence) assertThat(view.getDigest()).isEqualTo(digest);
      }

      var audit =
          Audit.ofServer(data, new PostgresJournal(url, "postgres", ""), LocalSite::read, Map.of());
      var verdict = audit.verify("ada").getFirst();
      assertThat(verdict.getOk()).as("%s", verdict).isTrue();
      assertThat(verdict.getEvents()).isGreaterThanOrEqualTo(sequence);
      assertThat(verdict.getSegments()).isPositive();
    }
  }
}
