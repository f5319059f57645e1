package tandem.cloud.http;

import akka.http.javadsl.model.ws.BinaryMessage;
import akka.http.javadsl.model.ws.Message;
import akka.http.javadsl.model.ws.TextMessage;
import akka.util.ByteString;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import tandem.proto.codec.Json;
import tandem.proto.v1.AlarmList;
import tandem.proto.v1.CommandList;
import tandem.proto.v1.JointLayout;
import tandem.proto.v1.LiveAck;
import tandem.proto.v1.LiveMessage;
import tandem.proto.v1.LivePong;
import tandem.proto.v1.LiveWelcome;
import tandem.proto.v1.StoryView;
import tandem.proto.v1.StreamList;
import tandem.proto.v1.StreamView;
import tandem.proto.v1.TwinList;
import tandem.proto.v1.TwinView;
import tandem.proto.v1.VersionView;

/** One open WebSocket: what it subscribed to and what waits for it. Thread-safe; never blocks. */
final class LiveClient {
  private static final double NANOS_PER_MILLI = 1e6;
  final long number;
  final Outbox outbox = new Outbox();
  final Set<String> robots = ConcurrentHashMap.newKeySet();
  private final Map<String, JointLayout> layouts = new HashMap<>();
  private volatile long heardNanos = System.nanoTime();
  private volatile boolean pings;
  private int nextLayout = 1;

  LiveClient(long number) {
    this.number = number;
  }

  void heard(long nowNanos) {
    heardNanos = nowNanos;
  }

  /** Since its last message; 0 for one that never pings (a program that only listens). */
  double silentMs(long nowNanos) {
    return pings ? (nowNanos - heardNanos) / NANOS_PER_MILLI : 0;
  }

  void welcome(VersionView version) {
    answer(
        LiveMessage.newBuilder()
            .setWelcome(LiveWelcome.newBuilder().setVersion(version).setClient(number)));
  }

  void acknowledge(long ref) {
    answer(LiveMessage.newBuilder().setAck(LiveAck.newBuilder().setRef(ref).setOk(true)));
  }

  void refuse(long ref, String code, String error) {
    answer(
        LiveMessage.newBuilder()
            .setAck(LiveAck.newBuilder().setRef(ref).setCode(code).setError(error)));
  }

  void pong(long ref) {
    pings = true;
    answer(
        LiveMessage.newBuilder()
            .setPong(LivePong.newBuilder().setRef(ref).setReplaced(outbox.replaced())));
  }

  /** Joint values and base pose; the frame is made, with its age, when it is sent. */
  void joints(TwinView view, long atNanos) {
    int layout = layoutOf(view);
    outbox.view(
        view.getRobot() + "/joints",
        () -> {
          double age = view.hasAgeMs() ? view.getAgeMs() + elapsedMs(atNanos) : Double.NaN;
          return BinaryMessage.create(
              ByteString.fromArrayUnsafe(JointFrame.encode(view, layout, age)));
        });
  }

  /** Decided state, without joints. */
  void twin(TwinView view, long atNanos) {
    outbox.view(
        view.getRobot() + "/twin",
        () ->
            text(
                LiveMessage.newBuilder()
                    .setTwin(Ageing.older(view, elapsedMs(atNanos)).toBuilder().clearJoints())));
  }

  void twins(List<TwinView> views, long atNanos) {
    outbox.view(
        "/twins",
        () -> {
          double elapsed = elapsedMs(atNanos);
          var list = TwinList.newBuilder();
          for (var view : views)
            list.addTwins(Ageing.older(view, elapsed).toBuilder().clearJoints().clearOrigins());
          return text(LiveMessage.newBuilder().setTwins(list));
        });
  }

  void streams(String robot, List<StreamView> views, long atNanos) {
    outbox.view(
        robot + "/streams",
        () -> {
          double elapsed = elapsedMs(atNanos);
          var list = StreamList.newBuilder().setRobot(robot);
          for (var view : views) list.addStreams(Ageing.older(view, elapsed));
          return text(LiveMessage.newBuilder().setStreams(list));
        });
  }

  void alarms(AlarmList alarms) {
    outbox.view("/alarms", () -> text(LiveMessage.newBuilder().setAlarms(alarms)));
  }

  void story(StoryView story) {
    outbox.view("/story", () -> text(LiveMessage.newBuilder().setStory(story)));
  }

  void commands(CommandList commands) {
    outbox.view(
        commands.getRobot() + "/commands",
        () -> text(LiveMessage.newBuilder().setCommands(commands)));
  }

  /** Nothing more of this robot. */
  void forget(String robot) {
    robots.remove(robot);
    outbox.forget(robot + "/");
    synchronized (layouts) {
      layouts.remove(robot);
    }
  }

  private int layoutOf(TwinView view) {
    var names = view.getJoints().getNamesList();
    synchronized (layouts) {
      var known = layouts.get(view.getRobot());
      if (known != null && known.getNamesList().equals(names)) return known.getLayout();
      var layout =
          JointLayout.newBuilder()
              .setLayout(nextLayout++)
              .setRobot(view.getRobot())
              .addAllNames(names.subList(0, Math.min(names.size(), JointFrame.MAX_JOINTS)))
              .build();
      layouts.put(view.getRobot(), layout);
      answer(LiveMessage.newBuilder().setLayout(layout));
      return layout.getLayout();
    }
  }

  private void answer(LiveMessage.Builder message) {
    outbox.answer(text(message));
  }

  private static Message text(LiveMessage.Builder message) {
    return TextMessage.create(Json.print(message));
  }

  private static double elapsedMs(long sinceNanos) {
    return (System.nanoTime() - sinceNanos) / NANOS_PER_MILLI;
  }
}
