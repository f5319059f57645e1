package tandem.zenoh.keyexpr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyExprTest {
  @ParameterizedTest
  @CsvSource({
    "**/**, **",
    "**/*, */**",
    "*/**/*, */*/**",
    "$*, *",
    "$*$*, *",
    "a$*$*$*b, a$*b",
    "$*/**, */**",
    "**/a/**/**, **/a/**",
    "a/**/*/b, a/*/**/b",
    "@a/**, @a/**",
    "a@b, a@b",
    "é/x, é/x"
  })
  void shouldBringExpressionsIntoCanonicalForm(String text, String canonical) {
    assertThat(KeyExpr.canonical(text)).isEqualTo(canonical);
    assertThat(KeyExpr.canonical(canonical)).isEqualTo(canonical);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "/a", "a/", "a//b", "a#b", "a?b", "a$b", "a*b", "***", "a/**b", "**$*", "a/b$"
      })
  void shouldRefuseWhatIsNoKeyExpressionAndSayWhere(String text) {
    assertThatThrownBy(() -> KeyExpr.of(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected")
        .hasMessageContaining("at character");
  }

  @Test
  void shouldRefuseHostileLengths() {
    assertThatThrownBy(() -> KeyExpr.of("a".repeat(70_000)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> KeyExpr.of("**/a/".repeat(5000) + "b"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void shouldAnswerManyDoubleWildcardsQuickly() {
    var a = KeyExpr.of("**/a/".repeat(250) + "b");
    var b = KeyExpr.of("a/".repeat(10_000) + "c");

    assertThat(a.intersects(b)).isFalse();
  }

  // ---- against an oracle that lists keys

  private static final List<String> CHUNKS = List.of("a", "b", "ab", "ba", "aab", "@a", "@ab");

  /** All keys of up to three of the chunks. */
  private static final List<String> KEYS = keys();

  private static List<String> keys() {
    var all = new ArrayList<String>(CHUNKS);
    for (var x : CHUNKS) {
      for (var y : CHUNKS) {
        all.add(x + "/" + y);
        for (var z : CHUNKS) all.add(x + "/" + y + "/" + z);
      }
    }
    return all;
  }

  @Provide
  Arbitrary<String> expressions() {
    return Arbitraries.of("a", "b", "ab", "*", "**", "a$*", "$*b", "$*a$*", "a$*b", "@a", "@ab")
        .list()
        .ofMinSize(1)
        .ofMaxSize(3)
        .map(chunks -> String.join("/", chunks));
  }

  /** The definition, word by word, as a regular expression over a key with slashes at both ends. */
  private static Pattern pattern(KeyExpr expr) {
    var text = new StringBuilder();
    for (String chunk : expr.toString().split("/")) {
      if (chunk.equals("**")) text.append("(?:/[^@/][^/]*)*");
      else if (chunk.equals("*")) text.append("/[^@/][^/]*");
      else if (chunk.startsWith("$*")) text.append("/(?!@)").append(chunk.replace("$*", "[^/]*"));
      else text.append('/').append(chunk.replace("$*", "[^/]*"));
    }
    return Pattern.compile(text.toString());
  }

  private static List<String> meaning(KeyExpr expr) {
    var pattern = pattern(expr);
    return KEYS.stream().filter(key -> pattern.matcher("/" + key).matches()).toList();
  }

  @Property(tries = 3000)
  void shouldMeanTheSameAfterMakingItCanonical(@ForAll("expressions") String text) {
    var expr = KeyExpr.of(text);

    for (String key : KEYS) {
      var plain = KeyExpr.of(key);
      boolean means = pattern(expr).matcher("/" + key).matches();
      assertThat(expr.intersects(plain)).as("%s and %s", expr, key).isEqualTo(means);
      assertThat(plain.intersects(expr)).as("%s and %s", key, expr).isEqualTo(means);
      assertThat(expr.includes(plain)).as("%s over %s", expr, key).isEqualTo(means);
    }
  }

  @Property(tries = 5000)
  void shouldIntersectWhereACommonKeyExists(
      @ForAll("expressions") String a, @ForAll("expressions") String b) {
    var left = KeyExpr.of(a);
    var right = KeyExpr.of(b);
    var common = new ArrayList<>(meaning(left));
    common.retainAll(meaning(right));

    assertThat(left.intersects(right)).isEqualTo(right.intersects(left));
    if (!common.isEmpty()) assertThat(left.intersects(right)).as("%s %s", a, b).isTrue();
  }

  @Property(tries = 5000)
  void shouldIncludeOnlyWhatHasAllItsKeys(
      @ForAll("expressions") String a, @ForAll("expressions") String b) {
    var left = KeyExpr.of(a);
    var right = KeyExpr.of(b);

    if (left.includes(right)) {
      assertThat(meaning(left)).containsAll(meaning(right));
      assertThat(left.intersects(right)).isTrue();
    }
    assertThat(left.includes(left)).isTrue();
  }
}
