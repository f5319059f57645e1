package tandem.sim.body;

import java.util.Locale;
import java.util.SplittableRandom;
import tandem.sim.engine.EngineData;
import tandem.sim.engine.EngineException;
import tandem.sim.engine.EngineModel;
import tandem.sim.engine.StateField;

/**
 * Checks that a model from a file has the body that robot_description will claim: its sites must be
 * where our kinematics has them, in several postures. The scene may be anything.
 */
public final class ModelCheck {
  private static final double TOLERANCE = 1e-6;
  private static final int ROOT_QPOS = 7;

  private ModelCheck() {}

  /** {@link EngineException} says what differs. */
  public static void require(EngineModel model, Humanoid body, double stepSeconds) {
    int expected = ROOT_QPOS + body.joints().size();
    if (model.size(StateField.QPOS) != expected) {
      throw new EngineException(
          "model %s: expected %d positions (one free root, %d hinges), found %d; not simulated"
              .formatted(
                  model.name(), expected, body.joints().size(), model.size(StateField.QPOS)));
    }
    var kinematics = new Kinematics(body);
    var random = new SplittableRandom(1);
    try (EngineData data = model.newData()) {
      for (int round = 0; round < 3; round++) {
        var qpos = new double[expected];
        var angles = new double[body.joints().size()];
        qpos[2] = 1;
        qpos[3] = 1;
        for (int j = 0; j < angles.length; j++) {
          Joint joint = body.joints().get(j);
          angles[j] =
              joint.lowerRad() + random.nextDouble() * (joint.upperRad() - joint.lowerRad());
          qpos[ROOT_QPOS + j] = angles[j];
        }
        data.set(StateField.QPOS, qpos);
        data.forward();
        for (Frame frame : body.frames()) {
          Vec own = kinematics.framePose(frame, angles).position().plus(new Vec(0, 0, 1));
          var at = data.sensor(frame.name() + "_position", 3);
          double off = own.minus(new Vec(at.at(0), at.at(1), at.at(2))).norm();
          if (!(off < TOLERANCE)) {
            throw new EngineException(
                String.format(
                    Locale.ROOT,
                    "model %s: site %s is %.4f m from where the body has it; the scene may differ,"
                        + " the body may not; not simulated",
                    model.name(),
                    frame.name(),
                    off));
          }
        }
      }
      data.reset();
      data.step();
      double step = data.get(StateField.TIME)[0];
      if (Math.abs(step - stepSeconds) > 1e-9) {
        throw new EngineException(
            "model %s: timestep: expected %s s, found %s; not simulated"
                .formatted(model.name(), stepSeconds, step));
      }
    }
  }
}
