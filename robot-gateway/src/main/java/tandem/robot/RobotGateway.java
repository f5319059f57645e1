package tandem.robot;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Behavior;
import akka.actor.typed.Props;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.Behaviors;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import tandem.robot.door.CommandDoor;
import tandem.robot.inbound.GatewaySettings;
import tandem.robot.inbound.LinkCounts;
import tandem.robot.inbound.RobotLink;
import tandem.robot.inbound.RobotNames;
import tandem.robot.outbound.GuardDesk;
import tandem.twin.robot.RobotDoor;
import tandem.twin.stream.Streams;
import tandem.zenoh.Router;
import tandem.zenoh.RouterConfig;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

/**
 * The robot gateway of a node: an accepting router, a link to each other router, the guards.
 *
 * <p>Each link is an actor under one supervisor, restarted with back-off when it fails; none
 * affects another. {@link #close} ends the links, then the guards that were started here (each
 * after its robot is still), then the router.
 */
public final class RobotGateway implements AutoCloseable {
  private static final Duration FIRST_BACKOFF = Duration.ofMillis(500);
  private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(15);
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  private static final AtomicInteger STARTED = new AtomicInteger();

  private final Router router;
  private final CommandDoor commands;
  private final GuardDesk guards;
  private final LinkCounts counts;
  private final ActorRef<Stop> supervisor;

  private enum Stop {
    NOW
  }

  private RobotGateway(
      Router router,
      CommandDoor commands,
      GuardDesk guards,
      LinkCounts counts,
      ActorRef<Stop> supervisor) {
    this.counts = counts;
    this.router = router;
    this.commands = commands;
    this.guards = guards;
    this.supervisor = supervisor;
  }

  /**
   * Listens and begins to take robots in.
   *
   * @throws tandem.zenoh.ZenohException when the endpoint cannot be listened on
   */
  public static RobotGateway start(
      ActorSystem<?> system, GatewaySettings settings, Streams streams, RobotDoor door) {
    CommandDoor commands =
        new CommandDoor(
            settings.robotsMeet(),
            false,
            (robot, topic, publisher) -> door.foreignAuthority(robot, topic, publisher, true));
    Router router = Router.listen(RouterConfig.on(settings.listen()).withPolicy(commands));
    commands.of(router);
    GuardDesk guards = new GuardDesk(settings.guards(), commands, door);
    var counts = new LinkCounts();
    var shared =
        new RobotLink.Shared(settings, streams, door, new RobotNames(), commands, guards, counts);
    ActorRef<Stop> supervisor =
        system.systemActorOf(supervisor(settings, router, shared), name(), Props.empty());
    return new RobotGateway(router, commands, guards, counts, supervisor);
  }

  /** A gateway that was closed may still be ending: its successor has a name of its own. */
  private static String name() {
    int number = STARTED.incrementAndGet();
    return number == 1 ? "robot-gateway" : "robot-gateway-" + number;
  }

  private static Behavior<Stop> supervisor(
      GatewaySettings settings, Router router, RobotLink.Shared shared) {
    return Behaviors.setup(
        context -> {
          for (int domain : settings.domains()) {
            context.spawn(
                supervised(
                    RobotLink.create(
                        new RobotLink.Source(router.endpoint(), router, router::local),
                        domain,
                        shared)),
                "link-own-" + domain);
            for (int i = 0; i < settings.connect().size(); i++) {
              String endpoint = settings.connect().get(i);
              context.spawn(
                  supervised(
                      RobotLink.create(
                          new RobotLink.Source(endpoint, null, () -> connect(endpoint)),
                          domain,
                          shared)),
                  "link-" + i + "-" + domain);
            }
          }
          return Behaviors.receive(Stop.class)
              .onMessage(Stop.class, stop -> Behaviors.stopped())
              .build();
        });
  }

  private static Behavior<RobotLink.Message> supervised(Behavior<RobotLink.Message> link) {
    return Behaviors.supervise(link)
        .onFailure(SupervisorStrategy.restartWithBackoff(FIRST_BACKOFF, LONGEST_BACKOFF, 0.2));
  }

  private static Session connect(String endpoint) {
    SessionConfig to = SessionConfig.to(endpoint);
    return Session.open(
        new SessionConfig(
            to.endpoints(),
            CONNECT_TIMEOUT,
            to.lease(),
            to.queueBytes(),
            to.blockTimeout(),
            to.maxMessageBytes()));
  }

  /** Where robots connect to, with the port that was chosen. */
  public String endpoint() {
    return router.endpoint();
  }

  /** The accepting side, for tools of the same process. */
  public Router router() {
    return router;
  }

  /** Puts and queries on command keys that were refused so far. */
  public long refusedCommands() {
    return commands.refused();
  }

  /** What its links did not take so far. */
  public LinkCounts counts() {
    return counts;
  }

  /** Ends links, guards and router; at most about 12 s, within which moving robots are stopped. */
  @Override
  public void close() {
    supervisor.tell(Stop.NOW);
    guards.close();
    router.close();
  }
}
