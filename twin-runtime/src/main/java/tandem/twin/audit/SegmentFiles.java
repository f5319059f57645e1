package tandem.twin.audit;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;
import tandem.twin.SampleReader;
import tandem.twin.recorder.RecorderId;
import tandem.twin.recorder.SegmentChannel;
import tandem.twin.recorder.SegmentNames;
import tandem.twin.recorder.SegmentReader;
import tandem.twin.recorder.mcap.McapFile;
import tandem.twin.robot.Sensed;
import tandem.twin.stream.RawSample;
import tandem.twin.stream.SensedState;

/** {@link SegmentArchive} over the files of a data directory. Keeps nothing open. */
public final class SegmentFiles implements SegmentArchive {
  /** Segments that are searched back for values that the newest ones do not have. */
  private static final int SEARCH_BACK_SEGMENTS = 8;

  private static final int UNINDEXED_CANDIDATES = 16;

  private final boolean alone;

  /**
   * @param alone every segment that the journal names was recorded in the data directory; else one
   *     that another recorder opened, and that is not here, is out of reach
   */
  public SegmentFiles(boolean alone) {
    this.alone = alone;
  }

  /**
   * What the journal says of one file.
   *
   * @param opened null where the journal does not tell
   */
  private record Claim(SealedEvent by, Event.OfSegment event, Event.SegmentOpened opened) {}

  @Override
  public Verdict verify(Path data, String robot, List<SealedEvent> segmentEvents) {
    Map<String, Claim> claims = claims(segmentEvents);
    long samples = 0;
    long torn = 0;
    long unreachable = 0;
    Bad firstBad = null;
    for (var claim : claims.values()) {
      if (isElsewhere(data, claim)) {
        unreachable++;
        continue;
      }
      try {
        var whole = check(data, claim.event);
        samples += whole.samples;
        torn += whole.tornBytes;
      } catch (IOException bad) {
        if (firstBad == null) {
          firstBad = new Bad(claim.by.term(), claim.by.sequence(), bad.getMessage());
        }
      }
    }
    if (firstBad == null) {
      for (var file : present(data, robot)) {
        if (!claims.containsKey(file)) {
          firstBad = new Bad(0, 0, file + ": expected an event that names it, found none");
          break;
        }
      }
    }
    return new Verdict(claims.size(), samples, torn, unreachable, firstBad);
  }

  private boolean isElsewhere(Path data, Claim claim) {
    return !alone
        && claim.opened != null
        && !RecorderId.isOf(claim.opened, RecorderId.at(data))
        && !Files.exists(SegmentNames.find(data, claim.event.file()));
  }

  /**
   * Segment files below the data directory that are in no folder of these robots; they are bad, and
   * belong to nobody's verdict.
   */
  public static List<String> unclaimed(Path data, Set<String> robots) throws IOException {
    Set<String> folders = new HashSet<>();
    robots.forEach(robot -> folders.add(SegmentNames.folder(robot)));
    List<String> found = new ArrayList<>();
    if (!Files.isDirectory(data)) {
      return found;
    }
    try (Stream<Path> all = Files.walk(data)) {
      for (var path : (Iterable<Path>) all.sorted()::iterator) {
        String file = data.relativize(path).toString().replace('\\', '/');
        if (file.endsWith(".mcap") && Files.isRegularFile(path)) {
          int slash = file.lastIndexOf('/');
          if (slash < 0 || !folders.contains(file.substring(0, slash))) {
            found.add(file);
          }
        }
      }
    }
    return found;
  }

  /** The last word of the journal on each file, in the order of first mention. */
  private static Map<String, Claim> claims(List<SealedEvent> segmentEvents) {
    Map<String, Claim> claims = new LinkedHashMap<>();
    for (var sealed : segmentEvents) {
      if (sealed.event() instanceof Event.OfSegment event) {
        var before = claims.get(event.file());
        boolean settled = before != null && !(before.event instanceof Event.SegmentOpened);
        var opened =
            event instanceof Event.SegmentOpened one ? one : before == null ? null : before.opened;
        if (!settled || !(event instanceof Event.SegmentOpened)) {
          claims.put(event.file(), new Claim(sealed, event, opened));
        }
      }
    }
    return claims;
  }

  private record Whole(long samples, long tornBytes) {}

  private static Whole check(Path data, Event.OfSegment event) throws IOException {
    return switch (event) {
      case Event.SegmentOpened opened -> open(data, opened.file());
      case Event.SegmentSealed sealed -> sealed(data, sealed);
      case Event.SegmentRecovered recovered -> sealed(data, recovered.sealed());
      case Event.SegmentLost lost -> throw new IOException(lost.file() + ": lost: " + lost.why());
      case Event.SegmentOrphaned orphaned ->
          throw new IOException(
              orphaned.file() + ": expected an event of its opening, found it without one");
    };
  }

  private static Whole sealed(Path data, Event.SegmentSealed sealed) throws IOException {
    Path path = data.resolve(sealed.file());
    if (!Files.isRegularFile(path)) {
      throw new IOException(
          "%s: expected a file of %d bytes, found none"
              .formatted(sealed.file(), sealed.sizeBytes()));
    }
    long size = Files.size(path);
    if (size != sealed.sizeBytes()) {
      throw new IOException(
          "%s: expected %d bytes, found %d".formatted(sealed.file(), sealed.sizeBytes(), size));
    }
    var hash = hash(path);
    if (!hash.equals(sealed.sha256())) {
      throw new IOException(
          "%s: expected SHA-256 %s, found %s"
              .formatted(sealed.file(), SealedEvent.hex(sealed.sha256()), SealedEvent.hex(hash)));
    }
    return new Whole(sealed.samples(), 0);
  }

  private static Whole open(Path data, String file) throws IOException {
    Path path = SegmentNames.find(data, file);
    if (!Files.isRegularFile(path)) {
      throw new IOException(file + ": expected an open segment, found no file");
    }
    long size = Files.size(path);
    long samples = 0;
    try (var reader = new SegmentReader(path, size)) {
      while (reader.next() != null) {
        samples++;
      }
      var end = reader.end();
      return new Whole(samples, end.complete() ? 0 : size - end.wholeBytes());
    } catch (IOException bad) {
      throw new IOException(file + ": " + bad.getMessage(), bad);
    }
  }

  private static ByteString hash(Path path) throws IOException {
    var digest = SealedEvent.sha256();
    byte[] part = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(path)) {
      for (int n = in.read(part); n >= 0; n = in.read(part)) {
        digest.update(part, 0, n);
      }
    }
    return ByteString.copyFrom(digest.digest());
  }

  private static Set<String> present(Path data, String robot) {
    Set<String> files = new TreeSet<>();
    String folder = SegmentNames.folder(robot);
    if (!Files.isDirectory(data.resolve(folder))) {
      return files;
    }
    try (Stream<Path> all = Files.list(data.resolve(folder))) {
      all.map(path -> path.getFileName().toString())
          .filter(name -> name.endsWith(".mcap"))
          .forEach(name -> files.add(folder + "/" + name));
    } catch (IOException unreadable) {
      throw new java.io.UncheckedIOException(unreadable);
    }
    return files;
  }

  /**
   * {@inheritDoc}
   *
   * <p>A pure function of the files: of each topic the newest good sample at or before the instant,
   * folded as the live twin does. Origins and {@code newestNanos} have wall time where the live
   * ones have monotonic time, so ages are relative to {@code atNanos}.
   */
  @Override
  public Sensed at(
      Path data, String robot, List<SealedEvent> segmentEvents, long atNanos, SampleReader reader) {
    List<Event.OfSegment> newestFirst = new ArrayList<>();
    for (var claim : claims(segmentEvents).values()) {
      if (!(claim.event instanceof Event.SegmentOrphaned)) {
        newestFirst.add(claim.event);
      }
    }
    java.util.Collections.reverse(newestFirst);
    var search = new Search(reader, atNanos);
    int searched = 0;
    for (var event : newestFirst) {
      if (searched == SEARCH_BACK_SEGMENTS || search.complete()) {
        break;
      }
      if (startsAfter(event, atNanos)) {
        continue;
      }
      try {
        if (search.segment(SegmentNames.find(data, event.file()))) {
          searched++;
        }
      } catch (IOException bad) {
        throw new java.io.UncheckedIOException(
            "robot %s at %d ns: %s: %s; the state there is not known"
                .formatted(robot, atNanos, event.file(), bad.getMessage()),
            bad);
      }
    }
    return search.sensed();
  }

  private static boolean startsAfter(Event.OfSegment event, long atNanos) {
    return switch (event) {
      case Event.SegmentSealed sealed -> sealed.samples() == 0 || sealed.firstNanos() > atNanos;
      case Event.SegmentRecovered recovered ->
          recovered.sealed().samples() == 0 || recovered.sealed().firstNanos() > atNanos;
      case Event.SegmentOpened opened -> false;
      case Event.SegmentLost lost -> false;
      case Event.SegmentOrphaned orphaned -> true;
    };
  }

  /** Goes back from the instant until something is known of joints, attitude and base. */
  private static final class Search {
    private final SampleReader reader;
    private final long atNanos;
    private final Map<String, SensedState> byTopic = new HashMap<>();
    private final Set<String> settled = new HashSet<>();
    private long newestNanos = Long.MIN_VALUE;

    Search(SampleReader reader, long atNanos) {
      this.reader = reader;
      this.atNanos = atNanos;
    }

    boolean complete() {
      var state = folded();
      return state.joints() != null && state.attitude() != null && state.base() != null;
    }

    Sensed sensed() {
      return folded().sensed(newestNanos);
    }

    private SensedState folded() {
      var state = SensedState.UNSEEN;
      for (var topic : byTopic.values()) {
        state = state.merge(topic);
      }
      return state;
    }

    /** Whether the file had a sample at or before the instant. */
    boolean segment(Path path) throws IOException {
      if (!Files.isRegularFile(path)) {
        throw new IOException("expected a segment, found no file");
      }
      var indexed = McapFile.open(path);
      if (indexed.isEmpty()) {
        return unindexed(path);
      }
      try (var file = indexed.get()) {
        return indexed(file);
      }
    }

    private boolean indexed(McapFile file) throws IOException {
      Map<Integer, SegmentChannel> channels = new HashMap<>();
      file.channels()
          .forEach(
              (id, channel) ->
                  channels.put(
                      id, SegmentChannel.of(channel, file.schemas().get(channel.schemaId()))));
      var newestFirst =
          file.chunks().stream()
              .filter(chunk -> chunk.startTime() <= atNanos)
              .sorted(
                  Comparator.comparingLong(
                          (tandem.twin.recorder.mcap.McapRecord.ChunkIndex chunk) ->
                              chunk.chunkOffset())
                      .reversed())
              .toList();
      boolean any = false;
      for (var chunk : newestFirst) {
        boolean wanted =
            chunk.messageIndexOffsets().keySet().stream()
                .anyMatch(id -> !settled.contains(channels.get(id).topic()));
        if (!wanted) {
          continue;
        }
        var messages = file.messages(chunk);
        for (int i = messages.size() - 1; i >= 0; i--) {
          var message = messages.get(i);
          var channel = channels.get(message.channelId());
          if (channel != null && message.logTime() <= atNanos) {
            any = true;
            candidate(
                new SegmentReader.Sample(
                    channel,
                    channel.sequence(message),
                    channel.sourceNanos(message),
                    message.logTime(),
                    message.data()));
          }
        }
      }
      return any;
    }

    private boolean unindexed(Path path) throws IOException {
      Map<String, Deque<SegmentReader.Sample>> newest = new HashMap<>();
      try (var segment = new SegmentReader(path, Files.size(path))) {
        for (var sample = segment.next(); sample != null; sample = segment.next()) {
          String topic = sample.channel().topic();
          if (sample.logNanos() <= atNanos && !settled.contains(topic)) {
            var kept = newest.computeIfAbsent(topic, name -> new ArrayDeque<>());
            if (kept.size() == UNINDEXED_CANDIDATES) {
              kept.removeLast();
            }
            kept.addFirst(sample);
          }
        }
      }
      newest.values().forEach(samples -> samples.forEach(this::candidate));
      return !newest.isEmpty();
    }

    /** Offered newest first per topic; the first good one settles its topic. */
    private void candidate(SegmentReader.Sample sample) {
      var channel = sample.channel();
      newestNanos = Math.max(newestNanos, sample.logNanos());
      if (settled.contains(channel.topic())) {
        return;
      }
      var raw =
          new RawSample(
              sample.payload(),
              channel.publisher(),
              sample.sequence(),
              sample.sourceNanos(),
              sample.logNanos(),
              sample.logNanos(),
              false);
      try {
        var reading =
            reader.read(channel.topic(), channel.type(), channel.schemaText(), sample.payload());
        if (reading.isEmpty()) {
          settled.add(channel.topic());
          return;
        }
        var state =
            SensedState.UNSEEN.after(reading.get(), SensedState.origin(channel.topic(), raw));
        if (state.faults().isEmpty()) {
          byTopic.put(channel.topic(), state);
          settled.add(channel.topic());
        }
      } catch (
          IllegalArgumentException malformed) { // set aside when it came; the one before counts
        newestNanos = Math.max(newestNanos, sample.logNanos());
      }
    }
  }
}
