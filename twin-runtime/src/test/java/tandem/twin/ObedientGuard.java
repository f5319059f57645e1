package tandem.twin;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import tandem.proto.v1.Authority;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.TimeToken;
import tandem.twin.robot.GuardPort;

/**
 * A guard that accepts what it is told and remembers it; {@code silent} makes it deaf, {@code
 * deafToRevoke} to that alone.
 */
final class ObedientGuard implements GuardPort {
  final List<GuardRequest> heard = new CopyOnWriteArrayList<>();
  final AtomicLong ticks = new AtomicLong(1_000);
  volatile boolean silent;
  volatile boolean latched;
  volatile boolean deafToRevoke;
  volatile boolean armed = true;
  volatile Authority highest = Authority.getDefaultInstance();
  private final String robot;

  ObedientGuard(String robot) {
    this.robot = robot;
  }

  @Override
  public CompletionStage<GuardReply> request(GuardRequest request) {
    if (silent) return new CompletableFuture<>();
    heard.add(request);
    switch (request.getRequestCase()) {
      case GRANT -> highest = request.getGrant().getAuthority();
      case REVOKE -> {
        if (deafToRevoke) return new CompletableFuture<>();
      }
      case STOP -> latched = true;
      case RELEASE -> latched = false;
      case REARM -> armed = true;
      default -> {}
    }
    return CompletableFuture.completedStage(
        GuardReply.newBuilder().setAccepted(true).setStatus(status()).build());
  }

  GuardStatus status() {
    return GuardStatus.newBuilder()
        .setRobot(robot)
        .setArmed(armed)
        .setHighestSeen(highest)
        .setStopLatched(latched)
        .setPath("robot")
        .setToken(
            TimeToken.newBuilder().setBootId("b".repeat(32)).setTickMillis(ticks.addAndGet(100)))
        .build();
  }

  long count(GuardRequest.RequestCase kind) {
    return heard.stream().filter(r -> r.getRequestCase() == kind).count();
  }
}
