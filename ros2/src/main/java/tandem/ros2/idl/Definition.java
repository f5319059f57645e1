package tandem.ros2.idl;

import java.util.List;
import tandem.ros2.TypeName;

/** What one definition text says. */
public sealed interface Definition {
  TypeName name();

  /**
   * A field.
   *
   * @param byDefault its default as it stands in the text; null: zero, false or empty
   */
  record Field(String name, FieldType type, String byDefault) {}

  /**
   * A constant.
   *
   * @param value as it stands in the text, strings without their quotes
   */
  record Constant(String name, Primitive type, int textBound, String value) {}

  /**
   * A message, or a part of a service or action that is one.
   *
   * @param fields as defined: empty for an empty message (see {@link #wireFields})
   */
  record Message(TypeName name, List<Field> fields, List<Constant> constants)
      implements Definition {
    private static final List<Field> FILLER =
        List.of(
            new Field("structure_needs_at_least_one_member", FieldType.of(Primitive.UINT8), null));

    public Message {
      fields = List.copyOf(fields);
      constants = List.copyOf(constants);
    }

    /** The fields in hash and CDR: an empty message has one byte. */
    public List<Field> wireFields() {
      return fields.isEmpty() ? FILLER : fields;
    }
  }

  /** A service: request and response. */
  record Service(TypeName name, Message request, Message response) implements Definition {}

  /** An action: goal, result and feedback. */
  record Action(TypeName name, Message goal, Message result, Message feedback)
      implements Definition {}
}
