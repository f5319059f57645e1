package tandem.twin.site;

import akka.actor.AbstractActorWithTimers;
import akka.actor.ActorRef;
import akka.actor.Address;
import akka.actor.ExtendedActorSystem;
import akka.actor.Props;
import akka.actor.RootActorPath;
import akka.actor.typed.ActorSystem;
import akka.cluster.Cluster;
import akka.cluster.ClusterEvent;
import akka.cluster.Member;
import akka.cluster.MemberStatus;
import akka.cluster.UniqueAddress;
import akka.remote.RemoteActorRefProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Option;
import tandem.proto.v1.LifeLineAnswer;
import tandem.proto.v1.LifeLineQuestion;

/**
 * Life lines between the nodes of a site: each holds one TCP connection to each other member. When
 * it breaks and a new one is refused, the process at its other end is gone, and the member is
 * downed at once; anything else is left to failure detector and lease. A member that leaves in
 * order is not downed.
 *
 * <p>Wrong only where something between two living nodes both resets and refuses connections; the
 * journal's key fences the one that was downed then. Thread-safe.
 */
public final class LifeLines {
  private static final Logger LOG = LoggerFactory.getLogger(LifeLines.class);
  private static final String NAME = "tandem-life-lines";
  private static final int MOST_CONNECTIONS = 256;

  /** The others are still counted on; those that leave in order, or are downed, no more. */
  private static final Set<MemberStatus> STAYS =
      Set.of(MemberStatus.joining(), MemberStatus.weaklyUp(), MemberStatus.up());

  private final LifeLineListener listener;
  private final Map<UniqueAddress, LifeLine> lines = new ConcurrentHashMap<>();
  private final Set<UniqueAddress> standing = ConcurrentHashMap.newKeySet();
  private final LongAdder broken = new LongAdder();
  private final LongAdder unanswered = new LongAdder();
  private final LongAdder downed = new LongAdder();
  private final LongAdder inOrder = new LongAdder();

  private LifeLines(LifeLineListener listener) {
    this.listener = listener;
  }

  /**
   * Listens on the host of Artery, at a port of the system's choice, until the actor system has
   * ended; builds and drops lines as members come and go.
   *
   * @throws UncheckedIOException where nobody can listen there
   */
  public static LifeLines begin(ActorSystem<?> typed) {
    var system = (ExtendedActorSystem) typed.classicSystem();
    var self = Cluster.get(system).selfMember().uniqueAddress();
    String bind = system.settings().config().getString("akka.remote.artery.bind.hostname");
    String host = bind.isEmpty() ? self.address().getHost().orElseThrow() : bind;
    LifeLines lines;
    try {
      var listener =
          new LifeLineListener(InetAddress.getByName(host), self.longUid(), MOST_CONNECTIONS);
      lines = new LifeLines(listener);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
    system.registerOnTermination(
        () -> {
          lines.lines.values().forEach(LifeLine::close);
          lines.listener.close();
        });
    system.systemActorOf(Props.create(Keeper.class, () -> lines.new Keeper(self)), NAME);
    return lines;
  }

  /** Members downed because their process was gone, by this node. */
  public long downed() {
    return downed.sum();
  }

  /** Members whose process was gone after they had begun to leave, or were downed by others. */
  public long endedInOrder() {
    return inOrder.sum();
  }

  /** Lines that stand now. */
  public long up() {
    return standing.size();
  }

  /** Lines that broke, for whatever reason. */
  public long broken() {
    return broken.sum();
  }

  /** Attempts that met silence: a paused process, or a slow network. */
  public long unanswered() {
    return unanswered.sum();
  }

  /** Connections of others that were closed: too many, or something was sent on them. */
  public long turnedAway() {
    return listener.turnedAway();
  }

  /** Puts its figures among a node's counters. */
  public void countInto(Map<String, DoubleSupplier> counters) {
    counters.put("life.lines.up", this::up);
    counters.put("life.lines.broken", this::broken);
    counters.put("life.lines.unanswered", this::unanswered);
    counters.put("life.lines.turned.away", this::turnedAway);
    counters.put("life.lines.downed", this::downed);
  }

  int port() {
    return listener.port();
  }

  /** Breaks all lines, as a network does that resets them. */
  void cut() {
    lines.values().forEach(LifeLine::cut);
  }

  private record Gone(UniqueAddress who, String how) {}

  private enum Tick {
    ASK
  }

  /** Asks each member for its port until it has answered, and downs those that are gone. */
  private final class Keeper extends AbstractActorWithTimers {
    private static final Duration ASK_EVERY = Duration.ofMillis(500);

    private final Cluster cluster = Cluster.get(getContext().getSystem());
    private final UniqueAddress self;
    private final Map<UniqueAddress, Member> unanswering = new HashMap<>();

    private Keeper(UniqueAddress self) {
      this.self = self;
    }

    @Override
    public void preStart() {
      cluster.subscribe(
          getSelf(), ClusterEvent.initialStateAsEvents(), ClusterEvent.MemberEvent.class);
      getTimers().startTimerWithFixedDelay(Tick.ASK, Tick.ASK, ASK_EVERY);
    }

    @Override
    public void postStop() {
      cluster.unsubscribe(getSelf());
    }

    @Override
    public Receive createReceive() {
      return receiveBuilder()
          .match(ClusterEvent.MemberRemoved.class, event -> drop(event.member().uniqueAddress()))
          .match(ClusterEvent.MemberEvent.class, event -> member(event.member()))
          .match(LifeLineQuestion.class, question -> answer())
          .match(LifeLineAnswer.class, this::answered)
          .matchEquals(Tick.ASK, tick -> unanswering.values().forEach(this::ask))
          .match(Gone.class, this::gone)
          .build();
    }

    private void member(Member member) {
      var who = member.uniqueAddress();
      if (who.equals(self)) return;
      if (!STAYS.contains(member.status())) {
        unanswering.remove(who); // a line that stands stays until the member is removed
      } else if (!lines.containsKey(who) && unanswering.put(who, member) == null) {
        ask(member);
      }
    }

    private void ask(Member member) {
      getContext()
          .actorSelection(new RootActorPath(member.address(), "/").child("system").child(NAME))
          .tell(LifeLineQuestion.getDefaultInstance(), getSelf());
    }

    private void answer() {
      getSender()
          .tell(
              LifeLineAnswer.newBuilder()
                  .setIncarnation(self.longUid())
                  .setPort(listener.port())
                  .build(),
              getSelf());
    }

    private void answered(LifeLineAnswer answer) {
      Address address = getSender().path().address();
      var who = UniqueAddress.apply(address, answer.getIncarnation());
      if (answer.getPort() < 1 || answer.getPort() > 65_535) {
        LOG.warn("life line to {}: port: expected 1..65535, found {}", who, answer.getPort());
        return;
      }
      if (unanswering.remove(who) == null) return; // of another incarnation, or known already
      var there = new InetSocketAddress(address.getHost().orElseThrow(), answer.getPort());
      var line =
          new LifeLine(
              there, answer.getIncarnation(), LifeLine.Patience.USUAL, new Ear(who, getSelf()));
      lines.put(who, line);
      line.start();
    }

    private void drop(UniqueAddress who) {
      unanswering.remove(who);
      var line = lines.remove(who);
      if (line != null) line.close();
      standing.remove(who);
    }

    /**
     * Downed it still waits for a failure detector to call it unreachable: quarantine says so now.
     */
    private void gone(Gone gone) {
      var who = gone.who();
      MemberStatus status = statusOf(who);
      if (STAYS.contains(status)) {
        downed.increment();
        LOG.warn("life line to {}: {}: the process is gone, it is downed", who, gone.how());
        cluster.down(who.address());
      } else {
        inOrder.increment();
        LOG.info("life line to {}: {}; it was {}", who, gone.how(), status);
        if (!MemberStatus.down().equals(status)) return;
      }
      var provider =
          (RemoteActorRefProvider) ((ExtendedActorSystem) getContext().getSystem()).provider();
      provider.quarantine(who.address(), Option.apply(who.longUid()), gone.how());
    }

    private MemberStatus statusOf(UniqueAddress who) {
      for (Member member : cluster.state().getMembers()) {
        if (member.uniqueAddress().equals(who)) return member.status();
      }
      return MemberStatus.removed();
    }
  }

  private final class Ear implements LifeLine.Watcher {
    private final UniqueAddress who;
    private final ActorRef keeper;

    private Ear(UniqueAddress who, ActorRef keeper) {
      this.who = who;
      this.keeper = keeper;
    }

    @Override
    public void up() {
      standing.add(who);
      if (!lines.containsKey(who)) standing.remove(who);
    }

    @Override
    public void broken() {
      standing.remove(who);
      broken.increment();
    }

    @Override
    public void unanswered() {
      unanswered.increment();
    }

    @Override
    public void gone(String how) {
      keeper.tell(new Gone(who, how), ActorRef.noSender());
    }
  }
}
