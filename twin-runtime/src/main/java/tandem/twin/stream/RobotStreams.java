package tandem.twin.stream;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import tandem.twin.robot.Sensed;
import tandem.twin.robot.TwinInlet;
import tandem.twin.telemetry.Telemetry;

/**
 * The parent of one robot's stream actors. At each tick it lets those with news decode, and when
 * they have, gives one conflated {@link Sensed} to the robot's twin.
 */
final class RobotStreams extends AbstractBehavior<RobotStreams.Command> {
  sealed interface Command {}

  /** A stream was opened. */
  record Opened(String topic) implements Command {}

  enum Tick implements Command {
    TICK
  }

  enum Looked implements Command {
    LOOKED
  }

  /** The robot left. */
  enum Close implements Command {
    CLOSE
  }

  private final RobotSenses senses;
  private final TwinInlet twin;
  private final StreamHazards hazards;
  private final Map<String, ActorRef<SensorStream.Command>> streams = new HashMap<>();
  private long activityTold;
  private int looking;
  private boolean untold;

  static Behavior<Command> create(RobotSenses senses, Duration tick, TwinInlet twin) {
    return Behaviors.supervise(
            Telemetry.watched(
                "RobotStreams",
                Behaviors.<Command>setup(
                    context ->
                        Behaviors.withTimers(
                            timers -> {
                              timers.startTimerWithFixedDelay(Tick.TICK, tick);
                              return new RobotStreams(context, senses, twin);
                            }))))
        .onFailure(SupervisorStrategy.restart());
  }

  private RobotStreams(ActorContext<Command> context, RobotSenses senses, TwinInlet twin) {
    super(context);
    this.senses = senses;
    this.twin = twin;
    this.hazards = new StreamHazards(senses.robot, twin, System::nanoTime);
    senses.streams.keySet().forEach(this::spawn);
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(
            Opened.class,
            opened -> {
              spawn(opened.topic());
              return this;
            })
        .onMessageEquals(Tick.TICK, this::tick)
        .onMessageEquals(Looked.LOOKED, this::looked)
        .onMessageEquals(Close.CLOSE, Behaviors::stopped)
        .build();
  }

  private void spawn(String topic) {
    var sense = senses.streams.get(topic);
    if (sense != null) {
      streams.computeIfAbsent(
          topic,
          name ->
              getContext()
                  .spawn(
                      SensorStream.create(sense),
                      URLEncoder.encode(name.substring(1), StandardCharsets.UTF_8)));
    }
  }

  private Behavior<Command> tick() {
    if (untold) { // a stream actor was restarted and did not answer
      tell();
    }
    hazards.tick(senses.state(), senses.recorderTrouble(), senses.untoldClockSteps());
    if (senses.activity() == activityTold) {
      return this;
    }
    activityTold = senses.activity();
    untold = true;
    looking = 0;
    streams.forEach(
        (topic, stream) -> {
          var sense = senses.streams.get(topic);
          if (sense != null && sense.hasNews()) {
            looking++;
            stream.tell(new SensorStream.Look(getContext().getSelf()));
          }
        });
    if (looking == 0) {
      tell();
    }
    return this;
  }

  private Behavior<Command> looked() {
    looking--;
    if (looking == 0 && untold) {
      tell();
    }
    return this;
  }

  private void tell() {
    untold = false;
    twin.observe(senses.robot, senses.sensed(senses.state()));
  }
}
