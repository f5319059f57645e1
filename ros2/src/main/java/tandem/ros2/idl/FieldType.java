package tandem.ros2.idl;

import java.util.Optional;
import tandem.ros2.TypeName;

/**
 * Type of a field.
 *
 * @param primitive null where the type is made of fields
 * @param nested null where the type is a primitive
 * @param textBound longest string; 0: none
 * @param shape one value or many
 * @param capacity size of an array, bound of a bounded sequence, else 0
 */
public record FieldType(
    Primitive primitive, TypeName nested, int textBound, Shape shape, int capacity) {
  /** One value or many; numbers are what the type id grows by in a type description. */
  public enum Shape {
    SINGLE(0),
    ARRAY(48),
    BOUNDED(96),
    UNBOUNDED(144);

    private final int idOffset;

    Shape(int idOffset) {
      this.idOffset = idOffset;
    }
  }

  static FieldType of(Primitive primitive) {
    return new FieldType(primitive, null, 0, Shape.SINGLE, 0);
  }

  static FieldType of(TypeName nested) {
    return new FieldType(null, nested, 0, Shape.SINGLE, 0);
  }

  FieldType boundedTo(int bound) {
    return new FieldType(primitive, nested, textBound, Shape.BOUNDED, bound);
  }

  public boolean single() {
    return shape == Shape.SINGLE;
  }

  public Optional<TypeName> nestedType() {
    return Optional.ofNullable(nested);
  }

  /** Number in a type description (REP-2011). */
  int typeId() {
    int base = primitive == null ? 1 : primitive.typeId();
    if (textBound > 0) base += 4; // bounded string 21, bounded wstring 22
    return base + shape.idOffset;
  }

  /** As it stands in a definition of package {@code pkg}: {@code string<=10[<=5]}. */
  public String text(String pkg) {
    String base;
    if (primitive != null) {
      base = primitive.idl() + (textBound > 0 ? "<=" + textBound : "");
    } else if (nested.kind().equals("msg")) {
      base = (nested.pkg().equals(pkg) ? "" : nested.pkg() + "/") + nested.name();
    } else {
      base = nested.toString();
    }
    return switch (shape) {
      case SINGLE -> base;
      case ARRAY -> base + "[" + capacity + "]";
      case BOUNDED -> base + "[<=" + capacity + "]";
      case UNBOUNDED -> base + "[]";
    };
  }
}
