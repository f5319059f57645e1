package tandem.proto.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tandem.proto.event.Event;
import tandem.proto.event.Evidence;
import tandem.proto.event.Goal;
import tandem.proto.event.SampleRef;
import tandem.proto.event.StreamCount;
import tandem.proto.event.Used;
import tandem.proto.v1.Authority;
import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointLimit;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.NavigateGoal;
import tandem.proto.v1.Pose;
import tandem.proto.v1.ReachGoal;
import tandem.proto.v1.RobotProfile;
import tandem.proto.v1.StanceGoal;
import tandem.proto.v1.StreamGoal;
import tandem.proto.v1.TimeToken;

/**
 * Stored bytes outlive code: {@code resources/events/<Name>-1.bin} are envelopes as the first
 * version wrote them, {@code .json} says what is in them. A later version must read them the same.
 * With the system property {@code tandem.golden} set to a directory, missing files are written
 * there.
 */
class EventCodecTest {
  private static final long NOON = 1_893_499_200_000_000_000L;
  private static final ByteString SHA = ByteString.copyFrom(new byte[32]);
  private static final SampleRef SAMPLE =
      new SampleRef("/ada/joint_states", "0a1b", 4711, NOON - 5, 2.5);
  private static final Used USED = Used.of(SAMPLE, Map.of("left_elbow", 0.25, "right_elbow", -0.5));
  private static final Evidence EVIDENCE = new Evidence(USED, 0.0125, 0.021, 203.5);
  private static final TimeToken TOKEN =
      TimeToken.newBuilder().setBootId("00ff".repeat(8)).setTickMillis(123_456).build();
  private static final Goal JOINT =
      new Goal.Joint(
          JointGoal.newBuilder()
              .addTargets(JointTarget.newBuilder().setJoint("left_elbow").setPositionRad(0.5))
              .setDurationSeconds(1)
              .build());
  private static final Goal REACH =
      new Goal.Reach(
          ReachGoal.newBuilder()
              .setTip("left_hand")
              .setFrame("base_link")
              .setPose(Pose.newBuilder().setXMeters(0.3).setYMeters(0.2).setZMeters(1).setQw(1))
              .setDurationSeconds(2)
              .build());
  private static final RobotProfile PROFILE =
      RobotProfile.newBuilder()
          .setRobot("ada")
          .setBaseFrame("base_link")
          .putTips("left_hand", "l_gripper")
          .setJoint(CommandTarget.newBuilder().setKind("topic").setTopic("/ada/joint_trajectory"))
          .addLimits(JointLimit.newBuilder().setJoint("left_elbow").setLowerRad(-2).setUpperRad(2))
          .setSource("proposed")
          .build();
  private static final Event.SegmentSealed SEALED =
      new Event.SegmentSealed(
          "segments/ada/20300101T120000000Z-000001.mcap",
          List.of(
              new StreamCount(
                  "/ada/joint_states",
                  "sensor_msgs/msg/JointState",
                  1,
                  10,
                  10,
                  7,
                  2,
                  new TreeMap<>(Map.of("upstream", 2L)),
                  1,
                  0,
                  8,
                  1_024,
                  1)),
          NOON,
          NOON + 1_000,
          SHA,
          4_096,
          8);

  static List<Event> events() {
    return List.of(
        new Event.TermBegun(2, 1, 17, SHA, "home", "first contact"),
        new Event.ContactMade("", "tcp/127.0.0.1:7447", "/ada", 0),
        new Event.ContactLost("no sample for 1200 ms", SAMPLE, 1_200),
        new Event.NameConflict("peer 1", "peer 2"),
        new Event.ProfileProposed(PROFILE, "ab"),
        new Event.ProfileAccepted(PROFILE, "ab", "anna"),
        new Event.LeaseOffered(3, "anna", "body", 60_000, "", "ben", "asleep"),
        new Event.LeaseGranted(3),
        new Event.LeaseTaken(3, "ben", "asleep"),
        new Event.LeaseRefused(3, "tandem.guard.no-answer", "none in 2 s"),
        new Event.LeaseReleased(3, "anna", "released"),
        new Event.LeaseExpired(3, "not renewed"),
        new Event.LeaseWished("ben", "arms", "my turn"),
        new Event.LeaseWishEnded("ben", "arms", "granted"),
        new Event.CommandCreated("ada.1", "anna", REACH, 2_000),
        new Event.CommandAccepted("ada.1", 3, 4, TOKEN, 2_000, 5_000, JOINT, USED, "ab"),
        new Event.CommandRefused("ada.1", "tandem.limit.speed", "too fast", "twin", USED),
        new Event.CommandSent("ada.1", NOON),
        new Event.CommandGuardAccepted("ada.1", NOON),
        new Event.CommandFirstMotion("ada.1", NOON, USED),
        new Event.CommandDone("ada.1", NOON, EVIDENCE),
        new Event.CommandFailed("ada.1", "tandem.command.not-reached", "short", EVIDENCE),
        new Event.CommandCancelled("ada.1", "ben", "stop"),
        new Event.CommandExpired("ada.1", "never taken up"),
        new Event.CommandSuperseded("ada.1", "ada.2"),
        new Event.CommandUnknown("ada.1", "contact lost"),
        new Event.StopRequested("s1", "ben", "look out", NOON),
        new Event.StopLatched("ben", "look out", "reply"),
        new Event.StopInEffect(120.5, USED),
        new Event.StopReleased("ben", "all clear"),
        new Event.GuardLogged(
            GuardLogRecord.newBuilder()
                .setNumber(7)
                .setToken(TOKEN)
                .setWallNanos(NOON)
                .setKind("stop")
                .setAuthority(Authority.newBuilder().setTerm(1).setEpoch(3))
                .setBy("ben")
                .build()),
        new Event.ForeignAuthority("/ada/joint_trajectory", "3f2a", true),
        new Event.HazardRaised("fallen", "error", "tilt 1.4 rad"),
        new Event.HazardCleared("fallen", "standing"),
        new Event.BodyChanged("standing", "fallen", USED),
        new Event.ClockStepped("/ada/joint_states", "0a1b", 3_600_000_000_000L, 99),
        new Event.SegmentOpened("segments/ada/20300101T120000000Z-000001.mcap", NOON, ""),
        SEALED,
        new Event.SegmentRecovered(SEALED, 100),
        new Event.SegmentLost("segments/ada/x.mcap", "no such file"),
        new Event.SegmentOrphaned("segments/ada/y.mcap", SHA, 12),
        new Event.OperatorAction("anna", "note", "hello"));
  }

  private static SealedEvent sealed(Event event) {
    return SealedEvent.seal("ada", 2, 18, NOON + 18, SHA, event);
  }

  private static byte[] golden(String name, byte[] now) throws IOException {
    try (var in = EventCodecTest.class.getResourceAsStream("/events/" + name)) {
      if (in != null) return in.readAllBytes();
    }
    String directory = System.getProperty("tandem.golden");
    assertThat(directory).as("golden file " + name + " is missing").isNotNull();
    Files.write(Path.of(directory, name), now);
    return now;
  }

  @ParameterizedTest
  @MethodSource("events")
  void shouldReadTheGoldenEnvelope(Event event) throws IOException {
    String name = event.getClass().getSimpleName() + "-1";
    var now = sealed(event);

    byte[] bytes = golden(name + ".bin", now.toBytes());
    String json =
        new String(
            golden(name + ".json", EventCodec.json(event).getBytes(StandardCharsets.UTF_8)),
            StandardCharsets.UTF_8);

    var read = SealedEvent.fromBytes(bytes);
    assertThat(read.manifest()).isEqualTo("tandem." + event.getClass().getSimpleName() + "/1");
    assertThat(read.event()).isEqualTo(event);
    assertThat(read.hash()).isEqualTo(now.hash());
    assertSaysAtLeast(Json.parse(EventCodec.json(read.event())), Json.parse(json), name);
  }

  /** Every field of the older text stands in the newer one with the same value; more may. */
  private static void assertSaysAtLeast(Object now, Object then, String where) {
    switch (then) {
      case Map<?, ?> fields -> {
        assertThat(now).as(where).isInstanceOf(Map.class);
        fields.forEach(
            (key, value) ->
                assertSaysAtLeast(((Map<?, ?>) now).get(key), value, where + "." + key));
      }
      case List<?> items -> {
        assertThat((List<?>) now).as(where).hasSize(items.size());
        for (int i = 0; i < items.size(); i++) {
          assertSaysAtLeast(((List<?>) now).get(i), items.get(i), where + "[" + i + "]");
        }
      }
      case null, default -> assertThat(now).as(where).isEqualTo(then);
    }
  }

  @ParameterizedTest
  @MethodSource("goals")
  void shouldReadTheGoldenGoal(Goal goal) throws IOException {
    var event = new Event.CommandCreated("ada.1", "anna", goal, 2_000);
    String name = "CommandCreated-1-" + goal.form();

    byte[] bytes = golden(name + ".bin", sealed(event).toBytes());

    assertThat(SealedEvent.fromBytes(bytes).event()).isEqualTo(event);
  }

  @Test
  void shouldKeepWhichRecorderOpenedASegment() {
    var event = new Event.SegmentOpened("segments/ada/x-000001.mcap", NOON, "r-1");

    assertThat(SealedEvent.fromBytes(sealed(event).toBytes()).event()).isEqualTo(event);
  }

  static List<Goal> goals() {
    return List.of(
        JOINT,
        new Goal.Stream(StreamGoal.newBuilder().setKind("velocity").setLapseMillis(250).build()),
        new Goal.Stream(StreamGoal.newBuilder().setKind("joint").build()),
        new Goal.Stance(StanceGoal.newBuilder().setStance("squat").build()),
        new Goal.Navigate(
            NavigateGoal.newBuilder()
                .setFrame("map")
                .setXMeters(1.5)
                .setYMeters(-2)
                .setYawRad(0.5)
                .setWithinSeconds(60)
                .build()));
  }

  @Test
  void shouldHaveAGoldenFileForEveryEventThereIs() {
    var permitted =
        Stream.of(Event.class.getPermittedSubclasses())
            .flatMap(c -> c.isInterface() ? Stream.of(c.getPermittedSubclasses()) : Stream.of(c))
            .map(Class::getSimpleName)
            .collect(Collectors.toCollection(() -> new TreeSet<String>()));

    var golden = new TreeSet<String>();
    events().forEach(e -> golden.add(e.getClass().getSimpleName()));
    assertThat(golden).isEqualTo(permitted);
  }

  @ParameterizedTest
  @MethodSource("events")
  void shouldNoticeAnyFlippedByteOfAnEnvelope(Event event) {
    byte[] whole = sealed(event).toBytes();
    for (int i = 0; i < whole.length; i++) {
      byte[] changed = whole.clone();
      changed[i] ^= 0x20;

      assertThatThrownBy(() -> SealedEvent.fromBytes(changed))
          .as("byte " + i)
          .isInstanceOf(CorruptEvent.class)
          .hasMessageMatching("(?s).*(stored is|none).*");
    }
  }

  @Property(tries = 500)
  void shouldRefuseNoiseWithTheFieldThatIsWrong(@ForAll byte[] noise) {
    assertThatThrownBy(() -> SealedEvent.fromBytes(noise)).isInstanceOf(CorruptEvent.class);
  }

  @Test
  void shouldKnowAProfileByWhatItPermitsOnly() {
    String hash = Profiles.hash(PROFILE);

    assertThat(Profiles.hash(PROFILE.toBuilder().setSource("accepted").build())).isEqualTo(hash);
    assertThat(Profiles.hash(PROFILE.toBuilder().setMarginRad(0.1).build())).isNotEqualTo(hash);
    assertThat(Profiles.hash(PROFILE.toBuilder().putTips("x", "y").build())).isNotEqualTo(hash);
    assertThat(Profiles.hash(PROFILE.toBuilder().setNavigatePolicy("continue").build()))
        .isNotEqualTo(hash);
    assertThat(Profiles.hash(PROFILE.toBuilder().setWatchdogNavigateSeconds(12).build()))
        .isNotEqualTo(hash)
        .isNotEqualTo(Profiles.hash(PROFILE.toBuilder().setWatchdogNavigateSeconds(13).build()));
    var navigates = CommandTarget.newBuilder().setTopic("/ada/navigate_to_pose");
    assertThat(Profiles.hash(PROFILE.toBuilder().setNavigate(navigates).build()))
        .isNotEqualTo(hash);
  }
}
