package tandem.deploy.cli;

import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tandem.deploy.client.Api;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.GuardDoor;
import tandem.deploy.client.Out;
import tandem.deploy.client.UrgentStop;
import tandem.deploy.client.Words;
import tandem.deploy.client.WrongUsage;
import tandem.proto.codec.Json;
import tandem.proto.v1.CommandRequest;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.NavigateGoal;
import tandem.proto.v1.Pose;
import tandem.proto.v1.ReachGoal;
import tandem.proto.v1.StanceGoal;
import tandem.proto.v1.StopRequest;

/** {@code tandem twin ...}: what the twins know, and wishes to them. */
@Command(
    name = "twin",
    description = "Twins: list, watch, show, profile, lease, command, rearm.",
    subcommands = {
      TwinCommands.ListAll.class,
      TwinCommands.Watch.class,
      TwinCommands.Show.class,
      TwinCommands.Profile.class,
      LeaseCommand.class,
      TwinCommands.Rearm.class,
      TwinCommands.Wish.class
    })
final class TwinCommands implements Runnable {
  /** States that end a command. */
  static final Set<String> FINAL =
      Set.of("refused", "done", "failed", "cancelled", "expired", "superseded", "unknown");

  static final Set<String> EXIT_1 = Set.of("refused", "expired", "failed", "unknown");

  @Mixin Main.Help help;

  @Override
  public void run() {
    throw new WrongUsage(
        "twin: expected list, watch, show, profile, lease, rearm or command; see ./tandem twin"
            + " --help");
  }

  static String path(String robot) {
    return "/api/twins/" + Api.escape(robot);
  }

  @Command(name = "list", description = "Every twin of the site, real robots first.")
  static final class ListAll implements Runnable {
    @Mixin Main.Help help;
    @Mixin ApiOptions api;

    @Override
    public void run() {
      try (var node = api.open()) {
        api.out()
            .table(
                node.list("/api/twins"),
                "robot",
                "mode",
                "ageMs",
                "body",
                "dream",
                "term",
                "sequence",
                "lease.holder",
                "stop.latched");
      }
    }
  }

  @Command(name = "show", description = "The newest sample of a twin, unthinned, with its age.")
  static final class Show implements Runnable {
    @Mixin Main.Help help;
    @Mixin ApiOptions api;
    @Parameters String robot;

    @Override
    public void run() {
      try (var node = api.open()) {
        api.out().object(node.get(path(robot)));
      }
    }
  }

  @Command(name = "watch", description = "A line per change of a twin.")
  static final class Watch implements Runnable {
    @Mixin Main.Help help;
    @Mixin ApiOptions api;
    @Parameters String robot;

    @Option(names = "--count", paramLabel = "N", description = "Ends after N lines.")
    int count = Integer.MAX_VALUE;

    @Override
    public void run() {
      var out = api.out();
      var end = new CountDownLatch(1);
      var failure = new AtomicReference<String>();
      var seen = new AtomicInteger();
      try (var node = api.open()) {
        node.get(path(robot)); // a robot that is not known is said at once
        var socket =
            node.socket(
                "/api/ws",
                new WebSocket.Listener() {
                  private final StringBuilder text = new StringBuilder();

                  @Override
                  public CompletionStage<?> onText(
                      WebSocket from, CharSequence part, boolean last) {
                    text.append(part);
                    if (last) {
                      if (Json.parse(text.toString()) instanceof Map<?, ?> message
                          && message.get("twin") instanceof Map<?, ?> twin
                          && robot.equals(twin.get("robot"))
                          && seen.incrementAndGet() <= count) {
                        out.line(api.json ? Out.toJson(twin) : brief(twin));
                        if (seen.get() == count) end.countDown();
                      }
                      text.setLength(0);
                    }
                    from.request(1);
                    return null;
                  }

                  @Override
                  public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
                    failure.set("the node closed the channel (" + status + " " + reason + ")");
                    end.countDown();
                    return null;
                  }

                  @Override
                  public void onError(WebSocket from, Throwable error) {
                    failure.set("the channel to the node is lost: " + error.getMessage());
                    end.countDown();
                  }
                });
        socket
            .sendText("{\"ref\":1,\"subscribe\":{\"robot\":" + Json.quote(robot) + "}}", true)
            .join();
        Main.untilSignal(end);
        if (failure.get() != null) throw new CliFailure(failure.get());
      }
    }

    private static String brief(Map<?, ?> twin) {
      return "%s  %s  age %s ms  term %s  sequence %s  body %s"
          .formatted(
              twin.get("robot"),
              twin.get("mode"),
              twin.get("ageMs") instanceof Number age ? "%.0f".formatted(age.doubleValue()) : "-",
              twin.get("term"),
              twin.get("sequence"),
              twin.get("body"));
    }
  }

  @Command(name = "profile", description = "How a robot is commanded: show, propose, accept.")
  static final class Profile implements Runnable {
    @Mixin Main.Help help;
    @Mixin ApiOptions api;

    @Parameters(index = "0")
    String robot;

    @Parameters(index = "1", description = "show, propose or accept")
    String action;

    @Option(names = "--as", paramLabel = "NAME", description = "Who asks, default the OS user.")
    String name = System.getProperty("user.name");

    @Override
    public void run() {
      try (var node = api.open()) {
        api.out()
            .object(
                switch (action) {
                  case "show" -> node.get(path(robot) + "/profile");
                  case "propose" -> node.get(path(robot) + "/profile/proposed");
                  case "accept" ->
                      node.post(
                          path(robot) + "/profile/accept",
                          Out.toJson(Out.fields("robot", robot, "by", name)));
                  default ->
                      throw new WrongUsage(
                          "twin profile: expected show, propose or accept, found '" + action + "'");
                });
      }
    }
  }

  @Command(name = "rearm", description = "Lets a guard that lost its state permit motion again.")
  static final class Rearm implements Runnable {
    @Mixin Main.Help help;
    @Mixin ApiOptions api;
    @Parameters String robot;

    @Option(names = "--reason", required = true, description = "Why the robot may move again.")
    String reason;

    @Option(names = "--as", paramLabel = "NAME", description = "Who asks, default the OS user.")
    String name = System.getProperty("user.name");

    @Override
    public void run() {
      try (var node = api.open()) {
        api.out()
            .object(
                node.post(
                    path(robot) + "/rearm", Out.toJson(Out.fields("by", name, "reason", reason))));
      }
    }
  }

  @Command(
      name = "command",
      description =
          "Moves a robot: joint, reach, velocity, stance, navigate; ends that: cancel; stops it:"
              + " stop.",
      subcommands = {
        Wish.Joint.class,
        Wish.Reach.class,
        HoldCommand.class,
        Wish.Stance.class,
        Wish.Navigate.class,
        Wish.Cancel.class,
        Wish.Stop.class
      })
  static final class Wish implements Runnable {
    @Mixin Main.Help help;

    @Parameters(index = "0", paramLabel = "ROBOT")
    String robot;

    @Override
    public void run() {
      throw new WrongUsage(
          "twin command: expected joint, reach, velocity, stance, navigate, cancel or stop behind"
              + " the robot");
    }

    /** Options of every motion. */
    static final class Motion {
      @Mixin ApiOptions api;

      @Option(names = "--as", paramLabel = "NAME", description = "Default the OS user.")
      String name = System.getProperty("user.name");

      @Option(
          names = "--expires",
          paramLabel = "T",
          converter = Words.AsDuration.class,
          description = "Not started after this time, default 2s.")
      Duration expires = Duration.ofSeconds(2);

      @Option(names = "--wait", description = "Returns when the command is in a final state.")
      boolean wait;

      int issue(CommandRequest.Builder request) {
        request.setBy(name).setExpiresSeconds(expires.toMillis() / 1e3);
        try (var node = api.open()) {
          var text = node.post(path(request.getRobot()) + "/commands", Json.print(request));
          var view = object(text);
          while (wait && !FINAL.contains(view.get("state"))) {
            text = node.get("/api/commands/" + Api.escape(view.get("id").toString()) + "?wait=30s");
            view = object(text);
          }
          api.out().object(text);
          return EXIT_1.contains(view.get("state")) ? Main.FAILED : 0;
        }
      }
    }

    static Map<?, ?> object(String json) {
      if (Json.parse(json) instanceof Map<?, ?> map) return map;
      throw new CliFailure("the node's answer is not an object: " + json);
    }

    @Command(name = "joint", description = "Moves named joints: NAME=RAD ...")
    static final class Joint implements java.util.concurrent.Callable<Integer> {
      @Mixin Main.Help help;
      @Mixin Motion motion;
      @ParentCommand Wish wish;

      @Parameters(arity = "1..*", paramLabel = "NAME=RAD")
      List<String> targets = new ArrayList<>();

      @Option(names = "--in", paramLabel = "T", converter = Words.AsDuration.class)
      Duration in = Duration.ofSeconds(1);

      @Override
      public Integer call() {
        var goal = JointGoal.newBuilder().setDurationSeconds(in.toNanos() / 1e9);
        for (var target : targets) {
          int equals = target.lastIndexOf('=');
          if (equals < 1)
            throw new WrongUsage(
                "joint target: expected NAME=RAD, found '" + target + "'; nothing was sent");
          goal.addTargets(
              JointTarget.newBuilder()
                  .setJoint(target.substring(0, equals))
                  .setPositionRad(number("radians", target.substring(equals + 1))));
        }
        return motion.issue(CommandRequest.newBuilder().setRobot(wish.robot).setJoint(goal));
      }
    }

    @Command(
        name = "reach",
        description = "Brings a tip to a place: TIP X Y Z [QX QY QZ QW], in m.")
    static final class Reach implements java.util.concurrent.Callable<Integer> {
      @Mixin Main.Help help;
      @Mixin Motion motion;
      @ParentCommand Wish wish;

      @Parameters(index = "0", paramLabel = "TIP")
      String tip;

      @Parameters(index = "1..*", arity = "3..7", paramLabel = "X Y Z [QX QY QZ QW]")
      List<String> place = new ArrayList<>();

      @Option(names = "--frame", description = "Default base_link.")
      String frame = "base_link";

      @Option(names = "--in", paramLabel = "T", converter = Words.AsDuration.class)
      Duration in = Duration.ofSeconds(3);

      @Override
      public Integer call() {
        if (place.size() != 3 && place.size() != 7)
          throw new WrongUsage(
              "reach: expected X Y Z or X Y Z QX QY QZ QW, found %d numbers; nothing was sent"
                  .formatted(place.size()));
        var at = place.stream().mapToDouble(text -> number("coordinate", text)).toArray();
        var pose = Pose.newBuilder().setXMeters(at[0]).setYMeters(at[1]).setZMeters(at[2]);
        if (at.length == 7) pose.setQx(at[3]).setQy(at[4]).setQz(at[5]).setQw(at[6]);
        else pose.setQw(1);
        return motion.issue(
            CommandRequest.newBuilder()
                .setRobot(wish.robot)
                .setReach(
                    ReachGoal.newBuilder()
                        .setTip(tip)
                        .setFrame(frame)
                        .setPose(pose)
                        .setWithOrientation(at.length == 7)
                        .setDurationSeconds(in.toNanos() / 1e9)));
      }
    }

    @Command(name = "stance", description = "Takes a posture: stand, squat or crouch.")
    static final class Stance implements java.util.concurrent.Callable<Integer> {
      @Mixin Main.Help help;
      @Mixin Motion motion;
      @ParentCommand Wish wish;

      @Parameters(paramLabel = "STANCE", description = "stand, squat or crouch")
      String stance;

      @Override
      public Integer call() {
        if (!Set.of("stand", "squat", "crouch").contains(stance))
          throw new WrongUsage(
              "stance: expected stand, squat or crouch, found '" + stance + "'; nothing was sent");
        return motion.issue(
            CommandRequest.newBuilder()
                .setRobot(wish.robot)
                .setStance(StanceGoal.newBuilder().setStance(stance)));
      }
    }

    @Command(
        name = "navigate",
        description = "Goes to a place by the robot's own navigation: X Y [YAW], in m and rad.")
    static final class Navigate implements java.util.concurrent.Callable<Integer> {
      @Mixin Main.Help help;
      @Mixin Motion motion;
      @ParentCommand Wish wish;

      @Parameters(arity = "2..3", paramLabel = "X Y [YAW]", hideParamSyntax = true)
      List<String> place = new ArrayList<>();

      @Option(
          names = "--frame",
          paramLabel = "F",
          description = "The odometry's frame, which is the default, or map.")
      String frame = "";

      @Option(
          names = "--within",
          paramLabel = "T",
          converter = Words.AsDuration.class,
          description = "Cancelled where it is not there by then, default 60s.")
      Duration within = Duration.ofSeconds(60);

      @Override
      public Integer call() {
        if (place.size() != 2 && place.size() != 3)
          throw new WrongUsage(
              "navigate: expected X Y or X Y YAW, found %d numbers; nothing was sent"
                  .formatted(place.size()));
        var at = place.stream().mapToDouble(text -> number("coordinate", text)).toArray();
        return motion.issue(
            CommandRequest.newBuilder()
                .setRobot(wish.robot)
                .setNavigate(
                    NavigateGoal.newBuilder()
                        .setFrame(frame)
                        .setXMeters(at[0])
                        .setYMeters(at[1])
                        .setYawRad(at.length == 3 ? at[2] : 0)
                        .setWithinSeconds(within.toNanos() / 1e9)));
      }
    }

    @Command(name = "cancel", description = "Cancels a command, or whatever is open: [ID].")
    static final class Cancel implements java.util.concurrent.Callable<Integer> {
      @Mixin Main.Help help;
      @Mixin ApiOptions api;
      @ParentCommand Wish wish;

      @Parameters(arity = "0..1", paramLabel = "ID", hideParamSyntax = true)
      String id;

      @Option(names = "--as", paramLabel = "NAME", description = "Default the OS user.")
      String name = System.getProperty("user.name");

      @Option(names = "--reason", paramLabel = "TEXT")
      String reason = "";

      @Override
      public Integer call() {
        try (var node = api.open()) {
          List<String> ids = id == null ? open(node) : List.of(id);
          if (ids.isEmpty()) throw new CliFailure("nothing of " + wish.robot + " is open");
          for (String one : ids) {
            api.out()
                .object(
                    node.post(
                        "/api/commands/" + Api.escape(one) + "/cancel",
                        Out.toJson(Out.fields("by", name, "reason", reason))));
          }
          return 0;
        }
      }

      private List<String> open(Api node) {
        if (!(Json.parse(node.get(path(wish.robot) + "/commands")) instanceof List<?> commands)) {
          throw new CliFailure("the node's answer is not a list of commands");
        }
        return commands.stream()
            .map(command -> (Map<?, ?>) command)
            .filter(command -> !FINAL.contains(command.get("state")))
            .map(command -> command.get("id").toString())
            .toList();
      }
    }

    @Command(
        name = "stop",
        description = {
          "Latches the stop; with --release --reason lets go of it.",
          "Asks the API; where that has not answered within 100 ms the guards of this machine,"
              + " too; with --guard one guard alone."
        })
    static final class Stop implements java.util.concurrent.Callable<Integer> {
      private static final Duration WITHIN = Duration.ofSeconds(10);

      @Mixin Main.Help help;
      @Mixin ApiOptions api;
      @ParentCommand Wish wish;

      @Option(names = "--as", paramLabel = "NAME", description = "Default the OS user.")
      String name = System.getProperty("user.name");

      @Option(names = "--release")
      boolean release;

      @Option(names = "--reason", paramLabel = "TEXT", description = "Required by --release.")
      String reason = "";

      @Option(
          names = "--guard",
          paramLabel = "EP",
          description = "Speaks to the guard at this endpoint instead of the API.")
      String guard;

      @Override
      public Integer call() {
        if (release && reason.isBlank())
          throw new WrongUsage("stop --release: --reason is required; the stop stays latched");
        if (guard != null) return direct(guard);
        var wish =
            StopRequest.newBuilder()
                .setRobot(this.wish.robot)
                .setBy(name)
                .setRelease(release)
                .setReason(reason);
        if (!release) wish.setRequestId("cli." + UUID.randomUUID());
        try (var node = api.open()) {
          String to = path(this.wish.robot) + "/stop";
          String json = Json.print(wish);
          // A release is not urgent and is the twin's business first.
          String answer =
              release
                  ? node.post(to, json, WITHIN)
                  : UrgentStop.stop(
                      () -> node.post(to, json, WITHIN), this.wish.robot, name, reason);
          api.out().object(answer);
          return 0;
        } catch (Api.Unreachable e) {
          throw new CliFailure(e.getMessage() + "; the stop stays latched");
        }
      }

      private int direct(String endpoint) {
        var reply = GuardDoor.stop(endpoint, wish.robot, name, reason, release);
        api.out().object(Json.print(reply));
        return reply.getAccepted() ? 0 : Main.FAILED;
      }
    }

    static double number(String what, String text) {
      try {
        double value = Double.parseDouble(text);
        if (Double.isFinite(value)) return value;
      } catch (NumberFormatException e) {
        throw new WrongUsage(what + ": expected a number, found '" + text + "'; nothing was sent");
      }
      throw new WrongUsage(
          what + ": expected a finite number, found '" + text + "'; nothing was sent");
    }
  }
}
