package tandem.deploy.cli;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tandem.cloud.http.AuditDoor;
import tandem.deploy.client.Api;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.Out;
import tandem.deploy.client.Words;
import tandem.deploy.client.WrongUsage;
import tandem.deploy.node.NodeAudit;
import tandem.twin.Refused;
import tandem.twin.audit.EvidenceBundle;
import tandem.twin.journal.PostgresJournal;

/**
 * {@code tandem audit ...}: of a running node ({@code --api}) or of a stopped node's data ({@code
 * --data}, read only); with neither the default API if it answers, else the default directory.
 */
@Command(
    name = "audit",
    description = "What is recorded: verify, replay, explain, export, bundle.",
    subcommands = {
      AuditCommands.Verify.class,
      AuditCommands.Replay.class,
      AuditCommands.Explain.class,
      AuditCommands.Export.class,
      AuditCommands.Bundle.class
    })
final class AuditCommands implements Runnable {
  private static final Duration LONG = Duration.ofMinutes(30);

  @Mixin Main.Help help;

  @Override
  public void run() {
    throw new WrongUsage("audit: expected verify, replay, explain, export or bundle");
  }

  /** Whom to ask. */
  static final class Source {
    @Option(names = "--api", paramLabel = "URL", description = "API of a running node.")
    String api;

    @Option(names = "--data", paramLabel = "DIR", description = "Data of a stopped node.")
    Path data;

    @ArgGroup(exclusive = false)
    Server server;

    @Option(names = "--json", description = "One JSON object a line.")
    boolean json;

    Out out() {
      return Out.standard(json);
    }

    /** The API to ask, or null: then the directory. */
    Api openApi() {
      if (api != null && data != null)
        throw new WrongUsage("audit: expected --api or --data, found both");
      if (api != null && server != null)
        throw new WrongUsage("audit: expected --api or --journal, found both");
      if (data != null || server != null) return null;
      if (api != null) return new Api(api);
      var byDefault = new Api(ApiOptions.DEFAULT);
      try {
        byDefault.answer("/api/version", Duration.ofSeconds(1));
        return byDefault;
      } catch (Api.Unreachable e) {
        byDefault.close();
        return null;
      }
    }

    private static final class Server {
      @Option(
          names = "--journal",
          required = true,
          paramLabel = "URL",
          description = "Its journal where that is on a server: jdbc:postgresql://HOST/DATABASE.")
      String url;

      @Option(names = "--journal-user", paramLabel = "NAME", description = "Who reads it.")
      String user = System.getProperty("user.name");

      @Option(
          names = "--journal-password-file",
          paramLabel = "FILE",
          description = "Its first line is the password.")
      String passwordFile = "";
    }

    NodeAudit openData() {
      var folder =
          data != null
              ? data
              : Path.of(System.getProperty("user.home"), ".local", "share", "tandem");
      if (!Files.isDirectory(folder))
        throw new CliFailure("audit: " + folder + " is no directory; nothing was read");
      try {
        return server == null
            ? NodeAudit.ofStopped(folder)
            : NodeAudit.ofServer(
                folder, PostgresJournal.of(server.url, server.user, server.passwordFile));
      } catch (IllegalArgumentException e) {
        throw new WrongUsage("audit: " + e.getMessage());
      } catch (java.io.IOException e) {
        throw new CliFailure(
            "audit: %s: the guards' states cannot be read: %s; nothing was verified"
                .formatted(folder, e.getMessage()));
      }
    }
  }

  private static <T> T await(CompletionStage<T> answer) {
    try {
      return answer
          .toCompletableFuture()
          .get(LONG.toMinutes(), java.util.concurrent.TimeUnit.MINUTES);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Refused refused)
        throw new CliFailure(refused.getMessage() + " [" + refused.code() + "]");
      throw new CliFailure("audit: " + NodeCommand.said(e.getCause()));
    } catch (java.util.concurrent.TimeoutException e) {
      throw new CliFailure("audit: no answer within " + LONG);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliFailure("audit: interrupted");
    }
  }

  @Command(name = "verify", description = "Checks every event, segment and snapshot.")
  static final class Verify implements Callable<Integer> {
    @Mixin Main.Help help;
    @Mixin Source source;

    @Parameters(arity = "0..1")
    String robot;

    @Override
    public Integer call() {
      List<String> lines;
      boolean ok;
      try (var node = source.openApi()) {
        if (node != null) {
          HttpResponse<String> answer =
              node.answer(
                  "/api/audit/verify" + (robot == null ? "" : "?robot=" + Api.escape(robot)), LONG);
          lines = answer.body().lines().filter(line -> !line.isBlank()).toList();
          ok = answer.headers().firstValue("Tandem-Audit-Ok").map("true"::equals).orElse(false);
        } else {
          try (var stored = source.openData()) {
            var verdict = await(stored.verify(robot));
            lines = verdict.lines();
            ok = verdict.ok();
          }
        }
      }
      var out = source.out();
      if (source.json) lines.forEach(out::line);
      else {
        var rows = new ArrayList<Object>();
        for (var line : lines) rows.add(tandem.proto.codec.Json.parse(line));
        out.table(
            rows,
            "robot",
            "ok",
            "events",
            "segments",
            "samples",
            "tornBytes",
            "unreachable",
            "firstBad");
      }
      return ok ? 0 : Main.FAILED;
    }
  }

  /** Which moment. */
  static final class Moment {
    @Option(names = "--at", paramLabel = "TIME", required = true)
    String at;

    @Option(names = "--sequence", paramLabel = "N", required = true)
    Long sequence;
  }

  @Command(name = "replay", description = "The twin as it was.")
  static final class Replay implements Runnable {
    @Mixin Main.Help help;
    @Mixin Source source;
    @Parameters String robot;

    @ArgGroup(multiplicity = "1")
    Moment moment;

    @Override
    public void run() {
      Instant at = moment.at == null ? null : time(moment.at);
      try (var node = source.openApi()) {
        if (node != null) {
          source
              .out()
              .object(
                  node.get(
                      "/api/audit/replay/%s?%s"
                          .formatted(
                              Api.escape(robot),
                              at == null
                                  ? "sequence=" + moment.sequence
                                  : "at=" + Api.escape(at.toString()))));
          return;
        }
        try (var stored = source.openData()) {
          source
              .out()
              .object(
                  await(
                      at == null
                          ? stored.replay(robot, moment.sequence)
                          : stored.replay(robot, at)));
        }
      }
    }
  }

  @Command(name = "explain", description = "Every event that led to and followed from a command.")
  static final class Explain implements Runnable {
    @Mixin Main.Help help;
    @Mixin Source source;

    @Parameters(paramLabel = "COMMAND-ID")
    String id;

    @Override
    public void run() {
      var out = source.out();
      try (var node = source.openApi()) {
        if (node != null) {
          node.get("/api/audit/explain/" + Api.escape(id)).lines().forEach(out::object);
          return;
        }
        try (var stored = source.openData()) {
          await(stored.explain(id)).forEach(out::object);
        }
      }
    }
  }

  @Command(name = "export", description = "Samples and events of a robot as MCAP or JSON lines.")
  static final class Export implements Runnable {
    @Mixin Main.Help help;
    @Mixin Source source;
    @Parameters String robot;

    @Option(names = "--format", required = true, paramLabel = "mcap|jsonl")
    String format;

    @Option(names = "--out", required = true, paramLabel = "FILE")
    Path out;

    @Option(names = "--from", paramLabel = "T")
    String from;

    @Option(names = "--to", paramLabel = "T")
    String to;

    @Option(names = "--topics", paramLabel = "T,T", split = ",")
    List<String> topics = List.of();

    @Override
    public void run() {
      if (!Set.of("mcap", "jsonl").contains(format))
        throw new WrongUsage("--format: expected mcap or jsonl, found '" + format + "'");
      Instant first = from == null ? null : time(from);
      Instant last = to == null ? null : time(to);
      try (var node = source.openApi()) {
        if (node != null) {
          var query = new StringBuilder("?format=" + format);
          if (first != null) query.append("&from=").append(Api.escape(first.toString()));
          if (last != null) query.append("&to=").append(Api.escape(last.toString()));
          if (!topics.isEmpty())
            query.append("&topics=").append(Api.escape(String.join(",", topics)));
          node.download("/api/audit/export/" + Api.escape(robot) + query, out);
        } else {
          try (var stored = source.openData()) {
            var file =
                await(
                    stored.export(
                        new AuditDoor.Export(robot, format, first, last, Set.copyOf(topics))));
            try {
              Files.move(file, out, StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
              throw new CliFailure("audit export: " + out + " not written: " + e);
            }
          }
        }
      }
      try {
        source
            .out()
            .object(
                Out.fields(
                    "robot",
                    robot,
                    "format",
                    format,
                    "out",
                    out.toString(),
                    "bytes",
                    Files.size(out)));
      } catch (IOException e) {
        throw new CliFailure("audit export: " + out + " is not there after writing: " + e);
      }
    }
  }

  @Command(
      name = "bundle",
      description = "One file that proves a robot's past without a node: see docs/evidence.")
  static final class Bundle implements Callable<Integer> {
    @Mixin Main.Help help;
    @Mixin Source source;
    @Parameters String robot;

    @Option(names = "--out", required = true, paramLabel = "FILE")
    Path out;

    @Option(names = "--from", paramLabel = "T")
    String from;

    @Option(names = "--to", paramLabel = "T")
    String to;

    @Override
    public Integer call() {
      Instant first = from == null ? null : time(from);
      Instant last = to == null ? null : time(to);
      try (var node = source.openApi()) {
        if (node != null) {
          var query = new StringBuilder("?format=bundle");
          if (first != null) query.append("&from=").append(Api.escape(first.toString()));
          if (last != null) query.append("&to=").append(Api.escape(last.toString()));
          node.download("/api/audit/export/" + Api.escape(robot) + query, out);
        } else {
          try (var stored = source.openData()) {
            await(stored.bundle(robot, first, last, out));
          }
        }
      }
      try {
        var manifest = EvidenceBundle.manifest(out);
        var keys = manifest.getKeysList();
        source
            .out()
            .object(
                Out.fields(
                    "robot",
                    robot,
                    "out",
                    out.toString(),
                    "bytes",
                    Files.size(out),
                    "events",
                    manifest.getManifestsList().stream().mapToLong(m -> m.getEvents()).sum(),
                    "segments",
                    manifest.getEntriesCount() - 2,
                    "checkpoint",
                    manifest.getNewestCheckpoint(),
                    "key",
                    keys.isEmpty() ? null : keys.getLast(),
                    "problems",
                    List.copyOf(manifest.getProblemsList())));
        return manifest.getProblemsCount() == 0 ? 0 : Main.FAILED;
      } catch (IOException e) {
        throw new CliFailure("audit bundle: " + out + " is not there after writing: " + e);
      }
    }
  }

  private static Instant time(String text) {
    try {
      return Words.time(text, Instant.now());
    } catch (IllegalArgumentException e) {
      throw new WrongUsage(e.getMessage());
    }
  }
}
