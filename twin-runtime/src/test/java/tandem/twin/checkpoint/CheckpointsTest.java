package tandem.twin.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {
  @TempDir Path data;

  @Test
  void shouldReadBackWhatWasStatedUnderEachKey() throws IOException {
    write();

    var newest = Checkpoints.newest(data).orElseThrow();

    assertThat(newest.checkpoint().count()).isEqualTo(2);
    assertThat(newest.checkpoint().number()).isEqualTo(7);
    assertThat(newest.heads().values()).containsExactly(head("ada", 9, 3), head("eve", 5, 4));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key())))
        .isEqualTo("rw-------");
    assertThat(Checkpoints.signer(data).orElseThrow().publicKey())
        .isEqualTo(entries().get(4).statement().value());
  }

  @Test
  void shouldFindNothingWhereNothingWasEverStated() throws IOException {
    assertThat(Checkpoints.newest(data)).isEmpty();
    assertThat(Checkpoints.signer(data)).isEmpty();
  }

  @Test
  void shouldGoOnBehindATornEndAndReadOverIt() throws IOException {
    write();
    byte[] whole = Files.readAllBytes(log());
    for (int torn : new int[] {1, 4, 8, 50, 248}) {
      Files.write(log(), Arrays.copyOf(whole, whole.length - torn));
      assertThat(Checkpoints.newest(data)).isPresent();
    }
    Files.write(log(), Arrays.copyOf(whole, whole.length + 40));
    assertThat(Checkpoints.newest(data).orElseThrow().checkpoint().number()).isEqualTo(7);

    try (var writer = CheckpointWriter.open(data, 50)) {
      writer.checkpoint(List.of(head("ada", 10, 5)), 51);
    }

    assertThat(Checkpoints.newest(data).orElseThrow().checkpoint().number()).isEqualTo(8);
  }

  /** All but the last record, which cannot be told from one that a crash left torn. */
  @Test
  void shouldNameThePlaceOfEveryFlippedBit() throws IOException {
    write();
    byte[] bytes = Files.readAllBytes(log());
    int last = bytes.length - 249; // frame 8, statement 176, count 4, head 57, CRC 4
    for (int at = 0; at < bytes.length; at++) {
      bytes[at] ^= (byte) (1 << at % 8);
      Files.write(log(), bytes);
      if (at < last) {
        assertThatThrownBy(() -> Checkpoints.newest(data))
            .as("byte %d", at)
            .isInstanceOf(IOException.class)
            .hasMessageContaining("expected")
            .hasMessageContaining("at byte");
      } else {
        assertThat(isSeen()).as("byte %d", at).isFalse();
      }
      bytes[at] ^= (byte) (1 << at % 8);
    }
  }

  private boolean isSeen() {
    try {
      return Checkpoints.newest(data).orElseThrow().checkpoint().number() == 7;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void shouldRefuseALogWithoutItsKeyOrWithAnother() throws IOException {
    write();
    byte[] kept = Files.readAllBytes(key());
    Files.delete(key());
    assertThatThrownBy(() -> CheckpointWriter.open(data, 50))
        .hasMessageContaining("expected the key");
    assertThat(Checkpoints.newest(data)).as("it reads without").isPresent();

    NodeKey.make().write(key());
    assertThatThrownBy(() -> CheckpointWriter.open(data, 50))
        .hasMessageContaining("expected that of the log");

    Files.write(key(), Arrays.copyOf(kept, 63));
    assertThatThrownBy(() -> CheckpointWriter.open(data, 50)).hasMessageContaining("64 bytes");
    Files.write(key(), kept);
    CheckpointWriter.open(data, 50).close();
  }

  @Test
  void shouldRefuseAKeyWithoutItsLog() throws IOException {
    write();
    byte[] bytes = Files.readAllBytes(log());
    for (int left : new int[] {0, 8, 20}) {
      Files.write(log(), Arrays.copyOf(bytes, left));
      assertThatThrownBy(() -> Checkpoints.newest(data)).hasMessageContaining("beside a key");
      assertThatThrownBy(() -> CheckpointWriter.open(data, 5)).hasMessageContaining("beside a key");
    }
    Files.delete(log());
    assertThatThrownBy(() -> Checkpoints.newest(data)).hasMessageContaining("beside its key");
    assertThatThrownBy(() -> CheckpointWriter.open(data, 5)).hasMessageContaining("beside its key");
  }

  /** The crash comes at each step of taking a new key. */
  @Test
  void shouldSettleWhichKeySignsAfterACrash() throws IOException {
    write();
    byte[] before = Files.readAllBytes(log());
    byte[] oldKey = Files.readAllBytes(key());
    try (var writer = CheckpointWriter.open(data, 60)) {
      writer.rotate(61);
    }
    byte[] after = Files.readAllBytes(log());
    byte[] newKey = Files.readAllBytes(key());
    Path next = data.resolve("checkpoints/key.new");

    Files.write(log(), before); // the new key's file is there, its statement is not
    Files.write(key(), oldKey);
    Files.write(next, newKey);
    goOn(62);
    assertThat(Files.readAllBytes(key())).isEqualTo(oldKey);

    Files.write(log(), after); // the statement is there, the file has its first name
    Files.write(key(), oldKey);
    Files.write(next, newKey);
    goOn(63);
    assertThat(Files.readAllBytes(key())).isEqualTo(newKey);
    assertThat(next).doesNotExist();
  }

  @Test
  void shouldRefuseAKeyThatTheOneBeforeDidNotSign() throws IOException {
    write();
    byte[] foreign = Files.readAllBytes(log());
    Path other = data.resolve("other");
    try (var writer = CheckpointWriter.open(other, 1)) {
      writer.rotate(2);
    }
    byte[] others = Files.readAllBytes(Checkpoints.log(other));
    int key = Checkpoints.FRAME_BYTES + Statement.BYTES + Integer.BYTES;
    System.arraycopy(others, 8 + key, foreign, 8 + key, key); // its second key, as our second

    Files.write(log(), foreign);
    assertThatThrownBy(() -> Checkpoints.newest(data)).hasMessageContaining("hash of the one");
  }

  private void goOn(long at) throws IOException {
    try (var writer = CheckpointWriter.open(data, at)) {
      writer.checkpoint(List.of(head("ada", at, 7)), at);
    }
    assertThat(Checkpoints.newest(data).orElseThrow().heads().get("RobotTwin|ada~1").sequence())
        .isEqualTo(at);
  }

  /** Key, software, checkpoint, checkpoint, key, software, checkpoint. */
  private void write() throws IOException {
    try (var writer = CheckpointWriter.open(data, 1)) {
      writer.software("tandem 1", 2);
      writer.checkpoint(List.of(head("ada", 3, 1)), 3);
      writer.checkpoint(List.of(head("eve", 5, 4), head("ada", 7, 2)), 4);
      writer.rotate(5);
    }
    try (var writer = CheckpointWriter.open(data, 6)) {
      writer.software("tandem 2", 7);
      writer.checkpoint(List.of(head("ada", 9, 3)), 8);
    }
  }

  private List<Checkpoints.Entry> entries() throws IOException {
    var entries = new java.util.ArrayList<Checkpoints.Entry>();
    try (var log = Checkpoints.open(data).orElseThrow()) {
      for (var entry = log.next(); entry != null; entry = log.next()) entries.add(entry);
    }
    return entries;
  }

  private Path log() {
    return data.resolve("checkpoints/log");
  }

  private Path key() {
    return data.resolve("checkpoints/key");
  }

  private static Head head(String robot, long sequence, int hash) {
    byte[] bytes = new byte[32];
    bytes[0] = (byte) hash;
    return new Head("RobotTwin|" + robot + "~1", sequence, ByteString.copyFrom(bytes));
  }
}
