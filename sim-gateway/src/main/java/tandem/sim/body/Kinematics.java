package tandem.sim.body;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Forward and inverse kinematics of a {@link Humanoid}, relative to its root. Immutable and pure.
 *
 * <p>Angles are arrays in the body's joint order, rad; never kept, never modified.
 */
public final class Kinematics {
  /** Damping of the least squares, m per rad (Nakamura and Hanafusa 1986). */
  private static final double DAMPING = 4e-3;

  private static final int MAX_ITERATIONS = 200;
  private static final double CONVERGED = 1e-5;
  private static final double MAX_STEP_RAD = 0.2;
  private static final double ORIENTATION_GAIN = 0.3;

  private final Humanoid body;
  private final int[] parentLink;
  private final int[] jointOfLink;
  private final Map<String, Integer> linkIndex = new HashMap<>();

  public Kinematics(Humanoid body) {
    this.body = body;
    int n = body.links().size();
    parentLink = new int[n];
    jointOfLink = new int[n];
    Arrays.fill(parentLink, -1);
    Arrays.fill(jointOfLink, -1);
    for (int i = 0; i < n; i++) linkIndex.put(body.links().get(i).name(), i);
    for (int j = 0; j < body.joints().size(); j++) {
      int child = linkIndex.get(body.joints().get(j).child());
      parentLink[child] = linkIndex.get(body.joints().get(j).parent());
      jointOfLink[child] = j;
    }
  }

  /** Pose of each link, in the order of the body's links, in the root's frame. */
  public List<Pose> linkPoses(double[] anglesRad) {
    var poses = new ArrayList<Pose>();
    for (int i = 0; i < parentLink.length; i++) {
      if (jointOfLink[i] < 0) {
        poses.add(Pose.IDENTITY);
      } else {
        Joint joint = body.joints().get(jointOfLink[i]);
        poses.add(poses.get(parentLink[i]).then(joint.at(anglesRad[jointOfLink[i]])));
      }
    }
    return poses;
  }

  /** Pose of a fixed frame in the root's frame. */
  public Pose framePose(Frame frame, double[] anglesRad) {
    Pose pose = frame.at();
    for (int i = linkIndex.get(frame.link()); jointOfLink[i] >= 0; i = parentLink[i]) {
      pose = body.joints().get(jointOfLink[i]).at(anglesRad[jointOfLink[i]]).then(pose);
    }
    return pose;
  }

  /**
   * What a search for angles found.
   *
   * @param anglesRad all joints; those outside the part are as they were
   * @param positionError distance left, m
   * @param orientationError angle left, rad; 0 where no orientation was asked for
   */
  public record Solution(double[] anglesRad, double positionError, double orientationError) {}

  /**
   * Angles of one part that bring a frame to a place: damped least squares on the geometric
   * Jacobian. Position comes first; an orientation is approached as far as the position leaves
   * freedom (null space). From several starts; the best is returned, however far off it is.
   */
  public Solution reach(
      Frame tip, Joint.Part part, double[] fromRad, Vec target, Optional<Quat> orientation) {
    int[] chain = chain(part);
    Solution best = descend(tip, chain, fromRad, target, orientation);
    for (double bias : new double[] {0.5, 0.25, 0.75}) {
      if (best.positionError() < 1e-3) return best;
      double[] start = fromRad.clone();
      for (int j : chain) {
        Joint joint = body.joints().get(j);
        start[j] = joint.lowerRad() + bias * (joint.upperRad() - joint.lowerRad());
      }
      Solution other = descend(tip, chain, start, target, orientation);
      if (other.positionError() < best.positionError() - 1e-4) best = other;
    }
    if (best.positionError() >= 1e-3 && orientation.isPresent()) {
      Solution free = reach(tip, part, fromRad, target, Optional.empty());
      if (free.positionError() < best.positionError()) return free;
    }
    return best;
  }

  private int[] chain(Joint.Part part) {
    return java.util.stream.IntStream.range(0, body.joints().size())
        .filter(j -> body.joints().get(j).part() == part)
        .toArray();
  }

  private Solution descend(
      Frame tip, int[] chain, double[] from, Vec target, Optional<Quat> orientation) {
    double[] q = from.clone();
    int n = chain.length;
    for (int iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
      Pose now = framePose(tip, q);
      Vec error = target.minus(now.position());
      Vec turn =
          orientation
              .map(o -> o.times(now.orientation().inverse()).rotationVector())
              .orElse(Vec.ZERO);
      if (error.norm() < CONVERGED && (orientation.isEmpty() || iteration > MAX_ITERATIONS / 2)) {
        break;
      }
      var linear = new Vec[n];
      var angular = new Vec[n];
      List<Pose> links = linkPoses(q);
      for (int c = 0; c < n; c++) {
        Joint joint = body.joints().get(chain[c]);
        Pose child = links.get(linkIndex.get(joint.child()));
        angular[c] = child.orientation().apply(joint.axis());
        linear[c] = angular[c].cross(now.position().minus(child.position()));
      }
      // dq = J+ e + (I - J+ J) g, with J+ = J^T (J J^T + d^2 I)^-1 and g towards the orientation.
      double[][] inverse = invert(gram(linear));
      double[] secondary = new double[n];
      for (int c = 0; c < n; c++) secondary[c] = ORIENTATION_GAIN * angular[c].dot(turn);
      Vec drift = Vec.ZERO;
      for (int c = 0; c < n; c++) drift = drift.plus(linear[c].times(secondary[c]));
      Vec y = multiply(inverse, error.minus(drift));
      for (int c = 0; c < n; c++) {
        Joint joint = body.joints().get(chain[c]);
        double dq = linear[c].dot(y) + secondary[c];
        q[chain[c]] =
            Math.clamp(
                q[chain[c]] + Math.clamp(dq, -MAX_STEP_RAD, MAX_STEP_RAD),
                joint.lowerRad(),
                joint.upperRad());
      }
    }
    Pose reached = framePose(tip, q);
    return new Solution(
        q,
        target.minus(reached.position()).norm(),
        orientation
            .map(o -> o.times(reached.orientation().inverse()).rotationVector().norm())
            .orElse(0.0));
  }

  private static double[][] gram(Vec[] columns) {
    var m = new double[3][3];
    for (Vec c : columns) {
      double[] v = {c.x(), c.y(), c.z()};
      for (int i = 0; i < 3; i++) for (int k = 0; k < 3; k++) m[i][k] += v[i] * v[k];
    }
    for (int i = 0; i < 3; i++) m[i][i] += DAMPING * DAMPING;
    return m;
  }

  private static double[][] invert(double[][] m) {
    var r = new double[3][3];
    double det = 0;
    for (int i = 0; i < 3; i++) {
      int a = (i + 1) % 3;
      int b = (i + 2) % 3;
      det += m[0][i] * (m[1][a] * m[2][b] - m[1][b] * m[2][a]);
    }
    for (int i = 0; i < 3; i++) {
      for (int k = 0; k < 3; k++) {
        int a = (i + 1) % 3;
        int b = (i + 2) % 3;
        int c = (k + 1) % 3;
        int d = (k + 2) % 3;
        r[k][i] = (m[a][c] * m[b][d] - m[a][d] * m[b][c]) / det;
      }
    }
    return r;
  }

  private static Vec multiply(double[][] m, Vec v) {
    return new Vec(
        m[0][0] * v.x() + m[0][1] * v.y() + m[0][2] * v.z(),
        m[1][0] * v.x() + m[1][1] * v.y() + m[1][2] * v.z(),
        m[2][0] * v.x() + m[2][1] * v.y() + m[2][2] * v.z());
  }
}
