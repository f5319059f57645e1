package tandem.twin.stream;

/**
 * What a gateway knows about a stream when it opens it.
 *
 * @param robot name of the robot or dream
 * @param topic ROS name with leading slash
 * @param type {@code pkg/msg/Type}
 * @param typeHash RIHS01 text; empty where unknown
 * @param schemaText ros2msg definition with dependencies; empty where the type is unknown (bytes
 *     are recorded all the same)
 * @param qos short text for people, as {@code reliable/volatile/keep-last 10}
 * @param qosYaml rosbag2's offered_qos_profiles; empty where unknown
 * @param dream comes from a simulator that is nobody's body
 * @param latched transient local: an old sample is not a stale one
 */
public record StreamDeclaration(
    String robot,
    String topic,
    String type,
    String typeHash,
    String schemaText,
    String qos,
    String qosYaml,
    boolean dream,
    boolean latched) {}
