package tandem.ros2.action;

import java.util.Map;
import tandem.ros2.TypeHash;
import tandem.ros2.TypeName;
import tandem.ros2.dynamic.DynamicMessage;
import tandem.ros2.dynamic.MessageCodec;
import tandem.ros2.idl.Definition.Action;
import tandem.ros2.idl.InterfaceRegistry;
import tandem.ros2.msg.ServiceType;

/** The services and messages of one action type. Immutable, thread-safe; make it once. */
public final class ActionType {
  static final TypeName CANCEL = TypeName.parse("action_msgs/srv/CancelGoal");
  static final TypeName STATUS = TypeName.parse("action_msgs/msg/GoalStatusArray");

  private final TypeName name;
  private final MessageCodec goal;
  private final MessageCodec result;
  private final MessageCodec feedback;
  private final MessageCodec feedbackMessage;
  private final MessageCodec statusArray;
  private final MessageCodec sendGoalRequest;
  private final MessageCodec sendGoalResponse;
  private final MessageCodec getResultRequest;
  private final MessageCodec getResultResponse;
  private final MessageCodec cancelRequest;
  private final MessageCodec cancelResponse;
  private final ServiceType<DynamicMessage, DynamicMessage> sendGoal;
  private final ServiceType<DynamicMessage, DynamicMessage> getResult;
  private final ServiceType<DynamicMessage, DynamicMessage> cancelGoal;
  private final TypeHash feedbackHash;
  private final TypeHash statusHash;

  private ActionType(InterfaceRegistry registry, TypeName name) {
    this.name = name;
    this.goal = MessageCodec.of(registry, name.with("_Goal"));
    this.result = MessageCodec.of(registry, name.with("_Result"));
    this.feedback = MessageCodec.of(registry, name.with("_Feedback"));
    this.feedbackMessage = MessageCodec.of(registry, name.with("_FeedbackMessage"));
    this.statusArray = MessageCodec.of(registry, STATUS);
    TypeName send = name.with("_SendGoal");
    TypeName get = name.with("_GetResult");
    this.sendGoalRequest = MessageCodec.of(registry, send.with("_Request"));
    this.sendGoalResponse = MessageCodec.of(registry, send.with("_Response"));
    this.getResultRequest = MessageCodec.of(registry, get.with("_Request"));
    this.getResultResponse = MessageCodec.of(registry, get.with("_Response"));
    this.cancelRequest = MessageCodec.of(registry, CANCEL.with("_Request"));
    this.cancelResponse = MessageCodec.of(registry, CANCEL.with("_Response"));
    this.sendGoal = service(registry, send, sendGoalRequest, sendGoalResponse);
    this.getResult = service(registry, get, getResultRequest, getResultResponse);
    this.cancelGoal = service(registry, CANCEL, cancelRequest, cancelResponse);
    this.feedbackHash = registry.hash(feedbackMessage.type());
    this.statusHash = registry.hash(STATUS);
  }

  private static ServiceType<DynamicMessage, DynamicMessage> service(
      InterfaceRegistry registry, TypeName name, MessageCodec request, MessageCodec response) {
    return new ServiceType<>(
        name,
        registry.hash(name),
        new ServiceType.Part<>(request::decode, request::encode),
        new ServiceType.Part<>(response::decode, response::encode));
  }

  /** Of an action that the registry knows. */
  public static ActionType of(InterfaceRegistry registry, TypeName name) {
    if (!(registry.definition(name).orElse(null) instanceof Action)) {
      throw new IllegalArgumentException(
          "%s: expected a known action, found %s"
              .formatted(
                  name,
                  registry.definition(name).isPresent()
                      ? "a message or service"
                      : "no definition of it, neither bundled nor in a folder given"));
    }
    return new ActionType(registry, name);
  }

  public TypeName name() {
    return name;
  }

  /** A goal of ROS field names; what is missing has its default, what does not fit is refused. */
  public DynamicMessage goal(Map<String, ?> fields) {
    return goal.fromTree(fields);
  }

  /** As {@link #goal}, for a result. */
  public DynamicMessage result(Map<String, ?> fields) {
    return result.fromTree(fields);
  }

  /** As {@link #goal}, for feedback. */
  public DynamicMessage feedback(Map<String, ?> fields) {
    return feedback.fromTree(fields);
  }

  MessageCodec feedbackMessage() {
    return feedbackMessage;
  }

  MessageCodec statusArray() {
    return statusArray;
  }

  ServiceType<DynamicMessage, DynamicMessage> sendGoal() {
    return sendGoal;
  }

  ServiceType<DynamicMessage, DynamicMessage> getResult() {
    return getResult;
  }

  ServiceType<DynamicMessage, DynamicMessage> cancelGoal() {
    return cancelGoal;
  }

  /** Hash of the send_goal service, by which a graph tells versions of the type apart. */
  public TypeHash sendGoalHash() {
    return sendGoal.hash();
  }

  TypeHash feedbackHash() {
    return feedbackHash;
  }

  TypeHash statusHash() {
    return statusHash;
  }

  DynamicMessage sendGoalRequest(GoalId id, DynamicMessage message) {
    return sendGoalRequest.fromTree(Map.of("goal_id", uuid(id), "goal", message));
  }

  DynamicMessage sendGoalResponse(boolean accepted, long epochNanos) {
    return sendGoalResponse.fromTree(Map.of("accepted", accepted, "stamp", stamp(epochNanos)));
  }

  DynamicMessage getResultRequest(GoalId id) {
    return getResultRequest.fromTree(Map.of("goal_id", uuid(id)));
  }

  DynamicMessage getResultResponse(GoalStatus status, DynamicMessage message) {
    return getResultResponse.fromTree(
        message == null
            ? Map.of("status", status.code())
            : Map.of("status", status.code(), "result", message));
  }

  DynamicMessage cancelRequest(GoalId id, long epochNanos) {
    return cancelRequest.fromTree(Map.of("goal_info", info(id, epochNanos)));
  }

  DynamicMessage cancelResponse(Map<String, ?> fields) {
    return cancelResponse.fromTree(fields);
  }

  static Map<String, ?> info(GoalId id, long epochNanos) {
    return Map.of("goal_id", uuid(id), "stamp", stamp(epochNanos));
  }

  static Map<String, ?> uuid(GoalId id) {
    return Map.of("uuid", id.toBytes());
  }

  private static Map<String, ?> stamp(long epochNanos) {
    return Map.of(
        "sec", Math.floorDiv(epochNanos, 1_000_000_000L),
        "nanosec", Math.floorMod(epochNanos, 1_000_000_000L));
  }

  static GoalId id(DynamicMessage message, String path) {
    return GoalId.of((byte[]) message.get(path + ".uuid"));
  }

  static long nanos(DynamicMessage message, String path) {
    return (Long) message.get(path + ".sec") * 1_000_000_000L
        + (Long) message.get(path + ".nanosec");
  }
}
