package tandem.ros2.msg;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** Sequences of records. */
final class Nested {
  private Nested() {}

  static <T> List<T> list(
      CdrReader in, String field, int minElementBytes, Function<CdrReader, T> read) {
    int count = in.count(field, minElementBytes);
    List<T> list = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      in.begin(field, i);
      list.add(read.apply(in));
      in.end();
    }
    return list;
  }

  static <T> void write(CdrWriter out, List<T> list, BiConsumer<T, CdrWriter> write) {
    out.count(list.size());
    for (T element : list) write.accept(element, out);
  }

  static void expectSize(String field, int expected, int found) {
    if (found != expected) {
      throw new IllegalArgumentException(
          "%s: expected %d elements, found %d".formatted(field, expected, found));
    }
  }
}
