package tandem.sim.feed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import tandem.ros2.msg.DiagnosticArray;
import tandem.ros2.msg.JointState;
import tandem.ros2.msg.Odometry;
import tandem.sim.Peers;
import tandem.sim.body.Humanoid;
import tandem.sim.body.Joint;
import tandem.sim.body.Mjcf;
import tandem.sim.body.Pose;
import tandem.sim.body.Scene;
import tandem.sim.body.Vec;
import tandem.sim.compare.Difference;
import tandem.sim.control.Command;
import tandem.sim.control.Pushes;
import tandem.sim.control.SimulatedHumanoid;
import tandem.twin.robot.Sensed;
import tandem.twin.robot.SensedSource;
import tandem.twin.stream.RawSample;
import tandem.twin.stream.StreamDeclaration;
import tandem.twin.stream.StreamInlet;
import tandem.twin.stream.Streams;

class DreamTest {
  private static final Humanoid BODY = Humanoid.standard();
  private static final List<String> NAMES = BODY.joints().stream().map(Joint::name).toList();

  private static Sensed sensed(SimulatedHumanoid robot) {
    var origin = new Sensed.Origin("/ada/joint_states", "p", 1, 1, "sender", System.nanoTime(), 1);
    Pose base = robot.base();
    return new Sensed(
        new Sensed.Joints(origin, NAMES, robot.anglesRad().clone(), new double[0], new double[0]),
        null,
        new Sensed.BasePose(
            origin,
            base.position().x(),
            base.position().y(),
            base.position().z(),
            base.orientation().x(),
            base.orientation().y(),
            base.orientation().z(),
            base.orientation().w()),
        System.nanoTime());
  }

  @Test
  void shouldFollowARobotThatIsPushedAndMovesItsArmAndStayOnItsFeet() {
    var engine = Peers.engine();
    try (var real = engine.compile("real", Mjcf.write(BODY, Scene.rubble(1, 10), 0.002, false));
        var dreamt = engine.compile("dreamt", Mjcf.write(BODY, Scene.empty(), 0.004, false));
        var robot = new SimulatedHumanoid(BODY, real, 0.002, Pushes.seeded(3, 6, 6));
        var dream = new Dream(BODY, dreamt, 0.004)) {
      for (int i = 0; i < 1000; i++) robot.step();
      robot.command(
          new Command.Reach(
              Command.Hand.LEFT, "base_link", new Vec(0.3, 0.25, 0.3), Optional.empty()));
      double worstRms = 0;
      double worstBase = 0;
      for (int tick = 0; tick < 5000; tick++) {
        robot.step();
        robot.step();
        if (tick % 2 == 0) dream.lead(sensed(robot));
        dream.step();
        if (tick == 3000) robot.command(new Command.Stance("squat"));
        Difference difference = dream.difference();
        worstRms = Math.max(worstRms, difference.jointRmsRad());
        worstBase = Math.max(worstBase, difference.baseMetres());
      }

      assertThat(robot.pushes().count()).isGreaterThanOrEqualTo(3);
      assertThat(dream.body().falls().falls()).isZero();
      assertThat(worstRms).isBetween(1e-4, 0.06);
      assertThat(worstBase).isLessThan(0.12);
      assertThat(dream.body().base().position().z()).as("squats too").isLessThan(0.6);
    }
  }

  @Test
  void shouldNotFollowWhatIsNoAngleOrNoJoint() {
    var engine = Peers.engine();
    try (var model = engine.compile("noise", Mjcf.write(BODY, Scene.empty(), 0.004, false));
        var dream = new Dream(BODY, model, 0.004)) {
      var origin = new Sensed.Origin("/ada/joint_states", "p", 1, 1, "sender", 1, 1);
      dream.lead(
          new Sensed(
              new Sensed.Joints(
                  origin,
                  List.of("left_elbow", "tail", "right_elbow"),
                  new double[] {Double.NaN, 3, 1e30},
                  new double[0],
                  new double[0]),
              null,
              null,
              1));
      for (int i = 0; i < 500; i++) dream.step();

      assertThat(dream.body().falls().falls()).isZero();
      for (double angle : dream.body().anglesRad()) assertThat(angle).isBetween(-3.0, 3.0);
    }
  }

  @Test
  void shouldCompareByName() {
    var difference =
        Difference.between(
            List.of("a", "b", "only"),
            new double[] {1, 2, 3},
            Pose.at(0, 0, 1),
            List.of("b", "a"),
            new double[] {2.3, 0.9},
            Pose.at(3, 4, 1));

    assertThat(difference.worstJoint()).isEqualTo("b");
    assertThat(difference.jointMaxRad()).isCloseTo(0.3, org.assertj.core.data.Offset.offset(1e-12));
    assertThat(difference.jointRmsRad())
        .isCloseTo(Math.sqrt(0.05), org.assertj.core.data.Offset.offset(1e-12));
    assertThat(difference.baseMetres()).isEqualTo(5);
    assertThat(
            Difference.between(List.of(), new double[0], null, List.of(), new double[0], null)
                .baseRad())
        .isNaN();
  }

  private static final class Recording implements Streams {
    private final Map<String, StreamDeclaration> declared = new ConcurrentHashMap<>();
    private final Map<String, List<RawSample>> samples = new ConcurrentHashMap<>();
    private final List<String> gone = new CopyOnWriteArrayList<>();
    private final CountDownLatch enough = new CountDownLatch(150);

    @Override
    public StreamInlet open(StreamDeclaration declaration) {
      declared.put(declaration.topic(), declaration);
      var list = samples.computeIfAbsent(declaration.topic(), t -> new CopyOnWriteArrayList<>());
      return new StreamInlet() {
        @Override
        public void receive(RawSample sample) {
          list.add(sample);
          if (declaration.topic().endsWith("joint_states")) enough.countDown();
        }

        @Override
        public void dropped(String place, long count) {}

        @Override
        public void publisherGone(String publisher) {
          gone.add(publisher);
        }

        @Override
        public void reject(RawSample sample, String place, String why) {}
      };
    }

    @Override
    public void close(String robot) {}

    @Override
    public void unassigned(String topic, long count) {}
  }

  @Test
  void shouldGiveItsSamplesToTheNodeEncodedAsARobotWould() throws Exception {
    var engine = Peers.engine();
    var recording = new Recording();
    try (var model = engine.compile("ada", Mjcf.write(BODY, Scene.empty(), 0.002, false));
        var robot = new SimulatedHumanoid(BODY, model, 0.002, Pushes.none())) {
      for (int i = 0; i < 500; i++) robot.step();
      Sensed standing = sensed(robot);
      var source =
          new SensedSource() {
            @Override
            public Sensed newest(String name) {
              var joints = standing.joints();
              var now =
                  new Sensed.Origin("/ada/joint_states", "p", 1, 1, "sender", System.nanoTime(), 1);
              return new Sensed(
                  new Sensed.Joints(
                      now, joints.names(), joints.positionsRad(), new double[0], new double[0]),
                  null,
                  standing.base(),
                  System.nanoTime());
            }

            @Override
            public String description(String name) {
              return null;
            }
          };
      var simulator = new DreamSimulator("ada", recording, source);
      simulator.start();
      assertThat(recording.enough.await(30, TimeUnit.SECONDS)).isTrue();
      var status = simulator.status();
      simulator.close();

      assertThat(status.state()).isEqualTo("running");
      assertThat(status.dream()).isEqualTo("ada-dream");
      assertThat(status.difference().baseMetres()).isLessThan(0.05);
      assertThat(simulator.status().state()).isEqualTo("stopped");
      var view = simulator.view();
      assertThat(view.getId()).isEqualTo("embedded/ada-dream");
      assertThat(view.getDifference().getJointRmsRad()).isPositive();
      assertThat(view.getSteps()).isPositive();
    }
    assertThat(recording.declared.keySet())
        .containsExactlyInAnyOrder(
            "/ada-dream/joint_states",
            "/ada-dream/imu/data",
            "/ada-dream/odom",
            "/ada-dream/difference",
            "/ada-dream/robot_description");
    assertThat(recording.declared.values()).allMatch(StreamDeclaration::dream);
    for (var samples : recording.samples.values()) {
      for (int i = 0; i < samples.size(); i++) {
        assertThat(samples.get(i).sequence()).isEqualTo(i + 1);
      }
    }
    assertThat(recording.gone).hasSize(5);
    var joints =
        JointState.TYPE.decode(
            recording.samples.get("/ada-dream/joint_states").getLast().payload());
    assertThat(joints.name()).isEqualTo(NAMES);
    var odom = Odometry.TYPE.decode(recording.samples.get("/ada-dream/odom").getLast().payload());
    assertThat(odom.childFrameId()).isEqualTo("base_link");
    var difference =
        DiagnosticArray.TYPE.decode(
            recording.samples.get("/ada-dream/difference").getLast().payload());
    assertThat(difference.status().getFirst().name()).isEqualTo("ada-dream: difference");
  }
}
