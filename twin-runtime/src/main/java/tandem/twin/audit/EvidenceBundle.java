package tandem.twin.audit;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tandem.proto.codec.CorruptEvent;
import tandem.proto.codec.EventOpener;
import tandem.proto.codec.Json;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;
import tandem.proto.v1.BundleCount;
import tandem.proto.v1.BundleManifest;
import tandem.proto.v1.BundleProfile;
import tandem.proto.v1.BundleSoftware;
import tandem.proto.v1.BundleTerm;
import tandem.twin.Refused;
import tandem.twin.checkpoint.Checkpoints;
import tandem.twin.checkpoint.Head;
import tandem.twin.checkpoint.NodeKey;
import tandem.twin.checkpoint.Statement;
import tandem.twin.journal.JournalReader;
import tandem.twin.journal.TwinId;

/**
 * Writes what proves one robot's past into one file, which a foreign program can verify without a
 * node: {@code docs/evidence} has the format byte by byte, and such a program.
 *
 * <p>Events and segments are copied as they are stored, also bad ones; what is seen to be bad is
 * said in the manifest. Rows and files are streamed: memory grows with the number of segments, not
 * with their bytes or with the events.
 */
public final class EvidenceBundle {
  static final String FORMAT = "tandem-bundle/1";
  private static final String MANIFEST = "manifest.json";
  private static final int MAX_MANIFEST_BYTES = 256 << 20;
  private static final int SIGNED_NAME_BYTES = 24;
  private static final int MAX_PROBLEMS = 100;

  /**
   * @param fromNanos events before are left out; {@link Long#MIN_VALUE}: none is
   * @param toNanos events after are left out, up to the next that a checkpoint signs; {@link
   *     Long#MAX_VALUE}: none is
   */
  record Range(long fromNanos, long toNanos) {}

  /** A segment that its newest event says is whole. */
  private record Claim(String entry, Event.SegmentSealed sealed) {}

  /** What is taken of one term. */
  private record Span(TwinId twin, long first, long last, long journalLast) {
    boolean has(Head head) {
      return head.sequence() >= first && (head.sequence() <= last || head.sequence() > journalLast);
    }
  }

  private final Path data;
  private final JournalReader journal;
  private final String robot;
  private final Range range;
  private final BundleManifest.Builder manifest = BundleManifest.newBuilder();
  private final Map<String, Long> kinds = new TreeMap<>();
  private final Map<String, Claim> claims = new LinkedHashMap<>();
  private final Map<Long, Event.TermBegun> begun = new TreeMap<>();
  private final Map<String, Span> spans = new LinkedHashMap<>();
  private Statement newest;

  private EvidenceBundle(Path data, JournalReader journal, String robot, Range range) {
    this.data = data;
    this.journal = journal;
    this.robot = robot;
    this.range = range;
  }

  /**
   * Writes the file, replacing one that is there when it is complete.
   *
   * @param software version that writes it
   * @return its manifest
   * @throws IOException the file was not made; a file that was there is as before
   * @throws Refused where the robot has no event in the range
   */
  static BundleManifest write(
      Path data, JournalReader journal, String robot, Range range, String software, Path out)
      throws IOException, SQLException {
    var bundle = new EvidenceBundle(data, journal, robot, range);
    Path absolute = out.toAbsolutePath();
    if (absolute.getParent() != null) Files.createDirectories(absolute.getParent());
    Path part = absolute.resolveSibling(absolute.getFileName() + ".part");
    try {
      BundleManifest written;
      try (var tar = new TarFile(part)) {
        written = bundle.write(tar, software);
      }
      Files.move(
          part, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      return written;
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } finally {
      Files.deleteIfExists(part);
    }
  }

  /**
   * What the manifest of a bundle says; nothing else of it is read, nothing is verified.
   *
   * @throws IOException where the file is no bundle
   */
  public static BundleManifest manifest(Path bundle) throws IOException {
    byte[] json = TarFile.read(bundle, MANIFEST, MAX_MANIFEST_BYTES);
    try {
      return Json.parse(new String(json, StandardCharsets.UTF_8), BundleManifest.newBuilder())
          .build();
    } catch (IllegalArgumentException e) {
      throw new IOException(bundle + ": " + MANIFEST + ": " + e.getMessage(), e);
    }
  }

  private BundleManifest write(TarFile tar, String software) throws IOException, SQLException {
    Optional<NodeKey> signer = Checkpoints.signer(data);
    spans(stated());
    tar.begin("events");
    for (Span span : spans.values()) events(tar, span);
    tar.end();
    checkpoints(tar);
    for (Claim claim : claims.values()) segment(tar, claim);
    begun.forEach(this::branch);
    kinds.forEach(
        (kind, count) ->
            manifest.addManifests(BundleCount.newBuilder().setManifest(kind).setEvents(count)));
    manifest
        .setFormat(FORMAT)
        .setRobot(robot)
        .setMade(Instant.now().toString())
        .setSoftware(software)
        .setFrom(range.fromNanos() == Long.MIN_VALUE ? "" : at(range.fromNanos()))
        .setTo(range.toNanos() == Long.MAX_VALUE ? "" : at(range.toNanos()))
        .addAllEntries(tar.entries());
    if (signer.isPresent() && !keyIs(signer.get())) {
      throw new IOException(
          "bundle of %s: the node took a new key meanwhile; nothing was written, ask again"
              .formatted(robot));
    }
    var complete = manifest.build();
    byte[] sha256 =
        tar.add(MANIFEST, (Json.print(complete) + "\n").getBytes(StandardCharsets.UTF_8));
    if (signer.isPresent()) {
      byte[] signed =
          ByteBuffer.allocate(SIGNED_NAME_BYTES + sha256.length)
              .put(FORMAT.getBytes(StandardCharsets.US_ASCII))
              .put(SIGNED_NAME_BYTES, sha256)
              .array();
      tar.add("manifest.sig", signer.get().sign(signed));
    } else {
      tar.add("manifest.sha256", sha256);
    }
    tar.finish();
    return complete;
  }

  private boolean keyIs(NodeKey signer) {
    int keys = manifest.getKeysCount();
    return keys > 0 && manifest.getKeys(keys - 1).equals(SealedEvent.hex(signer.publicKey()));
  }

  private void problem(String what) {
    if (manifest.getProblemsCount() < MAX_PROBLEMS) manifest.addProblems(what);
  }

  /** By persistence id what was stated of this robot, lowest first. */
  private Map<String, List<Head>> stated() throws IOException {
    var heads = new TreeMap<String, List<Head>>();
    var opened = Checkpoints.open(data);
    if (opened.isEmpty()) return heads;
    try (var log = opened.get()) {
      for (var entry = log.next(); entry != null; entry = log.next()) {
        newest = entry.statement();
        for (Head head : entry.moved()) {
          if (!isOurs(head)) continue;
          var known = heads.computeIfAbsent(head.persistenceId(), id -> new ArrayList<>());
          // of a whole journal only the end is asked for
          if (range.toNanos() == Long.MAX_VALUE) known.clear();
          known.add(head);
        }
      }
    }
    return heads;
  }

  private boolean isOurs(Head head) {
    return head.persistenceId().startsWith(TwinId.ENTITY + "|" + robot + "~");
  }

  private void spans(Map<String, List<Head>> stated) throws SQLException {
    for (TwinId twin : journal.terms(robot)) {
      String id = twin.toString();
      long journalLast = journal.highestSequence(id);
      long first = firstAtOrAfter(id, journalLast, range.fromNanos());
      long last =
          range.toNanos() == Long.MAX_VALUE
              ? journalLast
              : firstAtOrAfter(id, journalLast, range.toNanos() + 1) - 1;
      if (first > last) continue;
      var heads = stated.getOrDefault(id, List.of());
      if (!heads.isEmpty() && heads.getLast().sequence() > journalLast) {
        problem(
            "term %d: a checkpoint signs event %d, the journal ends at %d: its end was cut off"
                .formatted(twin.term(), heads.getLast().sequence(), journalLast));
      }
      for (Head head : heads) {
        if (head.sequence() >= last) {
          last = Math.min(head.sequence(), journalLast);
          break;
        }
      }
      spans.put(id, new Span(twin, first, last, journalLast));
    }
    if (spans.isEmpty()) {
      throw new Refused(
          "tandem.robot.unknown",
          "robot %s has no event here%s; nothing was written"
              .formatted(
                  robot,
                  range.equals(new Range(Long.MIN_VALUE, Long.MAX_VALUE)) ? "" : " in that time"));
    }
    stated
        .keySet()
        .forEach(
            id -> {
              if (range.toNanos() == Long.MAX_VALUE && !spans.containsKey(id)) {
                problem(id + ": a checkpoint signs events of it, the journal has none");
              }
            });
  }

  /** Times of events rise within a term; one more than the last where none is so late. */
  private long firstAtOrAfter(String id, long last, long nanos) throws SQLException {
    long low = 1;
    long high = last + 1;
    while (low < high) {
      long middle = low + (high - low) / 2;
      long[] found = {last + 1, Long.MAX_VALUE};
      journal.rows(
          id,
          middle,
          last,
          1,
          row -> {
            found[0] = row.sequence();
            found[1] = row.hybridNanos();
          });
      if (found[1] >= nanos) high = middle;
      else low = found[0] + 1;
    }
    return low;
  }

  private void events(TarFile tar, Span span) throws SQLException {
    var term = BundleTerm.newBuilder().setTerm(span.twin().term());
    var opener = new EventOpener(span.twin().robot(), span.twin().term());
    journal.rows(
        span.twin().toString(),
        span.first(),
        span.last(),
        Long.MAX_VALUE,
        row -> {
          try {
            tar.write(record(span.twin(), row));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          note(span, term, row, opener);
        });
    manifest.addTerms(term);
  }

  /** Length u32, what was hashed, the hash as stored. */
  private static byte[] record(TwinId twin, JournalReader.Row row) {
    byte[] hashed =
        SealedEvent.hashed(
            twin.robot(),
            twin.term(),
            row.sequence(),
            row.manifest(),
            row.schemaVersion(),
            row.hybridNanos(),
            row.previousHash(),
            row.payload());
    var hash = row.hash().toByteArray();
    return ByteBuffer.allocate(Integer.BYTES + hashed.length + hash.length)
        .putInt(hashed.length)
        .put(hashed)
        .put(hash)
        .array();
  }

  private void note(Span span, BundleTerm.Builder term, JournalReader.Row row, EventOpener opener) {
    kinds.merge(row.manifest(), 1L, Long::sum);
    String where = "term %d sequence %d".formatted(span.twin().term(), row.sequence());
    boolean isFirst = term.getFirstSequence() == 0;
    long expected = isFirst ? span.first() : term.getLastSequence() + 1;
    if (row.sequence() != expected) {
      problem("%s: expected sequence %d: a row is missing".formatted(where, expected));
    } else if (!isFirst && !term.getLastHash().equals(SealedEvent.hex(row.previousHash()))) {
      problem(where + ": expected the hash of the event before, found another");
    }
    if (isFirst) {
      term.setFirstSequence(row.sequence())
          .setFirstAt(at(row.hybridNanos()))
          .setFirstPreviousHash(SealedEvent.hex(row.previousHash()));
    }
    term.setLastSequence(row.sequence())
        .setLastAt(at(row.hybridNanos()))
        .setLastHash(SealedEvent.hex(row.hash()));
    try {
      read(span.twin(), term, row.open(opener));
    } catch (CorruptEvent e) {
      problem(e.getMessage());
    }
  }

  private void read(TwinId twin, BundleTerm.Builder term, SealedEvent event) {
    switch (event.event()) {
      case Event.TermBegun first -> {
        term.setParentTerm(first.parentTerm())
            .setParentSequence(first.parentSequence())
            .setOwner(first.owner())
            .setCause(first.cause());
        begun.put(twin.term(), first);
      }
      case Event.ProfileAccepted profile ->
          manifest.addProfiles(
              BundleProfile.newBuilder()
                  .setTerm(event.term())
                  .setSequence(event.sequence())
                  .setAt(at(event.hybridNanos()))
                  .setHash(profile.hash())
                  .setVersion(profile.profile().getVersion())
                  .setBy(profile.by()));
      case Event.SegmentSealed sealed -> claim(event, sealed);
      case Event.SegmentRecovered recovered -> claim(event, recovered.sealed());
      case Event.SegmentLost lost -> {
        claims.remove(lost.file());
        problem(lost.file() + ": lost: " + lost.why());
      }
      case Event.SegmentOrphaned orphaned -> {
        claims.remove(orphaned.file());
        problem(orphaned.file() + ": expected an event of its opening, found it without one");
      }
      default -> {
        // copied, nothing of it is named in the manifest
      }
    }
  }

  /** The last word on a file counts. */
  private void claim(SealedEvent event, Event.SegmentSealed sealed) {
    claims.remove(sealed.file());
    claims.put(
        sealed.file(),
        new Claim("segments/%d-%d.mcap".formatted(event.term(), event.sequence()), sealed));
  }

  private void segment(TarFile tar, Claim claim) throws IOException {
    String file = claim.sealed().file();
    Path path = data.resolve(file).normalize();
    if (!path.startsWith(data.resolve("segments").normalize())) {
      problem(file + ": expected a file below segments; not read");
      return;
    }
    if (!Files.isRegularFile(path)) {
      problem(
          "%s: expected a file of %d bytes, found none"
              .formatted(file, claim.sealed().sizeBytes()));
      return;
    }
    byte[] sha256;
    try (var in = Files.newInputStream(path)) {
      sha256 = tar.add(claim.entry(), in);
    }
    if (!claim.sealed().sha256().equals(ByteString.copyFrom(sha256))) {
      problem(
          "%s: expected SHA-256 %s, found another"
              .formatted(file, SealedEvent.hex(claim.sealed().sha256())));
    }
  }

  /** Statements as in the log, up to the newest that was seen before the events were read. */
  private void checkpoints(TarFile tar) throws IOException {
    tar.begin("checkpoints");
    if (newest != null) {
      try (var log = Checkpoints.open(data).orElseThrow()) {
        for (var entry = log.next(); entry != null; entry = log.next()) {
          tar.write(statement(log, entry));
          if (entry.statement().number() == newest.number()) break;
        }
      }
    }
    tar.end();
  }

  /** Length u32, statement, then text or proven heads. */
  private byte[] statement(Checkpoints log, Checkpoints.Entry entry) throws IOException {
    var statement = entry.statement();
    var bytes = new ByteArrayOutputStream();
    var out = new DataOutputStream(bytes);
    out.write(statement.toBytes());
    switch (statement.kind()) {
      case KEY -> manifest.addKeys(SealedEvent.hex(statement.value()));
      case SOFTWARE -> {
        out.write(entry.text().getBytes(StandardCharsets.UTF_8));
        manifest.addRan(
            BundleSoftware.newBuilder()
                .setNumber(statement.number())
                .setAt(at(statement.atNanos()))
                .setText(entry.text()));
      }
      case CHECKPOINT -> {
        manifest.setNewestCheckpoint(statement.number());
        var proven = entry.moved().stream().filter(this::isTaken).toList();
        out.writeInt(proven.size());
        for (Head head : proven) proof(out, log, head);
      }
    }
    return ByteBuffer.allocate(Integer.BYTES + bytes.size())
        .putInt(bytes.size())
        .put(bytes.toByteArray())
        .array();
  }

  private boolean isTaken(Head head) {
    if (!isOurs(head)) return false;
    Span span = spans.get(head.persistenceId());
    return span == null ? range.toNanos() == Long.MAX_VALUE : span.has(head);
  }

  /** Place u64, number of hashes u16, hashes, leaf. */
  private static void proof(DataOutputStream out, Checkpoints log, Head head) throws IOException {
    int place = log.place(head.persistenceId());
    var path = log.tree().path(place);
    out.writeLong(place);
    out.writeShort(path.size());
    for (byte[] hash : path) out.write(hash);
    out.write(head.leaf());
  }

  private void branch(long child, Event.TermBegun event) {
    var parent = spans.get(TwinId.ENTITY + "|" + robot + "~" + event.parentTerm());
    if (event.parentTerm() > 0 && parent != null && parent.last() > event.parentSequence()) {
      manifest.addBranches(
          "term %d: %d events after sequence %d, where term %d begins"
              .formatted(
                  event.parentTerm(),
                  parent.last() - event.parentSequence(),
                  event.parentSequence(),
                  child));
    }
  }

  private static String at(long nanos) {
    return Instant.ofEpochSecond(
            Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L))
        .toString();
  }
}
