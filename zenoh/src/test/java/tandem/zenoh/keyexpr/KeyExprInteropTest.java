package tandem.zenoh.keyexpr;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tandem.zenoh.RealCore;

/** Relations of random expressions, as the real core and as we see them. */
class KeyExprInteropTest {
  // The core 1.10.2 itself crashes on "$*$*" inside a chunk, so that is left to our own test.
  private static final List<String> CHUNKS =
      List.of(
          "a", "b", "ab", "*", "*", "**", "**", "a$*", "$*b", "$*a$*", "a$*b", "@a", "@ab", "@a$*");

  @Test
  void shouldRelateExpressionsAsTheRealCoreDoes() {
    var random = new Random(5);
    var pairs = new ArrayList<List<String>>();
    for (int i = 0; i < 20_000; i++) pairs.add(List.of(expression(random), expression(random)));

    try (var core = RealCore.alone()) {
      core.tell("keyexpr", "pairs", pairs);
      var answers = core.await("its answers", e -> e.path("event").asText().equals("keyexpr"));

      for (int i = 0; i < pairs.size(); i++) {
        var answer = answers.path("answers").get(i);
        var a = KeyExpr.of(pairs.get(i).get(0));
        var b = KeyExpr.of(pairs.get(i).get(1));
        assertThat(List.of(a.toString(), b.toString()))
            .isEqualTo(List.of(answer.get(0).asText(), answer.get(1).asText()));
        assertThat(a.intersects(b))
            .as("%s intersects %s", a, b)
            .isEqualTo(answer.get(2).asBoolean());
        assertThat(a.includes(b)).as("%s includes %s", a, b).isEqualTo(answer.get(3).asBoolean());
      }
    }
  }

  private static String expression(Random random) {
    var text = new StringBuilder();
    int count = 1 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      if (i > 0) text.append('/');
      text.append(CHUNKS.get(random.nextInt(CHUNKS.size())));
    }
    return text.toString();
  }
}
