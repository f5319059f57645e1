package tandem.ros2.idl;

import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The types that are not made of fields. */
public enum Primitive {
  BOOL("bool", 15, 1),
  /** An octet; of {@code uint8} different only in the hash. */
  BYTE("byte", 16, 1),
  /** In a definition an alias of {@code uint8}, in the hash too. */
  CHAR("char", 3, 1),
  INT8("int8", 2, 1),
  UINT8("uint8", 3, 1),
  INT16("int16", 4, 2),
  UINT16("uint16", 5, 2),
  INT32("int32", 6, 4),
  UINT32("uint32", 7, 4),
  INT64("int64", 8, 8),
  UINT64("uint64", 9, 8),
  FLOAT32("float32", 10, 4),
  FLOAT64("float64", 11, 8),
  STRING("string", 17, 4),
  WSTRING("wstring", 18, 4);

  private static final Map<String, Primitive> BY_NAME =
      Stream.of(values())
          .collect(Collectors.toUnmodifiableMap(Primitive::idl, Function.identity()));

  private final String idl;
  private final int typeId;
  private final int minBytes;

  Primitive(String idl, int typeId, int minBytes) {
    this.idl = idl;
    this.typeId = typeId;
    this.minBytes = minBytes;
  }

  static Optional<Primitive> named(String idl) {
    return Optional.ofNullable(BY_NAME.get(idl));
  }

  /** As it stands in a definition. */
  public String idl() {
    return idl;
  }

  /** As it stands in a type description. */
  public int typeId() {
    return typeId;
  }

  /** The least it takes in CDR. */
  public int minBytes() {
    return minBytes;
  }

  public boolean isText() {
    return this == STRING || this == WSTRING;
  }

  public boolean isInteger() {
    return ordinal() >= BYTE.ordinal() && ordinal() <= UINT64.ordinal();
  }
}
