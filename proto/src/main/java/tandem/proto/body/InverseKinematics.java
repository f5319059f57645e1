package tandem.proto.body;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Joint angles that bring a link to a pose, by damped least squares (Wampler 1986; Nakamura and
 * Hanafusa 1986): dq = J^T (J J^T + lambda^2 I)^-1 e, each step clipped, each joint kept inside its
 * limits, joints at a limit that would leave it taken out of the step.
 */
public final class InverseKinematics {
  private static final int MAX_STEPS = 200;
  private static final double DAMPING = 0.02;
  private static final double MAX_STEP_RAD = 0.2;
  private static final double MAX_STEP_METERS = 0.1;
  private static final double POSITION_TOLERANCE = 1e-4;
  private static final double ANGLE_TOLERANCE = 1e-3;

  private InverseKinematics() {}

  /**
   * The best angles that were found.
   *
   * @param positions of the moved joints only
   * @param errorMeters what is left
   * @param errorRad what is left; 0 where the orientation was free
   */
  public record Solution(Map<String, Double> positions, double errorMeters, double errorRad) {
    /** Whether the pose is met within 1 mm and, where asked for, 0.01 rad. */
    public boolean reached() {
      return errorMeters < 1e-3 && errorRad < 1e-2;
    }
  }

  /**
   * Solves for a link.
   *
   * @param target pose in the root's frame
   * @param withOrientation false: any orientation will do
   * @param start present positions by joint name; not modified
   * @param movable joints that may move; empty: all of the chain
   * @param marginRad kept away from each limit
   */
  public static Solution solve(
      Body body,
      String link,
      Pose target,
      boolean withOrientation,
      Map<String, Double> start,
      Set<String> movable,
      double marginRad) {
    var chain = body.chain(link);
    var moved = new ArrayList<Joint>();
    for (var joint : chain)
      if (joint.independent() && (movable.isEmpty() || movable.contains(joint.name())))
        moved.add(joint);
    var positions = new HashMap<>(start);
    for (var joint : moved)
      positions.put(
          joint.name(), clamp(joint, positions.getOrDefault(joint.name(), 0.0), marginRad));

    var best = evaluate(body, link, target, withOrientation, positions, moved);
    for (int step = 0; step < MAX_STEPS; step++) {
      double[] error = error(body.pose(link, positions), target, withOrientation);
      if (small(error)) break;
      limitStep(error);
      double[] change = step(body, chain, moved, link, positions, error, marginRad);
      for (int i = 0; i < moved.size(); i++) {
        var joint = moved.get(i);
        positions.put(
            joint.name(), clamp(joint, positions.get(joint.name()) + change[i], marginRad));
      }
      var now = evaluate(body, link, target, withOrientation, positions, moved);
      if (now.errorMeters() + 0.1 * now.errorRad() < best.errorMeters() + 0.1 * best.errorRad())
        best = now;
    }
    return best;
  }

  private static Solution evaluate(
      Body body,
      String link,
      Pose target,
      boolean withOrientation,
      Map<String, Double> positions,
      List<Joint> moved) {
    var pose = body.pose(link, positions);
    var result = new HashMap<String, Double>();
    for (var joint : moved) result.put(joint.name(), positions.get(joint.name()));
    return new Solution(
        Map.copyOf(result), pose.distanceTo(target), withOrientation ? pose.angleTo(target) : 0);
  }

  private static double[] error(Pose pose, Pose target, boolean withOrientation) {
    var error = new double[withOrientation ? 6 : 3];
    error[0] = target.x() - pose.x();
    error[1] = target.y() - pose.y();
    error[2] = target.z() - pose.z();
    if (withOrientation) System.arraycopy(pose.rotationTo(target), 0, error, 3, 3);
    return error;
  }

  private static boolean small(double[] error) {
    if (Math.sqrt(error[0] * error[0] + error[1] * error[1] + error[2] * error[2])
        > POSITION_TOLERANCE) return false;
    return error.length == 3
        || Math.sqrt(error[3] * error[3] + error[4] * error[4] + error[5] * error[5])
            <= ANGLE_TOLERANCE;
  }

  private static void limitStep(double[] error) {
    scale(error, 0, MAX_STEP_METERS);
    if (error.length == 6) scale(error, 3, 2 * MAX_STEP_RAD);
  }

  private static void scale(double[] v, int from, double most) {
    double n = Math.sqrt(v[from] * v[from] + v[from + 1] * v[from + 1] + v[from + 2] * v[from + 2]);
    if (n <= most) return;
    for (int i = from; i < from + 3; i++) v[i] *= most / n;
  }

  private static double[] step(
      Body body,
      List<Joint> chain,
      List<Joint> moved,
      String link,
      Map<String, Double> positions,
      double[] error,
      double marginRad) {
    double[][] jacobian = jacobian(body, chain, moved, link, positions, error.length);
    var change = leastSquares(jacobian, error, new boolean[moved.size()]);
    var stuck = new boolean[moved.size()];
    boolean any = false;
    for (int i = 0; i < change.length; i++) {
      double now = positions.get(moved.get(i).name());
      stuck[i] = clamp(moved.get(i), now + change[i], marginRad) == now && change[i] != 0;
      any |= stuck[i];
    }
    if (any) change = leastSquares(jacobian, error, stuck);
    for (int i = 0; i < change.length; i++)
      change[i] = Math.max(-MAX_STEP_RAD, Math.min(MAX_STEP_RAD, change[i]));
    return change;
  }

  /** Columns: motion of the link's origin (and its rotation) per unit of each moved joint. */
  private static double[][] jacobian(
      Body body,
      List<Joint> chain,
      List<Joint> moved,
      String link,
      Map<String, Double> positions,
      int rows) {
    var tip = body.pose(link, positions);
    var columns = new double[moved.size()][rows];
    var pose = Pose.IDENTITY;
    for (var joint : chain) {
      var frame = pose.then(joint.origin());
      int column = moved.indexOf(joint);
      if (column >= 0) {
        double[] axis = frame.rotate(joint.axisX(), joint.axisY(), joint.axisZ());
        if (joint.type() == Joint.Type.PRISMATIC) {
          System.arraycopy(axis, 0, columns[column], 0, 3);
        } else {
          double rx = tip.x() - frame.x(), ry = tip.y() - frame.y(), rz = tip.z() - frame.z();
          columns[column][0] = axis[1] * rz - axis[2] * ry;
          columns[column][1] = axis[2] * rx - axis[0] * rz;
          columns[column][2] = axis[0] * ry - axis[1] * rx;
          if (rows == 6) System.arraycopy(axis, 0, columns[column], 3, 3);
        }
      }
      pose = pose.then(joint.at(body.position(joint, positions)));
    }
    return columns;
  }

  private static double[] leastSquares(double[][] columns, double[] error, boolean[] stuck) {
    int rows = error.length;
    var a = new double[rows][rows + 1];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < rows; c++)
        for (int j = 0; j < columns.length; j++)
          if (!stuck[j]) a[r][c] += columns[j][r] * columns[j][c];
      a[r][r] += DAMPING * DAMPING;
      a[r][rows] = error[r];
    }
    double[] y = solve(a);
    var change = new double[columns.length];
    for (int j = 0; j < columns.length; j++)
      if (!stuck[j]) for (int r = 0; r < rows; r++) change[j] += columns[j][r] * y[r];
    return change;
  }

  /** Gaussian elimination with row pivoting; the matrix is positive definite by the damping. */
  private static double[] solve(double[][] a) {
    int n = a.length;
    for (int p = 0; p < n; p++) {
      int pivot = p;
      for (int r = p + 1; r < n; r++) if (Math.abs(a[r][p]) > Math.abs(a[pivot][p])) pivot = r;
      var row = a[p];
      a[p] = a[pivot];
      a[pivot] = row;
      for (int r = p + 1; r < n; r++) {
        double factor = a[r][p] / a[p][p];
        for (int c = p; c <= n; c++) a[r][c] -= factor * a[p][c];
      }
    }
    var x = new double[n];
    for (int r = n - 1; r >= 0; r--) {
      double sum = a[r][n];
      for (int c = r + 1; c < n; c++) sum -= a[r][c] * x[c];
      x[r] = sum / a[r][r];
    }
    return x;
  }

  private static double clamp(Joint joint, double position, double marginRad) {
    if (joint.limit() == null) return position;
    double low = joint.limit().lower() + marginRad, high = joint.limit().upper() - marginRad;
    if (low > high) return (low + high) / 2;
    return Math.max(low, Math.min(high, position));
  }
}
