package tandem.twin.stream;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Receive;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import tandem.twin.robot.TwinInlet;

/**
 * The parent of the stream actors of all robots. A robot that comes again gets its actors once the
 * ones before have ended, so that no older word of theirs follows a newer one.
 */
final class StreamSupervisor extends AbstractBehavior<NodeStreams.Command> {
  private final Duration tick;
  private final TwinInlet twin;
  private final Map<String, ActorRef<RobotStreams.Command>> running = new HashMap<>();
  private final Set<String> ending = new HashSet<>();
  private final Map<String, RobotSenses> next = new HashMap<>();

  StreamSupervisor(ActorContext<NodeStreams.Command> context, Duration tick, TwinInlet twin) {
    super(context);
    this.tick = tick;
    this.twin = twin;
  }

  @Override
  public Receive<NodeStreams.Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(NodeStreams.Opened.class, this::opened)
        .onMessage(NodeStreams.Closed.class, this::closed)
        .onMessage(NodeStreams.Ended.class, this::ended)
        .build();
  }

  private Behavior<NodeStreams.Command> opened(NodeStreams.Opened opened) {
    String robot = opened.senses().robot;
    var known = running.get(robot);
    if (known != null) {
      known.tell(new RobotStreams.Opened(opened.topic()));
    } else if (ending.contains(robot)) {
      next.put(robot, opened.senses());
    } else {
      start(opened.senses());
    }
    return this;
  }

  private void start(RobotSenses senses) {
    var started =
        getContext()
            .spawn(
                RobotStreams.create(senses, tick, twin),
                URLEncoder.encode(senses.robot, StandardCharsets.UTF_8));
    getContext().watchWith(started, new NodeStreams.Ended(senses.robot));
    running.put(senses.robot, started);
  }

  private Behavior<NodeStreams.Command> closed(NodeStreams.Closed closed) {
    next.remove(closed.robot());
    var known = running.remove(closed.robot());
    if (known != null) {
      ending.add(closed.robot());
      known.tell(RobotStreams.Close.CLOSE);
    }
    return this;
  }

  private Behavior<NodeStreams.Command> ended(NodeStreams.Ended ended) {
    ending.remove(ended.robot());
    running.remove(ended.robot());
    var senses = next.remove(ended.robot());
    if (senses != null) start(senses);
    return this;
  }
}
