package tandem.twin.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A stream as the server's documentation describes it, written by hand. */
class CopiedRowsTest {
  private static final String HEADER = "5047434f50590aff0d0a00 00000000 00000000";
  private static final String ROW =
      """
      0007                        fields
      00000008 0000000000000005   sequence
      00000003 6d2f31             manifest m/1
      00000004 00000001           schema version
      00000008 00000000000003e8   hybrid nanos
      00000002 0102               previous hash
      00000000                    payload, empty
      00000001 ff                 hash
      """;
  private static final String END = "ffff";

  private final CopiedRows rows = new CopiedRows("RobotTwin|ada~1");
  private final List<JournalReader.Row> found = new ArrayList<>();

  private static byte[] bytes(String... parts) {
    var hex = new StringBuilder();
    for (String part : parts) {
      part.lines().forEach(line -> hex.append(line.split(" {2,}")[0].replace(" ", "")));
    }
    return HexFormat.of().parseHex(hex);
  }

  @Test
  void shouldReadARow() throws Exception {
    rows.take(bytes(HEADER, ROW), found::add);
    rows.take(bytes(ROW, ROW), found::add);
    rows.take(bytes(END), found::add);
    rows.end();

    var row =
        new JournalReader.Row(
            "RobotTwin|ada~1",
            5,
            "m/1",
            1,
            1_000,
            ByteString.copyFrom(new byte[] {1, 2}),
            ByteString.EMPTY,
            ByteString.copyFrom(new byte[] {-1}));
    assertThat(found).containsExactly(row, row, row);
  }

  @Test
  void shouldRefuseAStreamThatBreaksOff() throws Exception {
    rows.take(bytes(HEADER, ROW), found::add);
    assertThatThrownBy(rows::end)
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("RobotTwin|ada~1")
        .hasMessageContaining("expected its end, found no more rows");

    byte[] whole = bytes(HEADER, ROW);
    for (int cut = 1; cut < whole.length; cut++) {
      if (cut == bytes(HEADER).length) continue;
      byte[] part = Arrays.copyOf(whole, cut);
      assertThatThrownBy(() -> new CopiedRows("RobotTwin|ada~1").take(part, found::add))
          .as("cut at " + cut)
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("expected whole rows");
    }
    assertThat(found).hasSize(1);
  }

  @Test
  void shouldRefuseWhatIsNotWhatWasAskedFor() {
    for (String strange :
        List.of(
            "5047434f50590aff0d0a01 00000000 00000000",
            "5047434f50590aff0d0a00 00000000 00000001",
            HEADER + "0006",
            HEADER + "0007 00000004 00000005",
            HEADER + END + "00")) {
      assertThatThrownBy(() -> new CopiedRows("RobotTwin|ada~1").take(bytes(strange), found::add))
          .as(strange)
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("expected");
    }
  }
}
