package tandem.deploy.story;

import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import tandem.deploy.client.Api;
import tandem.deploy.client.CliFailure;
import tandem.deploy.drill.HeldControl;
import tandem.deploy.drill.Stage;
import tandem.proto.codec.Json;
import tandem.proto.v1.CommandRequest;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.LeaseRequest;
import tandem.proto.v1.StopRequest;

/**
 * A scripted person at the far end of the emulated link: can do what the API lets anybody do.
 * Thread-safe.
 */
final class Operator implements AutoCloseable {
  private static final double LEASE_SECONDS = 30;
  private static final long KEEP_ALIVE_MILLIS = 1_000;

  /** The longest that guards permit: the link is slow and its delay varies. */
  private static final int LAPSE_MILLIS = 500;

  private final String name;
  private final String robot;
  private final Api api;
  private final AtomicBoolean keeping = new AtomicBoolean();
  private final ScheduledExecutorService keeper = Executors.newSingleThreadScheduledExecutor();

  /**
   * @param api through the link
   */
  Operator(String name, String robot, Api api) {
    this.name = name;
    this.robot = robot;
    this.api = api;
    keeper.scheduleWithFixedDelay(
        this::keepAlive, KEEP_ALIVE_MILLIS, KEEP_ALIVE_MILLIS, TimeUnit.MILLISECONDS);
  }

  String name() {
    return name;
  }

  /** The lease afterwards, which is kept alive from now on, as a console does, until it is lost. */
  Map<String, Object> lease(String action, String reason) {
    var lease = leased(action, reason);
    keeping.set(true);
    return lease;
  }

  private void keepAlive() {
    if (!keeping.get()) return;
    try {
      leased("keepalive", "");
    } catch (CliFailure | Api.Unreachable lost) {
      keeping.set(false);
    }
  }

  private Map<String, Object> leased(String action, String reason) {
    return posted(
        "lease",
        Json.print(
            LeaseRequest.newBuilder()
                .setRobot(robot)
                .setAction(action)
                .setBy(name)
                .setReason(reason)
                .setForSeconds(LEASE_SECONDS)));
  }

  /** Takes hold of a stick; whether it was given says {@link HeldControl#open}. */
  HeldControl stick(String kind) {
    return new HeldControl(api, robot, name, kind, LAPSE_MILLIS);
  }

  /** One joint to an angle; the command as the API answered. */
  Map<String, Object> joint(String joint, double toRad, double seconds) {
    return posted(
        "commands",
        Json.print(
            CommandRequest.newBuilder()
                .setRobot(robot)
                .setBy(name)
                .setExpiresSeconds(2)
                .setJoint(
                    JointGoal.newBuilder()
                        .setDurationSeconds(seconds)
                        .addTargets(
                            JointTarget.newBuilder().setJoint(joint).setPositionRad(toRad)))));
  }

  Map<String, Object> stop(String reason) {
    return posted(
        "stop", Json.print(StopRequest.newBuilder().setRobot(robot).setBy(name).setReason(reason)));
  }

  /**
   * The stop afterwards.
   *
   * @throws CliFailure where the release is refused
   */
  Map<String, Object> release(String reason) {
    return posted(
        "stop",
        Json.print(
            StopRequest.newBuilder()
                .setRobot(robot)
                .setBy(name)
                .setReason(reason)
                .setRelease(true)));
  }

  private Map<String, Object> posted(String what, String json) {
    return Stage.object(api.post("/api/twins/" + Api.escape(robot) + "/" + what, json));
  }

  @Override
  public void close() {
    keeper.shutdownNow();
    api.close();
  }
}
