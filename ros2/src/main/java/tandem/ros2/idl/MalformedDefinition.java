package tandem.ros2.idl;

/** A definition that cannot be read or whose nested types cannot be found: says type and line. */
public final class MalformedDefinition extends IllegalArgumentException {
  public MalformedDefinition(String message) {
    super(message);
  }
}
