package tandem.twin.recorder;

/**
 * What a segment says about a stream.
 *
 * @param robot name of the robot or dream
 * @param topic ROS name with leading slash
 * @param type {@code pkg/msg/Type}
 * @param typeHash RIHS01 text; empty where unknown
 * @param schemaText ros2msg definition with dependencies; empty where unknown
 * @param qosYaml rosbag2's offered_qos_profiles; empty where unknown
 */
public record RecordedStream(
    String robot, String topic, String type, String typeHash, String schemaText, String qosYaml) {}
