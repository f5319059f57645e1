package tandem.twin.recorder;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import tandem.proto.event.Event;
import tandem.proto.event.Event.SegmentSealed;
import tandem.twin.recorder.mcap.McapException;
import tandem.twin.recorder.mcap.McapReader;
import tandem.twin.recorder.mcap.McapRecord;
import tandem.twin.recorder.mcap.McapWriter;

/**
 * What to do with segment files that a run left behind without sealing them. A file is copied up to
 * its last whole record into a complete one, synced, and put in its place in one move, so that a
 * crash in between leaves the old or the new one.
 */
final class SegmentRecovery {
  static List<Event.OfSegment> recover(
      Path data,
      String recorder,
      String robot,
      List<? extends Event.OfSegment> journaled,
      Predicate<String> isOfThisRun)
      throws IOException {
    Set<String> opened = new TreeSet<>();
    Set<String> settled = new HashSet<>();
    for (var event : journaled) {
      if (event instanceof Event.SegmentOpened one) {
        if (RecorderId.isOf(one, recorder) || Files.exists(SegmentNames.find(data, one.file()))) {
          opened.add(event.file());
        }
      } else {
        settled.add(event.file());
      }
    }
    List<Event.OfSegment> found = new ArrayList<>();
    for (var file : files(data, robot)) {
      if (isOfThisRun.test(file) || settled.contains(file)) {
        continue;
      }
      boolean ours = opened.contains(file) || !Files.exists(data.resolve(file));
      found.add(ours ? restore(data, file) : orphan(data, file));
      settled.add(file);
    }
    for (var file : opened) {
      if (!settled.contains(file) && !isOfThisRun.test(file)) {
        found.add(new Event.SegmentLost(file, "expected a segment file, found none"));
      }
    }
    return found;
  }

  /** Names of the robot's segments, whichever of its two names each has now; sorted. */
  private static Set<String> files(Path data, String robot) throws IOException {
    Set<String> names = new TreeSet<>();
    String folder = SegmentNames.folder(robot);
    if (!Files.isDirectory(data.resolve(folder))) {
      return names;
    }
    try (Stream<Path> all = Files.list(data.resolve(folder))) {
      for (var path : (Iterable<Path>) all::iterator) {
        String name = path.getFileName().toString();
        if (name.endsWith(SegmentNames.PART)) {
          Files.delete(path);
        } else if (name.endsWith(".mcap")) {
          names.add(folder + "/" + name);
        } else if (name.endsWith(".mcap" + SegmentNames.NEW)) {
          names.add(folder + "/" + name.substring(0, name.length() - SegmentNames.NEW.length()));
        }
      }
    }
    return names;
  }

  private static Event.OfSegment orphan(Path data, String file) throws IOException {
    Path path = data.resolve(file);
    return new Event.SegmentOrphaned(file, hash(path), Files.size(path));
  }

  private static Event.OfSegment restore(Path data, String file) throws IOException {
    Path found = SegmentNames.find(data, file);
    Path named = data.resolve(file);
    long size = Files.size(found);
    var tally = new StreamTally();
    McapReader.End end;
    try (var reader = new SegmentReader(found, size)) {
      for (var sample = reader.next(); sample != null; sample = reader.next()) {
        tally.take(sample);
      }
      end = reader.end();
    } catch (McapException corrupt) {
      place(found, named);
      return new Event.SegmentLost(file, "not recovered, left as it is: " + corrupt.getMessage());
    }
    if (!end.complete()) {
      Path part = data.resolve(file + SegmentNames.PART);
      copyWhole(found, part);
      place(part, named);
      Files.deleteIfExists(data.resolve(file + SegmentNames.NEW));
    } else {
      place(found, named);
    }
    return new Event.SegmentRecovered(
        new SegmentSealed(
            file,
            tally.counts(),
            tally.firstNanos(),
            tally.lastNanos(),
            hash(named),
            Files.size(named),
            tally.samples()),
        end.complete() ? 0 : size - end.wholeBytes());
  }

  private static void place(Path from, Path to) throws IOException {
    if (!from.equals(to)) {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  static ByteString hash(Path path) throws IOException {
    var digest = SegmentFile.sha256();
    byte[] part = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(path)) {
      for (int n = in.read(part); n >= 0; n = in.read(part)) {
        digest.update(part, 0, n);
      }
    }
    return ByteString.copyFrom(digest.digest());
  }

  private static void copyWhole(Path from, Path part) throws IOException {
    Files.deleteIfExists(part);
    try (var bytes = new SegmentFile(part);
        var reader = McapReader.open(from, Long.MAX_VALUE, false)) {
      var writer =
          new McapWriter(bytes, McapWriter.Options.PLAIN, Segment.PROFILE, Segment.LIBRARY);
      Map<Integer, Integer> schemas = new HashMap<>();
      Map<Integer, Integer> channels = new HashMap<>();
      for (var record = reader.next(); record != null; record = reader.next()) {
        switch (record) {
          case McapRecord.Schema schema -> {
            if (!schemas.containsKey(schema.id())) {
              schemas.put(
                  schema.id(), writer.addSchema(schema.name(), schema.encoding(), schema.data()));
            }
          }
          case McapRecord.Channel channel -> {
            if (!channels.containsKey(channel.id())) {
              channels.put(
                  channel.id(),
                  writer.addChannel(
                      schemas.getOrDefault(channel.schemaId(), 0),
                      channel.topic(),
                      channel.messageEncoding(),
                      channel.metadata()));
            }
          }
          case McapRecord.Message message ->
              writer.message(
                  channels.get(message.channelId()),
                  (int) message.sequence(),
                  message.logTime(),
                  message.publishTime(),
                  message.data());
          default -> {}
        }
      }
      writer.finish();
      bytes.sync();
    }
  }

  private SegmentRecovery() {}
}
