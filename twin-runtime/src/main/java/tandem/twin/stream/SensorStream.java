package tandem.twin.stream;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.Behaviors;
import tandem.twin.telemetry.Telemetry;

/**
 * The actor of one (robot, topic): decodes what waits and owns the stream's faults. When its
 * decoder fails it is restarted and goes on with the next sample; no other stream notices.
 */
final class SensorStream {
  sealed interface Command {}

  /** Decode what waits, then tell. */
  record Look(ActorRef<RobotStreams.Command> replyTo) implements Command {}

  /** The robot left. */
  enum Close implements Command {
    CLOSE
  }

  static Behavior<Command> create(StreamSense sense) {
    return Behaviors.supervise(
            Telemetry.watched(
                "SensorStream",
                Behaviors.receive(Command.class)
                    .onMessage(
                        Look.class,
                        look -> {
                          try {
                            sense.look();
                          } finally {
                            look.replyTo().tell(RobotStreams.Looked.LOOKED);
                          }
                          return Behaviors.same();
                        })
                    .onMessage(Close.class, close -> Behaviors.stopped())
                    .build()))
        .onFailure(SupervisorStrategy.restart());
  }

  private SensorStream() {}
}
