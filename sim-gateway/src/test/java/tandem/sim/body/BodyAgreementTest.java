package tandem.sim.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import tandem.sim.Peers;
import tandem.sim.engine.EngineData;
import tandem.sim.engine.EngineModel;
import tandem.sim.engine.StateField;

/** One description, three users: the engine, the URDF and our own kinematics must agree. */
class BodyAgreementTest {
  private static final Humanoid BODY = Humanoid.standard();

  private static double[] randomAngles(SplittableRandom random) {
    return BODY.joints().stream()
        .mapToDouble(j -> j.lowerRad() + random.nextDouble() * (j.upperRad() - j.lowerRad()))
        .toArray();
  }

  @Test
  void shouldSayWhatElseCarriesIt() {
    var urdf = tandem.proto.body.Urdf.parse(Urdf.write(BODY, "a gantry, 90 % of the weight"));

    assertThat(urdf.assistance()).isEqualTo("a gantry, 90 % of the weight");
    assertThat(tandem.proto.body.Urdf.parse(Urdf.write(BODY)).assistance()).isEmpty();
  }

  @Test
  void shouldHaveTheShapeThatIsPromised() {
    assertThat(BODY.joints()).hasSize(27);
    assertThat(BODY.massKg()).isCloseTo(48, offset(0.05));
    assertThat(BODY.links()).hasSize(28);
    assertThat(new HashSet<>(BODY.links().stream().map(Link::name).toList())).hasSize(28);
  }

  @Test
  void shouldPutEveryLinkAndFrameOfTheUrdfWhereTheEngineHasIt() {
    var engine = Peers.engine();
    var urdf = tandem.proto.body.Urdf.parse(Urdf.write(BODY));
    var random = new SplittableRandom(11);
    try (EngineModel model = engine.compile("poses", Mjcf.write(BODY, Scene.empty(), 0.002, true));
        EngineData data = model.newData()) {
      for (int round = 0; round < 20; round++) {
        double[] angles = randomAngles(random);
        var named = new HashMap<String, Double>();
        for (int j = 0; j < angles.length; j++) named.put(BODY.joints().get(j).name(), angles[j]);
        Quat turn = Quat.rpy(0.4 * round, -0.3, 0.2 * round);
        Pose base = new Pose(new Vec(1, -2, 0.5 + round), turn);
        var qpos = new double[7 + angles.length];
        System.arraycopy(
            new double[] {1, -2, 0.5 + round, turn.w(), turn.x(), turn.y(), turn.z()},
            0,
            qpos,
            0,
            7);
        System.arraycopy(angles, 0, qpos, 7, angles.length);
        data.set(StateField.QPOS, qpos);
        data.forward();

        for (Link link : BODY.links()) {
          var found = urdf.pose(link.name(), named);
          compare(data, "pose_" + link.name(), base, found);
        }
        for (Frame frame : BODY.frames()) {
          compare(data, frame.name(), base, urdf.pose(frame.name(), named));
          Pose own = base.then(new Kinematics(BODY).framePose(frame, angles));
          var position = data.sensor(frame.name() + "_position", 3);
          assertThat(
                  own.position()
                      .minus(new Vec(position.at(0), position.at(1), position.at(2)))
                      .norm())
              .isLessThan(1e-9);
        }
      }
    }
  }

  private static void compare(
      EngineData data, String sensor, Pose base, tandem.proto.body.Pose inBase) {
    Pose urdf =
        base.then(
            new Pose(
                new Vec(inBase.x(), inBase.y(), inBase.z()),
                new Quat(inBase.qw(), inBase.qx(), inBase.qy(), inBase.qz())));
    var position = data.sensor(sensor + "_position", 3);
    var orientation = data.sensor(sensor + "_orientation", 4);
    var engine =
        new Pose(
            new Vec(position.at(0), position.at(1), position.at(2)),
            new Quat(orientation.at(0), orientation.at(1), orientation.at(2), orientation.at(3)));
    assertThat(urdf.position().minus(engine.position()).norm()).as(sensor).isLessThan(1e-9);
    assertThat(urdf.orientation().times(engine.orientation().inverse()).rotationVector().norm())
        .as(sensor)
        .isLessThan(1e-7);
  }

  @Test
  void shouldCarryTheSameMassAndLimitsInTheUrdf() {
    var urdf = tandem.proto.body.Urdf.parse(Urdf.write(BODY));

    for (Joint joint : BODY.joints()) {
      var limit = urdf.joint(joint.name()).limit();
      assertThat(limit.lower()).isEqualTo(joint.lowerRad());
      assertThat(limit.upper()).isEqualTo(joint.upperRad());
      assertThat(limit.velocity()).isEqualTo(joint.velocityRadPerSec());
      assertThat(limit.effort()).isEqualTo(joint.effortNm());
    }
    assertThat(urdf.root()).isEqualTo("base_link");
  }

  @Test
  void shouldFindAnglesThatBringAHandToAPlaceItCanReach() {
    var kinematics = new Kinematics(BODY);
    var random = new SplittableRandom(4);
    double[] stand = tandem.sim.control.Stance.STAND.angles(BODY);
    int solved = 0;
    for (int i = 0; i < 200; i++) {
      double[] there = stand.clone();
      double[] any = randomAngles(random);
      for (int j = 0; j < there.length; j++) {
        if (BODY.joints().get(j).part() == Joint.Part.LEFT_ARM) there[j] = any[j];
      }
      Frame hand = BODY.frame("l_gripper");
      Pose target = kinematics.framePose(hand, there);

      var solution =
          kinematics.reach(hand, Joint.Part.LEFT_ARM, stand, target.position(), Optional.empty());

      Pose reached = kinematics.framePose(hand, solution.anglesRad());
      assertThat(reached.position().minus(target.position()).norm())
          .isCloseTo(solution.positionError(), offset(1e-9));
      for (int j = 0; j < there.length; j++) {
        Joint joint = BODY.joints().get(j);
        if (joint.part() != Joint.Part.LEFT_ARM)
          assertThat(solution.anglesRad()[j]).isEqualTo(stand[j]);
        assertThat(solution.anglesRad()[j]).isBetween(joint.lowerRad(), joint.upperRad());
      }
      if (solution.positionError() < 1e-3) solved++;
    }
    assertThat(solved).isGreaterThan(190);
  }

  @Test
  void shouldGiveTheSameSceneForTheSameSeedAndKeepTheRobotsPlaceClear() {
    assertThat(Scene.rubble(7, 60))
        .isEqualTo(Scene.rubble(7, 60))
        .isNotEqualTo(Scene.rubble(8, 60));
    for (Solid solid : Scene.rubble(7, 60).solids()) {
      if (solid.shape() instanceof Shape.Box(double x, double y, double z)
          && Math.max(x, Math.max(y, z)) < 0.5) {
        double near = Math.hypot(solid.at().position().x(), solid.at().position().y());
        assertThat(near - Math.sqrt(x * x + y * y + z * z) / 2)
            .isGreaterThan(Scene.CLEAR_RADIUS - 1e-9);
      }
    }
  }
}
