package tandem.proto.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tandem.proto.event.Event;

/** One opener, many events, the same answers as {@link SealedEvent#open}. */
class EventOpenerTest {
  private final EventOpener opener = new EventOpener("ada", 2);

  private static SealedEvent sealed(long sequence, Event event) {
    return SealedEvent.seal("ada", 2, sequence, 1_000 + sequence, SealedEvent.NO_HASH, event);
  }

  private SealedEvent open(SealedEvent e) {
    return opener.open(
        e.sequence(),
        e.manifest(),
        e.schemaVersion(),
        e.hybridNanos(),
        e.previousHash(),
        e.payload(),
        e.hash());
  }

  private static SealedEvent openAlone(SealedEvent e) {
    return SealedEvent.open(
        "ada",
        2,
        e.sequence(),
        e.manifest(),
        e.schemaVersion(),
        e.hybridNanos(),
        e.previousHash(),
        e.payload(),
        e.hash());
  }

  @Test
  void shouldOpenEveryEventThereIs() {
    long sequence = 0;
    for (Event event : EventCodecTest.events()) {
      var sealed = sealed(++sequence, event);

      assertThat(open(sealed)).isEqualTo(sealed);
    }
  }

  /** Around the size from which a payload is not copied. */
  @Test
  void shouldOpenPayloadsOfAnyLength() {
    for (int length : new int[] {0, 1, 1_000, 8_150, 8_192, 8_300, 100_000, 3}) {
      var sealed = sealed(9, new Event.OperatorAction("anna", "note", "é".repeat(length)));

      assertThat(open(sealed)).as("length " + length).isEqualTo(sealed);
    }
  }

  @Test
  void shouldSayTheSameOfWhatDoesNotFit() {
    for (Event event : EventCodecTest.events()) {
      var e = sealed(18, event);
      for (SealedEvent changed : changes(e)) {
        var alone = catchThrowable(() -> openAlone(changed));

        assertThat(alone).isInstanceOf(CorruptEvent.class);
        assertThat(catchThrowable(() -> open(changed)))
            .isInstanceOf(CorruptEvent.class)
            .hasMessage(alone.getMessage());
        assertThat(open(e)).as("and goes on").isEqualTo(e);
      }
    }
  }

  private static List<SealedEvent> changes(SealedEvent e) {
    var one = ByteString.copyFrom(new byte[] {1});
    var changes = new ArrayList<SealedEvent>();
    changes.add(with(e, e.sequence() + 1, e.manifest(), 1, 0, e.previousHash(), e.payload()));
    changes.add(with(e, e.sequence(), "tandem.None/1", 1, 0, e.previousHash(), e.payload()));
    changes.add(with(e, e.sequence(), e.manifest(), 2, 0, e.previousHash(), e.payload()));
    changes.add(with(e, e.sequence(), e.manifest(), 1, 1, e.previousHash(), e.payload()));
    changes.add(with(e, e.sequence(), e.manifest(), 1, 0, one, e.payload()));
    changes.add(
        with(e, e.sequence(), e.manifest(), 1, 0, e.previousHash(), e.payload().concat(one)));
    changes.add(hashed(e, e.hash().substring(1)));
    changes.add(hashed(e, ByteString.EMPTY));
    changes.add(hashed(e, SealedEvent.NO_HASH));
    // its hash fits, and still it is none of ours
    changes.add(rehashed(e, "tandem.None/1", 1, e.payload()));
    changes.add(rehashed(e, e.manifest(), 2, e.payload()));
    changes.add(rehashed(e, e.manifest(), 1, ByteString.copyFrom(new byte[] {7, 7, 7})));
    return changes;
  }

  private static SealedEvent with(
      SealedEvent e,
      long sequence,
      String manifest,
      int version,
      long later,
      ByteString previousHash,
      ByteString payload) {
    return new SealedEvent(
        "ada",
        2,
        sequence,
        manifest,
        version,
        e.hybridNanos() + later,
        previousHash,
        payload,
        e.hash(),
        null);
  }

  private static SealedEvent hashed(SealedEvent e, ByteString hash) {
    return new SealedEvent(
        "ada",
        2,
        e.sequence(),
        e.manifest(),
        1,
        e.hybridNanos(),
        e.previousHash(),
        e.payload(),
        hash,
        null);
  }

  private static SealedEvent rehashed(
      SealedEvent e, String manifest, int version, ByteString payload) {
    var changed = with(e, e.sequence(), manifest, version, 0, e.previousHash(), payload);
    byte[] bytes =
        SealedEvent.hashed(
            "ada", 2, e.sequence(), manifest, version, e.hybridNanos(), e.previousHash(), payload);
    return hashed(changed, version, ByteString.copyFrom(SealedEvent.sha256().digest(bytes)));
  }

  private static SealedEvent hashed(SealedEvent e, int version, ByteString hash) {
    return new SealedEvent(
        "ada",
        2,
        e.sequence(),
        e.manifest(),
        version,
        e.hybridNanos(),
        e.previousHash(),
        e.payload(),
        hash,
        null);
  }
}
