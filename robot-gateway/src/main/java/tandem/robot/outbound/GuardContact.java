package tandem.robot.outbound;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.proto.v1.Challenge;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.LogAck;
import tandem.robot.door.CommandDoor;
import tandem.robot.guard.Guard;
import tandem.robot.guard.GuardKey;
import tandem.twin.robot.GuardPort;
import tandem.twin.robot.RobotDoor;
import tandem.zenoh.Declared;
import tandem.zenoh.Encoding;
import tandem.zenoh.GetOptions;
import tandem.zenoh.Qos;
import tandem.zenoh.Replies;
import tandem.zenoh.Reply;
import tandem.zenoh.Router;
import tandem.zenoh.Sample;
import tandem.zenoh.Session;

/**
 * One robot's guard as this gateway reaches it: proves its session, carries requests to it, brings
 * its status and log to the twin.
 *
 * <p>Only what comes from the proven session counts. Log records go to the twin one after another
 * in the order of their numbers; each is acknowledged once it is durable. Thread-safe; nothing here
 * blocks.
 */
final class GuardContact implements GuardPort, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GuardContact.class);
  private static final Duration ANSWER = Duration.ofSeconds(2);
  private static final Duration PROOF = Duration.ofSeconds(1);
  private static final Qos AT_ONCE = new Qos(1, Qos.Congestion.DROP, true, true);
  private static final int MOST_RECORDS_AHEAD = 256;
  private static final int MOST_RECORDS_AT_ONCE = 64;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final String robot;
  private final Session session;
  private final Router router;
  private final List<Path> keys;
  private final CommandDoor commands;
  private final RobotDoor door;
  private final List<Declared> declared = new ArrayList<>();
  private final AtomicReference<Proof> proof = new AtomicReference<>();
  private final TreeMap<Long, GuardLogRecord> ahead = new TreeMap<>();
  private long nextRecord;
  private boolean delivering;
  private volatile String complaint = "";

  /** Of the guard, where it is not ours; else empty. */
  private volatile String version = "";

  /** Who proved to be the guard; {@code peer} is null behind another router. */
  private record Proof(String zid, Router.Peer peer) {}

  /**
   * @param router the accepting side behind the session; null on a link to another router
   * @param keys where its public key may lie
   */
  GuardContact(
      String robot,
      Session session,
      Router router,
      List<Path> keys,
      CommandDoor commands,
      RobotDoor door) {
    this.robot = robot;
    this.session = session;
    this.router = router;
    this.keys = List.copyOf(keys);
    this.commands = commands;
    this.door = door;
    String base = "tandem/guard/" + robot + "/";
    declared.add(session.declareSubscriber(base + "status", this::status));
    declared.add(session.declareSubscriber(base + "log", this::log));
    declared.add(
        session.subscribeTokens(base + "alive", true, sample -> aliveChanged(sample.kind())));
    if (router != null) {
      declared.add(router.onPeer(new Gone()));
    }
  }

  private final class Gone implements Router.PeerListener {
    @Override
    public void opened(Router.Peer peer) {}

    @Override
    public void closed(Router.Peer peer, String why) {
      Proof now = proof.get();
      if (now != null && peer.equals(now.peer())) {
        lose(now, why);
      }
    }
  }

  private void aliveChanged(Sample.Kind kind) {
    if (kind == Sample.Kind.PUT) {
      prove();
    }
  }

  Session session() {
    return session;
  }

  boolean isProven() {
    return proof.get() != null;
  }

  private void lose(Proof lost, String why) {
    if (proof.compareAndSet(lost, null)) {
      LOG.warn("robot {}: its guard is not reachable: {}", robot, why);
      commands.guard(robot, null);
      door.guard(robot, null);
    }
  }

  // ---- proof

  /** Asks whoever answers as this robot's guard to prove it; a no-op once one has. */
  void prove() {
    Proof now = proof.get();
    if (now != null) {
      if (router == null && !session.connected()) {
        lose(now, "the link is down");
      }
      return;
    }
    String routerZid = router == null ? session.peerZid() : router.zid();
    byte[] publicKey = publicKey();
    if (routerZid == null || publicKey == null) {
      return;
    }
    byte[] nonce = new byte[GuardKey.NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    GuardRequest request =
        GuardRequest.newBuilder()
            .setRobot(robot)
            .setChallenge(
                Challenge.newBuilder().setNonce(ByteString.copyFrom(nonce)).setRouterZid(routerZid))
            .build();
    get(
        request,
        PROOF,
        new Replies() {
          @Override
          public void reply(Reply reply) {
            if (reply instanceof Reply.Value(Sample sample, String from)) {
              proven(sample.payload(), from, nonce, routerZid, publicKey);
            }
          }

          @Override
          public void done(boolean timedOut) {}
        });
  }

  private byte[] publicKey() {
    for (Path file : keys) {
      try {
        if (Files.exists(file)) {
          return Files.readAllBytes(file);
        }
      } catch (IOException unreadable) {
        complain("key " + file + " cannot be read: " + unreadable.getMessage());
      }
    }
    return null;
  }

  private void proven(
      byte[] payload, String from, byte[] nonce, String routerZid, byte[] publicKey) {
    GuardReply reply;
    try {
      reply = GuardReply.parseFrom(payload);
    } catch (InvalidProtocolBufferException malformed) {
      complain("session " + from + " answers a challenge with no GuardReply");
      return;
    }
    boolean itself = router == null || reply.getGuardZid().equals(from);
    if (!itself
        || !GuardKey.verify(
            publicKey, reply.getSignature().toByteArray(), nonce, reply.getGuardZid(), routerZid)) {
      complain("session " + from + " says that it is the guard and cannot prove it");
      return;
    }
    Router.Peer peer = null;
    if (router != null) {
      peer = router.peers().stream().filter(one -> one.zid().equals(from)).findFirst().orElse(null);
      if (peer == null) {
        return; // it closed meanwhile
      }
    }
    version = "";
    Proof now = new Proof(from, peer);
    if (proof.compareAndSet(null, now)) {
      LOG.info("robot {}: guard proven, session {}", robot, reply.getGuardZid());
      if (peer != null) {
        commands.guard(robot, peer);
      }
      synchronized (ahead) {
        nextRecord = 0;
        ahead.clear();
      }
      door.guard(robot, this);
    }
  }

  private void complain(String what) {
    if (!what.equals(complaint)) {
      complaint = what;
      LOG.warn("robot {}: guard: {}; it is not believed", robot, what);
    }
  }

  // ---- requests

  private void get(GuardRequest request, Duration timeout, Replies replies) {
    session.get(
        "tandem/guard/" + robot + "/request",
        GetOptions.DEFAULT
            .withTimeout(timeout)
            .withTarget(GetOptions.Target.ALL)
            .withConsolidation(GetOptions.Consolidation.NONE)
            .withQos(AT_ONCE)
            .withPayload(request.toByteArray(), Encoding.PROTOBUF),
        replies);
  }

  @Override
  public CompletionStage<GuardReply> request(GuardRequest request) {
    CompletableFuture<GuardReply> answer = new CompletableFuture<>();
    Proof now = proof.get();
    if (now == null) {
      answer.completeExceptionally(
          new IllegalStateException(
              "guard of " + robot + " is not reachable; the request was not sent"));
      return answer;
    }
    String other = version;
    if (!other.isEmpty() && !isHarmless(request)) {
      answer.complete(
          GuardReply.newBuilder()
              .setCode("tandem.guard.other-version")
              .setWhy(otherVersion(other) + "; the request was not sent")
              .build());
      return answer;
    }
    try {
      get(
          request,
          ANSWER,
          new Replies() {
            @Override
            public void reply(Reply reply) {
              if (!reply.sourceZid().equals(now.zid())) {
                complain("session " + reply.sourceZid() + " answers in the guard's place");
                return;
              }
              switch (reply) {
                case Reply.Value(Sample sample, String from) -> {
                  try {
                    answer.complete(compared(GuardReply.parseFrom(sample.payload())));
                  } catch (InvalidProtocolBufferException malformed) {
                    answer.completeExceptionally(malformed);
                  }
                }
                case Reply.Failure(byte[] payload, Encoding encoding, String from) ->
                    answer.completeExceptionally(
                        new IllegalStateException(
                            "guard of "
                                + robot
                                + ": "
                                + new String(payload, StandardCharsets.UTF_8)));
              }
            }

            @Override
            public void done(boolean timedOut) {
              answer.completeExceptionally(
                  new TimeoutException(
                      "guard of %s did not answer within %d ms; it is not known whether it acted"
                          .formatted(robot, ANSWER.toMillis())));
            }
          });
    } catch (RuntimeException notSent) {
      answer.completeExceptionally(notSent);
    }
    return answer;
  }

  /** Only reduces motion, or says what is kept: taken by a guard of any version. */
  private static boolean isHarmless(GuardRequest request) {
    return switch (request.getRequestCase()) {
      case STOP, CANCEL, REVOKE, LOG_ACK, CHALLENGE -> true;
      case GRANT, MOTION, SETPOINT, KEEP_ALIVE, RELEASE, REARM, CONFIGURE, REQUEST_NOT_SET -> false;
    };
  }

  private String otherVersion(String found) {
    return ("guard of %s: version: expected %s, found %s: stop and cancel still reach it, nothing"
            + " else is said to it until it is replaced")
        .formatted(robot, Guard.VERSION, found);
  }

  private static GuardReply compared(GuardReply reply) {
    return reply.hasStatus()
        ? reply.toBuilder().setStatus(compared(reply.getStatus())).build()
        : reply;
  }

  /** Says which version would be ours, where it is of another. */
  private static GuardStatus compared(GuardStatus status) {
    String expected = status.getVersion().equals(Guard.VERSION) ? "" : Guard.VERSION;
    return status.getExpectedVersion().equals(expected)
        ? status
        : status.toBuilder().setExpectedVersion(expected).build();
  }

  /** Which version speaks. */
  private void version(GuardStatus status) {
    String found =
        status.getVersion().equals(Guard.VERSION)
            ? ""
            : status.getVersion().isEmpty() ? "none" : status.getVersion();
    if (!found.equals(version)) {
      version = found;
      if (!found.isEmpty()) {
        LOG.warn("{}", otherVersion(found));
      }
    }
  }

  // ---- what it tells

  private boolean isBelieved(Sample sample) {
    Proof now = proof.get();
    return now != null && now.zid().equals(sample.sourceZid());
  }

  private void status(Sample sample) {
    if (!isBelieved(sample)) {
      return;
    }
    GuardStatus status;
    try {
      status = GuardStatus.parseFrom(sample.payload());
    } catch (InvalidProtocolBufferException malformed) {
      complain("status: " + malformed.getMessage());
      return;
    }
    if (!status.getRobot().equals(robot)) {
      complain("status of " + status.getRobot() + " on the key of " + robot);
      return;
    }
    version(status);
    synchronized (ahead) {
      if (nextRecord == 0) {
        nextRecord = status.getLogAcked() + 1;
        ahead.headMap(nextRecord).clear();
      }
    }
    door.guardStatus(compared(status));
    deliver();
  }

  private void log(Sample sample) {
    if (!isBelieved(sample)) {
      return;
    }
    GuardLogRecord record;
    try {
      record = GuardLogRecord.parseFrom(sample.payload());
    } catch (InvalidProtocolBufferException malformed) {
      complain("log: " + malformed.getMessage());
      return;
    }
    synchronized (ahead) {
      boolean wanted = record.getNumber() >= nextRecord;
      if (wanted && (ahead.size() < MOST_RECORDS_AHEAD || record.getNumber() == nextRecord)) {
        ahead.put(record.getNumber(), record);
      }
    }
    deliver();
  }

  /** Hands the next records to the twin, if they are there and those before are durable. */
  private void deliver() {
    List<GuardLogRecord> records = new ArrayList<>();
    synchronized (ahead) {
      if (delivering || nextRecord == 0) {
        return;
      }
      for (var next = ahead.get(nextRecord);
          next != null && records.size() < MOST_RECORDS_AT_ONCE;
          next = ahead.get(nextRecord + records.size())) {
        records.add(next);
      }
      if (records.isEmpty()) {
        return;
      }
      delivering = true;
    }
    long first = records.getFirst().getNumber();
    GuardLogRecord newest = records.getLast();
    long last = newest.getNumber();
    door.guardLog(robot, records)
        .whenComplete(
            (done, failure) -> {
              boolean ack = false;
              synchronized (ahead) {
                delivering = false;
                ahead.subMap(first, true, last, true).clear();
                if (failure == null && nextRecord == first) {
                  nextRecord = last + 1;
                  ack = !ahead.containsKey(nextRecord);
                }
              }
              if (ack) {
                acknowledge(newest);
              }
              if (failure == null) {
                deliver();
              } else {
                LOG.warn(
                    "robot {}: guard log records {} to {} not journaled: {}; they come again",
                    robot,
                    first,
                    last,
                    failure.toString());
              }
            });
  }

  private void acknowledge(GuardLogRecord upTo) {
    request(
            GuardRequest.newBuilder()
                .setRobot(robot)
                .setLogAck(
                    LogAck.newBuilder()
                        .setUpTo(upTo.getNumber())
                        .setBootId(upTo.getToken().getBootId()))
                .build())
        .whenComplete(
            (reply, failure) -> {
              if (failure != null) {
                LOG.debug("robot {}: log not acknowledged: {}", robot, failure.toString());
              }
            });
  }

  @Override
  public void close() {
    declared.forEach(Declared::close);
    Proof now = proof.get();
    if (now != null) {
      lose(now, "the gateway ends");
    }
  }
}
