package tandem.deploy.cli;

import java.net.http.WebSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tandem.deploy.client.Api;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.Words;
import tandem.deploy.client.WrongUsage;
import tandem.proto.codec.Json;
import tandem.proto.v1.CommandRequest;
import tandem.proto.v1.StreamGoal;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.TimeToken;
import tandem.proto.v1.VelocityTarget;

/**
 * {@code tandem twin command ROBOT velocity VX VY WZ --for 2s}: hold-to-move from the command line.
 * This process is where the heartbeats come from, 20 a second, each with the newest token that it
 * was told; when its time is over it lets go, and its end, however it comes, is the release.
 */
@Command(
    name = "velocity",
    description = {
      "Moves the base for a time: VX VY WZ, in m/s and rad/s.",
      "Stays in the foreground: this process is the hold. Its end is the release."
    })
final class HoldCommand implements Callable<Integer> {
  private static final long EVERY_MILLIS = 50;
  private static final long TOKEN_WITHIN_MILLIS = 2_000;

  @Mixin Main.Help help;
  @Mixin ApiOptions api;
  @ParentCommand TwinCommands.Wish wish;

  @Parameters(arity = "3", paramLabel = "VX VY WZ")
  List<String> velocity;

  @Option(names = "--for", paramLabel = "T", converter = Words.AsDuration.class)
  Duration lasts = Duration.ofSeconds(2);

  @Option(names = "--as", paramLabel = "NAME", description = "Default the OS user.")
  String name = System.getProperty("user.name");

  @Option(
      names = "--expires",
      paramLabel = "T",
      converter = Words.AsDuration.class,
      description = "Not started after this time, default 2s.")
  Duration expires = Duration.ofSeconds(2);

  @Option(names = "--wait", description = "Kept for scripts: it always waits for the final state.")
  boolean wait;

  @Override
  public Integer call() throws InterruptedException {
    if (velocity.size() != 3)
      throw new WrongUsage(
          "velocity: expected VX VY WZ, found %d numbers; nothing was sent"
              .formatted(velocity.size()));
    var at =
        velocity.stream().mapToDouble(text -> TwinCommands.Wish.number("velocity", text)).toArray();
    var target =
        VelocityTarget.newBuilder()
            .setVxMetersPerSec(at[0])
            .setVyMetersPerSec(at[1])
            .setWzRadPerSec(at[2])
            .build();
    try (var node = api.open()) {
      var opened =
          node.post(
              TwinCommands.path(wish.robot) + "/commands",
              Json.print(
                  CommandRequest.newBuilder()
                      .setBy(name)
                      .setExpiresSeconds(expires.toMillis() / 1e3)
                      .setStream(StreamGoal.newBuilder().setKind("velocity"))));
      var view = TwinCommands.Wish.object(opened);
      String text = opened;
      if (!TwinCommands.FINAL.contains(view.get("state"))) {
        String id = view.get("id").toString();
        hold(node, id, target);
        do {
          text = node.get("/api/commands/" + Api.escape(id) + "?wait=30s");
          view = TwinCommands.Wish.object(text);
        } while (!TwinCommands.FINAL.contains(view.get("state")));
      }
      api.out().object(text);
      return TwinCommands.EXIT_1.contains(view.get("state")) ? Main.FAILED : 0;
    }
  }

  private void hold(Api node, String id, VelocityTarget target) throws InterruptedException {
    var told = new Told();
    var socket =
        node.socket(
            "/api/teleop?robot=%s&command=%s".formatted(Api.escape(wish.robot), Api.escape(id)),
            told);
    if (!told.token.await(TOKEN_WITHIN_MILLIS, TimeUnit.MILLISECONDS))
      throw new CliFailure(
          "no time token of the guard of %s came within %d ms%s; nothing was moved"
              .formatted(wish.robot, TOKEN_WITHIN_MILLIS, told.complaint()));
    long number = 0;
    long begin = System.nanoTime();
    long end = begin + lasts.toNanos();
    for (long next = begin; next < end && told.ended.getCount() > 0; ) {
      socket
          .sendText(
              Json.print(
                  TeleopSetpoint.newBuilder()
                      .setNumber(++number)
                      .setHeld(true)
                      .setToken(told.newest)
                      .setVelocity(target)),
              true)
          .orTimeout(1, TimeUnit.SECONDS)
          .join();
      next = Math.min(end, next + TimeUnit.MILLISECONDS.toNanos(EVERY_MILLIS));
      if (told.ended.await(Math.max(0, next - System.nanoTime()), TimeUnit.NANOSECONDS)) break;
    }
    if (told.ended.getCount() > 0)
      socket
          .sendText(
              Json.print(TeleopSetpoint.newBuilder().setNumber(number + 1).setHeld(false)), true)
          .orTimeout(1, TimeUnit.SECONDS)
          .join();
    if (!told.complaint().isEmpty()) System.err.println("tandem: " + told.complaint().substring(2));
  }

  /** What the node tells the holder. */
  private static final class Told implements WebSocket.Listener {
    private final CountDownLatch token = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final StringBuilder text = new StringBuilder();
    private volatile TimeToken newest = TimeToken.getDefaultInstance();
    private volatile String refused = "";

    /** The newest refusal, after a semicolon; empty where there was none. */
    String complaint() {
      return refused.isEmpty() ? "" : "; " + refused;
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        if (Json.parse(text.toString()) instanceof Map<?, ?> state) take(state);
        text.setLength(0);
      }
      from.request(1);
      return null;
    }

    private void take(Map<?, ?> state) {
      if (state.get("token") instanceof Map<?, ?> t
          && t.get("bootId") instanceof String boot
          && t.get("tickMillis") instanceof Long tick) {
        newest = TimeToken.newBuilder().setBootId(boot).setTickMillis(tick).build();
        token.countDown();
      }
      if (state.get("code") instanceof String code && !code.isEmpty())
        refused = state.get("why") + " [" + code + "]";
      if (TwinCommands.FINAL.contains(state.get("state"))) ended.countDown();
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
      ended.countDown();
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      refused = "the channel to the node is lost: " + error.getMessage();
      ended.countDown();
    }
  }
}
