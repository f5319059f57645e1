package tandem.robot.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.GuardMemory;

class GuardFilesTest {
  @TempDir Path directory;

  private static GuardMemory memory(long epoch) {
    return GuardMemory.newBuilder()
        .setVersion(1)
        .setRobot("eve")
        .setArmed(true)
        .setHighestSeen(GuardHarness.authority(1, epoch))
        .build();
  }

  @Test
  void shouldReadBackWhatItWrote() throws IOException {
    try (GuardStore store = GuardStore.open(directory).store()) {
      store.write(memory(1));
      store.write(memory(2));
    }

    var again = GuardStore.open(directory);

    assertThat(again.memory()).contains(memory(2));
    again.store().close();
    assertThat(Files.getPosixFilePermissions(directory.resolve(GuardStore.NAME)))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void shouldSyncEachWriteToTheDisk() throws IOException {
    try (GuardStore store = GuardStore.open(directory).store();
        var recording = new Recording()) {
      recording.enable("jdk.FileForce").withoutThreshold();
      recording.start();
      for (int epoch = 1; epoch <= 3; epoch++) {
        store.write(memory(epoch));
      }
      recording.stop();
      Path events = directory.resolve("syncs.jfr");
      recording.dump(events);

      assertThat(RecordingFile.readAllEvents(events))
          .filteredOn(e -> e.getString("path").endsWith(GuardStore.NAME))
          .hasSize(3);
    }
  }

  @Test
  void shouldFallBackToTheSlotBeforeWhereverAWriteIsTorn() throws IOException {
    byte[] before;
    byte[] after;
    Path file = directory.resolve(GuardStore.NAME);
    try (GuardStore store = GuardStore.open(directory).store()) {
      store.write(memory(1));
      store.write(memory(2));
      before = Files.readAllBytes(file);
      store.write(memory(3));
      after = Files.readAllBytes(file);
    }
    int start = GuardStore.SLOT_BYTES; // generation 3 is odd
    int end = start + 64;
    for (int cut = start; cut < end; cut++) {
      byte[] torn = after.clone();
      System.arraycopy(before, cut, torn, cut, after.length - cut);
      Files.write(file, torn);

      var opened = GuardStore.open(directory);

      long epoch = opened.memory().orElseThrow().getHighestSeen().getEpoch();
      assertThat(epoch).as("cut at %d", cut).isIn(2L, 3L);
      if (cut > start + 8 && epoch == 2) {
        assertThat(opened.why()).as("cut at %d", cut).contains("slot 1 of guard.state", "crc");
      }
      opened.store().write(memory(9));
      opened.store().close();
      var then = GuardStore.open(directory);
      assertThat(then.memory()).contains(memory(9));
      then.store().close();
    }
  }

  @Test
  void shouldSayThatTheStateIsLostAndNotInventOne() throws IOException {
    Files.write(directory.resolve(GuardStore.NAME), new byte[] {1, 2, 3});

    var opened = GuardStore.open(directory);

    assertThat(opened.memory()).isEmpty();
    assertThat(opened.why()).contains("no whole slot");
    opened.store().close();
  }

  @Test
  void shouldRefuseAnyFlippedByteOfASlotAndSayThatTheOtherMayBeOlder() throws IOException {
    Path file = directory.resolve(GuardStore.NAME);
    for (int written = 1; written <= 3; written++) {
      Files.deleteIfExists(file);
      try (GuardStore store = GuardStore.open(directory).store()) {
        for (int epoch = 1; epoch <= written; epoch++) {
          store.write(memory(epoch));
        }
      }
      byte[] whole = Files.readAllBytes(file);
      for (int slot = 0; slot < 2; slot++) {
        boolean isNewest = slot == (written & 1);
        for (int i = 0; (isNewest || written > 1) && i < 24 + memory(1).getSerializedSize(); i++) {
          byte[] flipped = whole.clone();
          flipped[slot * GuardStore.SLOT_BYTES + i] ^= 4;
          Files.write(file, flipped);

          var opened = GuardStore.open(directory);

          String at = "byte %d of slot %d after %d writes".formatted(i, slot, written);
          if (written == 1) {
            assertThat(opened.memory()).as(at).isEmpty();
          } else {
            assertThat(opened.memory()).as(at).contains(memory(isNewest ? written - 1 : written));
          }
          assertThat(opened.why())
              .as(at)
              .contains("slot %d of guard.state".formatted(slot), "expected", "found");
          opened.store().close();
        }
      }
    }
  }

  @Test
  void shouldTakeASlotThatWasNeverWrittenForNoDamageAndOneThatIsGoneForOne() throws IOException {
    Path file = directory.resolve(GuardStore.NAME);
    try (GuardStore store = GuardStore.open(directory).store()) {
      store.write(memory(1));
    }
    try (GuardStore store = GuardStore.open(directory).store()) {
      assertThat(GuardStore.open(directory).why()).isEmpty();
      store.write(memory(2));
      assertThat(GuardStore.open(directory).why()).isEmpty();
    }
    byte[] whole = Files.readAllBytes(file);
    Arrays.fill(whole, GuardStore.SLOT_BYTES, 2 * GuardStore.SLOT_BYTES, (byte) 0);
    Files.write(file, whole);

    var opened = GuardStore.open(directory);

    assertThat(opened.memory()).contains(memory(2));
    assertThat(opened.why()).contains("slot 1 of guard.state: empty");
    opened.store().close();
  }

  @Test
  void shouldStartUnarmedWhereASlotIsDamagedAndKeepTheStopOfTheOther() throws Exception {
    for (boolean stopped : new boolean[] {false, true}) {
      Path own = directory.resolve("stopped-" + stopped);
      var settings = new Guard.Settings("eve", List.of(), "tcp/127.0.0.1:0", own, 0, null, null);
      Guard.start(settings).close();
      var before = memory(4).toBuilder().setStopLatched(stopped).setStopBy("bob").build();
      try (GuardStore store = GuardStore.open(own).store()) {
        store.write(before);
        store.write(before.toBuilder().setHighestSeen(GuardHarness.authority(1, 5)).build());
      }
      Path file = own.resolve(GuardStore.NAME);
      byte[] bytes = Files.readAllBytes(file);
      boolean second = bytes[8] < bytes[GuardStore.SLOT_BYTES + 8];
      bytes[(second ? GuardStore.SLOT_BYTES : 0) + 24] ^= 4;
      Files.write(file, bytes);

      Guard.start(settings).close();
      Guard.start(settings).close();

      GuardMemory after = GuardStore.peek(own).orElseThrow();
      assertThat(after.getArmed()).as("also after the next start").isFalse();
      assertThat(after.getStopLatched()).isEqualTo(stopped);
      assertThat(after.getHighestSeen()).isEqualTo(GuardHarness.authority(1, 4));
      try (GuardLog log = GuardLog.open(own, 0)) {
        assertThat(log.waiting(10))
            .filteredOn(record -> record.getKind().equals("lost-state"))
            .singleElement()
            .satisfies(
                record ->
                    assertThat(record.getWhy())
                        .contains("slot %d of guard.state: crc".formatted(second ? 1 : 0))
                        .contains("refused until re-armed"));
      }
    }
  }

  private static GuardLogRecord.Builder record(String kind) {
    return GuardLogRecord.newBuilder().setKind(kind).setWhy("because");
  }

  @Test
  void shouldNumberWithoutGapsThroughRestartsAndCutATornTail() throws IOException {
    Path file = directory.resolve(GuardLog.NAME);
    try (GuardLog log = GuardLog.open(directory, 0)) {
      for (int i = 0; i < 5; i++) {
        log.append(record("stop"));
      }
    }
    byte[] whole = Files.readAllBytes(file);
    int length = whole.length / 5;
    for (int cut = whole.length - length + 1; cut <= whole.length; cut++) {
      Files.write(file, Arrays.copyOf(whole, cut));
      try (GuardLog log = GuardLog.open(directory, 0)) {
        long expected = cut == whole.length ? 5 : 4;
        assertThat(log.head()).isEqualTo(expected);
        assertThat(log.append(record("release")).getNumber()).isEqualTo(expected + 1);
        assertThat(log.waiting(10)).as("told only once it is in the file").hasSize((int) expected);
        log.flush();
        assertThat(log.waiting(10)).hasSize((int) expected + 1);
      }
    }
  }

  @Test
  void shouldForgetWhatIsAcknowledgedAndKeepTheNumbers() throws IOException {
    try (GuardLog log = GuardLog.open(directory, 0)) {
      for (int i = 0; i < 80; i++) {
        log.append(record("stop").setWhy("x".repeat(60_000)));
      }
      log.acked(79);
    }
    assertThat(Files.size(directory.resolve(GuardLog.NAME))).isLessThan(100_000);
    try (GuardLog log = GuardLog.open(directory, 79)) {
      assertThat(log.waiting(10)).hasSize(1);
      assertThat(log.append(record("stop")).getNumber()).isEqualTo(81);
    }
  }

  @Test
  void shouldStayBoundedWhenNobodyFetchesRefusals() throws IOException {
    try (GuardLog log = GuardLog.open(directory, 0)) {
      for (int i = 0; i < GuardLog.MOST_WAITING + 50; i++) {
        log.append(record("refused"));
      }
      assertThat(log.left()).isEqualTo(50);
      assertThat(log.append(record("stop"))).isNotNull();
    }
  }

  @Test
  void shouldProveASessionAndNoOther() throws IOException {
    GuardKey key = GuardKey.open(directory);
    GuardKey same = GuardKey.open(directory);
    byte[] nonce = new byte[GuardKey.NONCE_BYTES];

    byte[] signature = same.sign(nonce, "abc", "def");

    assertThat(GuardKey.verify(key.publicKey(), signature, nonce, "abc", "def")).isTrue();
    assertThat(GuardKey.verify(key.publicKey(), signature, nonce, "abd", "def")).isFalse();
    assertThat(GuardKey.verify(key.publicKey(), signature, nonce, "abc", "dee")).isFalse();
    assertThat(GuardKey.verify(key.publicKey(), signature, new byte[31], "abc", "def")).isFalse();
    assertThat(GuardKey.verify(new byte[3], signature, nonce, "abc", "def")).isFalse();
    assertThat(GuardKey.verify(key.publicKey(), new byte[3], nonce, "abc", "def")).isFalse();
    assertThat(Files.getPosixFilePermissions(directory.resolve(GuardKey.NAME)))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void shouldNotStartOnAKeyThatIsNone() throws IOException {
    Files.writeString(directory.resolve(GuardKey.NAME), "nonsense");

    assertThatThrownBy(() -> GuardKey.open(directory))
        .hasMessageContaining("expected an Ed25519 key");
  }
}
