package tandem.twin.checkpoint;

import com.google.protobuf.ByteString;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import tandem.proto.codec.SealedEvent;

/**
 * Reads a node's log of statements, {@code <data>/checkpoints/log}, from its beginning, and checks
 * it: the link of each to the one before, the root of each checkpoint against its heads, the
 * signature of each key and of the last statement (the links carry it back to all others). Memory:
 * one head and some hashes for each twin.
 *
 * <pre>
 *   file   = "tandemCP" | record ...
 *   record = length u32 | length inverted u32 | statement (176 bytes) | rest | CRC-32 u32
 *   rest   = key: nothing; software: text, UTF-8; checkpoint: number of heads u32 | head ...
 * </pre>
 *
 * The length is that of statement and rest; the CRC is over both. A checkpoint's heads are those
 * that moved since the one before; a new one takes the tree's next leaf. A torn record at the end
 * is what a crash left, and is not read.
 */
public final class Checkpoints implements AutoCloseable {
  static final byte[] MAGIC = "tandemCP".getBytes(StandardCharsets.US_ASCII);
  static final String KEY = "key";
  static final int FRAME_BYTES = 2 * Integer.BYTES;
  private static final int CRC_BYTES = Integer.BYTES;
  private static final int MAX_RECORD_BYTES = 256 << 20;
  private static final int BUFFER_BYTES = 1 << 16;

  /**
   * One record.
   *
   * @param text of software, else empty
   * @param moved of a checkpoint, else empty
   */
  public record Entry(Statement statement, String text, List<Head> moved) {}

  /**
   * The end of a log.
   *
   * @param checkpoint the newest; null where none was made yet
   * @param heads by persistence id
   */
  public record Newest(Statement checkpoint, Map<String, Head> heads) {}

  private final Path file;
  private final long size;
  private final DataInputStream in;
  private final Map<String, Integer> places = new LinkedHashMap<>();
  private final List<Head> heads = new ArrayList<>();
  private final MerkleTree tree = new MerkleTree();
  private long position;
  private boolean atEnd;
  private Statement last;
  private Statement newestKey;
  private Statement newestCheckpoint;

  private Checkpoints(Path file) throws IOException {
    this.file = file;
    this.size = Files.size(file);
    this.in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES));
    byte[] magic = in.readNBytes(MAGIC.length);
    if (magic.length == MAGIC.length) {
      if (!java.util.Arrays.equals(magic, MAGIC)) {
        in.close();
        throw new IOException(file + " at byte 0: expected a log of checkpoints, found none");
      }
      position = MAGIC.length;
    } else {
      atEnd = true;
    }
  }

  static Path folder(Path data) {
    return data.resolve("checkpoints");
  }

  static Path log(Path data) {
    return folder(data).resolve("log");
  }

  static Path key(Path data) {
    return folder(data).resolve(KEY);
  }

  /**
   * Empty where this directory never had one.
   *
   * @throws IOException where there is a key without its log, or the log cannot be read
   */
  public static Optional<Checkpoints> open(Path data) throws IOException {
    if (Files.isRegularFile(log(data))) return Optional.of(new Checkpoints(log(data)));
    if (Files.exists(key(data))) {
      throw new IOException(log(data) + ": expected the log beside its key, found none");
    }
    return Optional.empty();
  }

  /** As {@link #open}, read to the end. */
  public static Optional<Newest> newest(Path data) throws IOException {
    var opened = open(data);
    if (opened.isEmpty()) return Optional.empty();
    try (var log = opened.get()) {
      log.toEnd();
      return Optional.of(new Newest(log.newestCheckpoint, log.byId()));
    }
  }

  /**
   * The key with which statements of this log are signed now; empty where there is no log or this
   * copy of the directory is without the key.
   */
  public static Optional<NodeKey> signer(Path data) throws IOException {
    return Files.isRegularFile(log(data)) && Files.isReadable(key(data))
        ? Optional.of(NodeKey.read(key(data)))
        : Optional.empty();
  }

  /**
   * Null at the end.
   *
   * @throws IOException saying where, what was expected and what was found
   */
  public Entry next() throws IOException {
    byte[] record = atEnd ? null : record();
    if (record == null) {
      signed(last);
      atEnd = true;
      return null;
    }
    var bytes = ByteBuffer.wrap(record);
    var statement =
        Statement.read(bytes).orElseThrow(() -> bad("kind", "one of this version", "another"));
    follows(statement);
    String text = "";
    List<Head> moved = List.of();
    switch (statement.kind()) {
      case KEY -> {
        var by = newestKey == null ? statement.value() : newestKey.value();
        if (!statement.isSignedBy(by)) {
          throw bad("signature of the key", "that of the key before it", "another");
        }
        newestKey = statement;
      }
      case SOFTWARE -> {
        byte[] utf8 = new byte[bytes.remaining()];
        bytes.get(utf8);
        same("text", statement.value(), ByteString.copyFrom(SealedEvent.sha256().digest(utf8)));
        text = new String(utf8, StandardCharsets.UTF_8);
      }
      case CHECKPOINT -> {
        moved = heads(bytes);
        moved.forEach(this::move);
        if (statement.count() != tree.size()) {
          throw bad("leaves", statement.count(), tree.size());
        }
        same("root of the heads", statement.value(), ByteString.copyFrom(tree.root()));
        newestCheckpoint = statement;
      }
    }
    last = statement;
    position += FRAME_BYTES + record.length + CRC_BYTES;
    return new Entry(statement, text, moved);
  }

  /** Reads what is left. */
  void toEnd() throws IOException {
    Entry entry = next();
    while (entry != null) entry = next();
    if (last == null && Files.exists(file.resolveSibling(KEY))) {
      throw new IOException(file + ": expected a statement, found none beside a key");
    }
  }

  /** Null where no whole record follows. */
  private byte[] record() throws IOException {
    long left = size - position;
    if (left < FRAME_BYTES) return null;
    int length = in.readInt();
    if (in.readInt() != ~length) {
      if (length == 0 && onlyZeros(left - FRAME_BYTES)) return null;
      throw bad("length", "twice the same", "two that differ");
    }
    if (length < Statement.BYTES || length > MAX_RECORD_BYTES) {
      throw bad("length", Statement.BYTES + ".." + MAX_RECORD_BYTES, length);
    }
    long after = left - FRAME_BYTES - CRC_BYTES - length;
    if (after < 0) return null;
    byte[] record = in.readNBytes(length);
    var crc = new CRC32();
    crc.update(record);
    int stored = in.readInt();
    if (stored == (int) crc.getValue()) return record;
    if (after == 0) return null;
    throw bad("CRC", Integer.toHexString((int) crc.getValue()), Integer.toHexString(stored));
  }

  /** A file that grew before a crash, and whose bytes did not come. */
  private boolean onlyZeros(long left) throws IOException {
    for (long i = 0; i < left; i++) {
      if (in.read() > 0) return false;
    }
    return true;
  }

  private void follows(Statement statement) throws IOException {
    if (last == null && statement.kind() != Statement.Kind.KEY) {
      throw bad("kind", Statement.Kind.KEY, statement.kind());
    }
    long number = last == null ? 1 : last.number() + 1;
    if (statement.number() != number) throw bad("number", number, statement.number());
    same(
        "hash of the one before",
        last == null ? SealedEvent.NO_HASH : last.link(),
        statement.previous());
  }

  private void signed(Statement statement) throws IOException {
    if (statement == null || statement.kind() == Statement.Kind.KEY) return; // was checked at once
    if (!statement.isSignedBy(newestKey.value())) {
      throw bad(
          "signature of number " + statement.number(),
          "that of key " + SealedEvent.hex(newestKey.value()),
          "another");
    }
  }

  private List<Head> heads(ByteBuffer bytes) throws IOException {
    int count = bytes.remaining() < Integer.BYTES ? -1 : bytes.getInt();
    if (count < 0 || count > bytes.remaining()) {
      throw bad("heads", "0.." + bytes.remaining(), count);
    }
    var found = new ArrayList<Head>(count);
    for (int i = 0; i < count; i++) {
      try {
        found.add(Head.read(bytes));
      } catch (IOException e) {
        throw new IOException("%s at byte %d: %s".formatted(file, position, e.getMessage()));
      }
    }
    return found;
  }

  /** In memory only: what a writer is about to write. */
  void move(Head head) {
    Integer known = places.putIfAbsent(head.persistenceId(), heads.size());
    int place = known == null ? heads.size() : known;
    if (known == null) heads.add(head);
    else heads.set(place, head);
    tree.set(place, head.leaf());
  }

  private void same(String what, ByteString expected, ByteString found) throws IOException {
    if (!expected.equals(found)) throw bad(what, SealedEvent.hex(expected), SealedEvent.hex(found));
  }

  private IOException bad(String what, Object expected, Object found) {
    return new IOException(
        "%s at byte %d: %s: expected %s, found %s"
            .formatted(file, position, what, expected, found));
  }

  /** Newest heads so far, in the order of the leaves. */
  public List<Head> heads() {
    return heads;
  }

  private Map<String, Head> byId() {
    var byId = new LinkedHashMap<String, Head>();
    heads.forEach(head -> byId.put(head.persistenceId(), head));
    return byId;
  }

  /** Empty where it is in no checkpoint so far. */
  public Optional<Head> head(String persistenceId) {
    return Optional.ofNullable(places.get(persistenceId)).map(heads::get);
  }

  /** Leaf of a head that is there. */
  public int place(String persistenceId) {
    return places.get(persistenceId);
  }

  /** Of the newest checkpoint read. */
  public MerkleTree tree() {
    return tree;
  }

  /** Null before the first. */
  Statement last() {
    return last;
  }

  /** Null before the first. */
  public Statement newestKey() {
    return newestKey;
  }

  /** Null before the first. */
  public Statement newestCheckpoint() {
    return newestCheckpoint;
  }

  /** Where the next record begins. */
  long position() {
    return position;
  }

  /** What a crash left behind the last whole record. */
  long tornBytes() {
    return size - position;
  }

  /** What a writer has appended is as if it had been read. */
  void appended(Statement statement) {
    last = statement;
    if (statement.kind() == Statement.Kind.KEY) newestKey = statement;
    if (statement.kind() == Statement.Kind.CHECKPOINT) newestCheckpoint = statement;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
