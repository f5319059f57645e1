package tandem.deploy.cli;

import java.time.Duration;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tandem.deploy.client.Words;
import tandem.deploy.client.WrongUsage;
import tandem.proto.codec.Json;
import tandem.proto.v1.LeaseRequest;

/** {@code tandem twin lease ROBOT ACTION}: who may command, and how that changes hands. */
@Command(
    name = "lease",
    description = {
      "The right to command: acquire, release, take, request, withdraw, hand-over, show.",
      "request asks the holder, who hands over with hand-over --to NAME; take needs --reason."
    })
final class LeaseCommand implements Runnable {
  private static final Set<String> ACTIONS =
      Set.of("acquire", "release", "take", "request", "withdraw", "hand-over", "show");
  private static final Set<String> PARTS = Set.of("body", "arms", "locomotion");

  @Mixin Main.Help help;
  @Mixin ApiOptions api;

  @Parameters(index = "0")
  String robot;

  @Parameters(
      index = "1",
      description = "acquire, release, take, request, withdraw, hand-over or show")
  String action;

  @Option(names = "--as", paramLabel = "NAME", description = "Default the OS user.")
  String name = System.getProperty("user.name");

  @Option(names = "--for", paramLabel = "T", converter = Words.AsDuration.class)
  Duration lasts = Duration.ofSeconds(60);

  @Option(names = "--reason", paramLabel = "TEXT", description = "Required by take.")
  String reason = "";

  @Option(
      names = "--part",
      paramLabel = "P",
      description = "body, arms or locomotion, where the profile has independent parts.")
  String part = "";

  @Option(names = "--to", paramLabel = "NAME", description = "Required by hand-over.")
  String to = "";

  @Override
  public void run() {
    if (!ACTIONS.contains(action))
      throw new WrongUsage(
          "twin lease: expected acquire, release, take, request, withdraw, hand-over or show, found"
              + " '"
              + action
              + "'");
    if (action.equals("take") && reason.isBlank())
      throw new WrongUsage("twin lease take: --reason is required; nothing was taken");
    if (action.equals("hand-over") && to.isBlank())
      throw new WrongUsage("twin lease hand-over: --to is required; nothing was handed over");
    if (!part.isEmpty() && !PARTS.contains(part))
      throw new WrongUsage(
          "--part: expected body, arms or locomotion, found '" + part + "'; no lease was changed");
    try (var node = api.open()) {
      String address = TwinCommands.path(robot) + "/lease";
      var wish =
          LeaseRequest.newBuilder()
              .setRobot(robot)
              .setAction(action)
              .setBy(name)
              .setForSeconds(lasts.toMillis() / 1e3)
              .setReason(reason)
              .setPart(part)
              .setTo(to);
      api.out()
          .object(action.equals("show") ? node.get(address) : node.post(address, Json.print(wish)));
    }
  }
}
