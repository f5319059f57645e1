// Joint angles that bring a link to a place: damped least squares, step for step as tandem.proto.body.InverseKinematics
// does it in the twin, so that what is shown ahead is what the twin will choose. Any orientation of the tip will do.

import { IDENTITY, then, turned } from './figure.js';

const MAX_STEPS = 200;
const DAMPING = 0.02;
const MAX_STEP_RAD = 0.2;
const MAX_STEP_METERS = 0.1;
const TOLERANCE_METERS = 1e-4;

/** Below this the place counts as reached, m. */
export const REACHED_METERS = 1e-3;

/**
 * @param {Figure} figure
 * @param {string} link
 * @param {number[]} place in the root's frame, m
 * @param {Map<string, number>} start rad by joint; not modified
 * @param {(joint: object) => ?{lower: number, upper: number}} bounds of a joint, margin included; null: may not move
 * @returns {{positions: Map<string, number>, errorMeters: number}} of the moved joints
 */
export function solve(figure, link, place, start, bounds) {
  const chain = figure.chain(link);
  const moved = chain.filter((j) => j.type !== 'fixed' && !j.mimic && bounds(j));
  const limits = moved.map(bounds);
  const positions = new Map(start);
  const clamp = (i, value) => {
    const { lower, upper } = limits[i];
    return lower > upper ? (lower + upper) / 2 : Math.max(lower, Math.min(upper, value));
  };
  moved.forEach((j, i) => positions.set(j.name, clamp(i, positions.get(j.name) ?? 0)));
  const seen = () => {
    const tip = figure.pose(link, positions).p;
    return { positions: new Map(moved.map((j) => [j.name, positions.get(j.name)])), errorMeters: apart(tip, place), tip };
  };
  let now = seen();
  let best = now;
  for (let step = 0; step < MAX_STEPS && now.errorMeters > TOLERANCE_METERS; step++) {
    const scale = Math.min(1, MAX_STEP_METERS / now.errorMeters);
    const error = place.map((v, i) => (v - now.tip[i]) * scale);
    const columns = jacobian(figure, chain, moved, positions, now.tip);
    let change = leastSquares(columns, error, null);
    const stuck = moved.map((j, i) => change[i] !== 0 && clamp(i, positions.get(j.name) + change[i]) === positions.get(j.name));
    if (stuck.includes(true)) change = leastSquares(columns, error, stuck);
    moved.forEach((j, i) => {
      const by = Math.max(-MAX_STEP_RAD, Math.min(MAX_STEP_RAD, change[i]));
      positions.set(j.name, clamp(i, positions.get(j.name) + by));
    });
    now = seen();
    if (now.errorMeters < best.errorMeters) best = now;
  }
  return best;
}

export const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

// Columns: motion of the tip per unit of each moved joint.
function jacobian(figure, chain, moved, positions, tip) {
  const columns = moved.map(() => [0, 0, 0]);
  let frame = IDENTITY;
  for (const joint of chain) {
    const column = moved.indexOf(joint);
    if (column >= 0) {
      const before = then(frame, joint.origin);
      const axis = turned(before.r, joint.axis);
      if (joint.type === 'prismatic') columns[column] = axis;
      else {
        const [x, y, z] = tip.map((v, i) => v - before.p[i]);
        columns[column] = [axis[1] * z - axis[2] * y, axis[2] * x - axis[0] * z, axis[0] * y - axis[1] * x];
      }
    }
    frame = then(frame, figure.at(joint, positions));
  }
  return columns;
}

// J^T (J J^T + lambda^2 I)^-1 e, joints that are stuck taken out.
function leastSquares(columns, error, stuck) {
  const a = [0, 1, 2].map((r) => [0, 1, 2].map((c) => columns.reduce((sum, v, j) => sum + (stuck?.[j] ? 0 : v[r] * v[c]), r === c ? DAMPING * DAMPING : 0)).concat(error[r]));
  for (let p = 0; p < 3; p++) {
    let pivot = p;
    for (let r = p + 1; r < 3; r++) if (Math.abs(a[r][p]) > Math.abs(a[pivot][p])) pivot = r;
    [a[p], a[pivot]] = [a[pivot], a[p]];
    for (let r = p + 1; r < 3; r++) {
      const factor = a[r][p] / a[p][p];
      for (let c = p; c < 4; c++) a[r][c] -= factor * a[p][c];
    }
  }
  const y = [0, 0, 0];
  for (let r = 2; r >= 0; r--) y[r] = (a[r][3] - a[r].slice(r + 1, 3).reduce((sum, v, i) => sum + v * y[r + 1 + i], 0)) / a[r][r];
  return columns.map((v, j) => (stuck?.[j] ? 0 : v[0] * y[0] + v[1] * y[1] + v[2] * y[2]));
}
