/**
 * Interface definitions: what fields, constants and parts a ROS 2 type has.
 *
 * <p>Start at {@link tandem.ros2.idl.InterfaceRegistry}: it finds definitions (the common packages
 * are bundled, others come from a folder or from schema text), resolves nested types and computes
 * RIHS01 hashes. {@link tandem.ros2.idl.DefinitionParser} reads {@code .msg}, {@code .srv} and
 * {@code .action} text, {@link tandem.ros2.idl.SchemaText} writes and reads the {@code ros2msg}
 * text of MCAP. Bytes are elsewhere: {@code tandem.ros2.cdr}, {@code tandem.ros2.dynamic}.
 *
 * <p>All values are immutable; a registry may be used from any thread. Malformed text is a {@link
 * tandem.ros2.idl.MalformedDefinition} that names type and line.
 */
package tandem.ros2.idl;
