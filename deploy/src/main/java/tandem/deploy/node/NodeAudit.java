package tandem.deploy.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import tandem.cloud.http.AuditDoor;
import tandem.deploy.client.Version;
import tandem.proto.codec.Json;
import tandem.proto.v1.BundleManifest;
import tandem.robot.guard.GuardHeads;
import tandem.robot.inbound.GatewaySettings;
import tandem.robot.inbound.RosSampleReader;
import tandem.twin.TwinRuntime;
import tandem.twin.audit.Audit;
import tandem.twin.audit.AuditExport;
import tandem.twin.journal.PostgresJournal;
import tandem.twin.recorder.Recorder.OpenSegment;

/**
 * Audit questions of API and command line, asked of {@link Audit} on two threads of their own: they
 * wait for disks. Thread-safe.
 */
public final class NodeAudit implements AuditDoor, AutoCloseable {
  private final Audit audit;
  private final Function<String, CompletionStage<OpenSegment>> openSegment;
  private final Supplier<CompletionStage<Void>> checkpoint;
  private final Path folder;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(2, Thread.ofPlatform().daemon().name("audit-", 1).factory());

  private NodeAudit(
      Audit audit,
      Function<String, CompletionStage<OpenSegment>> openSegment,
      Supplier<CompletionStage<Void>> checkpoint,
      Path folder) {
    this.audit = audit;
    this.openSegment = openSegment;
    this.checkpoint = checkpoint;
    this.folder = folder;
  }

  /**
   * Of a running node; what its recorder has not yet on disk is written before an export, what it
   * has not yet signed is signed before a bundle.
   */
  public static NodeAudit of(TwinRuntime runtime) {
    return new NodeAudit(
        runtime.audit(),
        robot -> runtime.recorder().flush(robot).thenApply(open -> open.orElse(null)),
        runtime::checkpoint,
        temporary());
  }

  /** Of the data of a node that does not run: read only. */
  public static NodeAudit ofStopped(Path data) throws IOException {
    return new NodeAudit(
        Audit.ofStopped(
            data, new RosSampleReader(), GuardHeads.read(data.resolve(GatewaySettings.GUARDS))),
        robot -> CompletableFuture.completedFuture(null),
        () -> CompletableFuture.completedFuture(null),
        temporary());
  }

  /** The same of a node whose journal is on a server, which may run. */
  public static NodeAudit ofServer(Path data, PostgresJournal journal) throws IOException {
    return new NodeAudit(
        Audit.ofServer(
            data,
            journal,
            new RosSampleReader(),
            GuardHeads.read(data.resolve(GatewaySettings.GUARDS))),
        robot -> CompletableFuture.completedFuture(null),
        () -> CompletableFuture.completedFuture(null),
        temporary());
  }

  private static Path temporary() {
    return Path.of(System.getProperty("java.io.tmpdir"));
  }

  @Override
  public CompletionStage<Verdict> verify(String robot) {
    return ask(
        () -> {
          var lines = new ArrayList<String>();
          boolean ok = true;
          for (var view : audit.verify(robot)) {
            lines.add(Json.print(view));
            ok &= view.getOk();
          }
          return new Verdict(ok, List.copyOf(lines));
        });
  }

  @Override
  public CompletionStage<String> replay(String robot, Instant at) {
    return ask(() -> Json.print(audit.replay(robot, at)));
  }

  @Override
  public CompletionStage<String> replay(String robot, long sequence) {
    return ask(() -> Json.print(audit.replay(robot, sequence)));
  }

  @Override
  public CompletionStage<String> playback(String robot, Instant from, Instant to, int perSecond) {
    return openSegment
        .apply(robot)
        .thenCompose(
            open -> ask(() -> Json.print(audit.playback(robot, open, from, to, perSecond))));
  }

  @Override
  public CompletionStage<List<String>> explain(String commandId) {
    return ask(() -> audit.explain(commandId).stream().map(AuditExport::json).toList());
  }

  /** Writes an evidence bundle. */
  public CompletionStage<BundleManifest> bundle(String robot, Instant from, Instant to, Path out) {
    return checkpoint
        .get()
        .thenCompose(
            made ->
                ask(
                    () -> {
                      try {
                        return audit.bundle(robot, from, to, Version.TEXT, out);
                      } catch (IOException e) {
                        throw new UncheckedIOException(
                            "bundle of %s not written: %s".formatted(robot, e.getMessage()), e);
                      }
                    }));
  }

  private CompletionStage<Path> bundle(Export question) {
    return ask(() -> {
          try {
            return Files.createTempFile(folder, "tandem-bundle-", ".tar");
          } catch (IOException e) {
            throw new UncheckedIOException("bundle not written: " + e.getMessage(), e);
          }
        })
        .thenCompose(
            file ->
                bundle(question.robot(), question.from(), question.to(), file)
                    .whenComplete((written, failure) -> removeUnless(failure == null, file))
                    .thenApply(written -> file));
  }

  private static void removeUnless(boolean written, Path file) {
    if (written) return;
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public CompletionStage<Path> export(Export question) {
    if (question.format().equals("bundle")) return bundle(question);
    var selection =
        new AuditExport.Selection(
            question.format().equals("jsonl") ? AuditExport.Format.JSONL : AuditExport.Format.MCAP,
            question.from() == null ? Long.MIN_VALUE : nanos(question.from()),
            question.to() == null ? Long.MAX_VALUE : nanos(question.to()),
            question.topics());
    return openSegment
        .apply(question.robot())
        .thenCompose(
            open ->
                ask(
                    () -> {
                      try {
                        Path file = Files.createTempFile(folder, "tandem-export-", ".part");
                        audit.export(question.robot(), open, selection, file);
                        return file;
                      } catch (IOException e) {
                        throw new UncheckedIOException(
                            "export of %s not written: %s"
                                .formatted(question.robot(), e.getMessage()),
                            e);
                      }
                    }));
  }

  private static long nanos(Instant at) {
    return Math.addExact(Math.multiplyExact(at.getEpochSecond(), 1_000_000_000L), at.getNano());
  }

  private <T> CompletionStage<T> ask(Supplier<T> question) {
    return CompletableFuture.supplyAsync(question, threads);
  }

  @Override
  public void close() {
    threads.shutdown();
    try {
      if (!threads.awaitTermination(5, TimeUnit.SECONDS)) threads.shutdownNow();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      threads.shutdownNow();
    }
  }
}
