package tandem.ros2.msg;

import java.util.function.Function;
import tandem.ros2.TypeHash;
import tandem.ros2.TypeName;
import tandem.ros2.dynamic.DynamicMessage;
import tandem.ros2.dynamic.MessageCodec;
import tandem.ros2.idl.InterfaceRegistry;

/**
 * A ROS service: its name, hash, and the codecs of its two messages. Thread-safe.
 *
 * @param name {@code std_srvs/srv/SetBool}, or the service part of an action: {@code
 *     control_msgs/action/FollowJointTrajectory_SendGoal}
 * @param hash RIHS01 of the definition that the codecs follow
 * @param <Q> request
 * @param <R> response
 */
public record ServiceType<Q, R>(TypeName name, TypeHash hash, Part<Q> request, Part<R> response) {
  /** Request or response; bytes with their 4-byte header, bad ones an IllegalArgumentException. */
  public record Part<T>(Function<byte[], T> decode, Function<T, byte[]> encode) {}

  /** Of a service that has records; the hash is that of the bundled definition. */
  public static <Q, R> ServiceType<Q, R> of(
      String name, MessageType<Q> request, MessageType<R> response) {
    TypeName type = TypeName.parse(name);
    return new ServiceType<>(
        type,
        InterfaceRegistry.bundled().hash(type),
        new Part<>(request::decode, request::encode),
        new Part<>(response::decode, response::encode));
  }

  /** Of any service that the registry knows; an unknown one is refused by name. */
  public static ServiceType<DynamicMessage, DynamicMessage> dynamic(
      InterfaceRegistry registry, TypeName name) {
    return new ServiceType<>(
        name,
        registry.hash(name),
        part(registry, name.with("_Request")),
        part(registry, name.with("_Response")));
  }

  private static Part<DynamicMessage> part(InterfaceRegistry registry, TypeName name) {
    MessageCodec codec = MessageCodec.of(registry, name);
    return new Part<>(codec::decode, codec::encode);
  }
}
