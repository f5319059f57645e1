// A command played on the ghost before it is sent: from the measured posture to the goal along the cubic that the guard
// sends (3 s^2 - 2 s^3), with limits of position, speed and acceleration, reach and self-collision. Kinematics only:
// balance, loads and the world around are not in it, and the words say so.

import { plain } from '../dom.js';

const STEP_SECONDS = 0.04;
const MAX_STEPS = 400;
const STILL_RAD = 1e-4;

/**
 * @param {Plan} plan of hand/plan.js
 * @param {object} request the command as it would be sent: {joint} or {reach}, durationSeconds in it
 * @returns {{reached: boolean, by: ?string, seconds: number, endsAt: number, from: Map, at: (seconds: number) => Map}}
 *   by: what blocks it; endsAt: seconds from the start to where it is blocked, else to the goal
 */
export function rehearse(plan, request) {
  const from = plan.measured();
  const goal = request.joint ?? request.reach;
  const seconds = goal.durationSeconds;
  const aim = request.joint ? new Map(request.joint.targets.map((t) => [t.joint, t.positionRad])) : null;
  const found = aim ? null : plan.reach(request.reach.tip, placeOf(request.reach.pose), from);
  const to = aim ?? found.positions;
  const at = (t) => {
    const s = seconds > 0 ? Math.max(0, Math.min(1, t / seconds)) : 1;
    const share = s * s * (3 - 2 * s);
    const posture = new Map(from);
    for (const [joint, target] of to) posture.set(joint, (from.get(joint) ?? target) + (target - (from.get(joint) ?? target)) * share);
    return posture;
  };
  const result = { seconds, from, to, at, endsAt: seconds, reached: true, by: null };
  const blocked = (by, endsAt) => ({ ...result, reached: false, by, endsAt });
  if (found && !found.reached) return blocked(`out of reach: the nearest posture is ${(found.errorMeters * 100).toFixed(1)} cm away`, seconds);
  for (const [joint, target] of to) {
    const why = beyond(plan, joint, target, from.get(joint), seconds);
    if (why) return blocked(why, 0);
  }
  const start = plan.capsules.clearances(from);
  const steps = Math.min(MAX_STEPS, Math.max(2, Math.ceil(seconds / STEP_SECONDS)));
  for (let i = 1; i <= steps; i++) {
    const t = (seconds * i) / steps;
    const hit = plan.collision(at(t), start);
    if (hit) return blocked(`self-collision: ${hit}, after ${t.toFixed(1)} s`, t);
  }
  return result;
}

// Peak speed 1.5 |dq| / T and peak acceleration 6 |dq| / T^2 of the cubic.
function beyond(plan, joint, target, from, seconds) {
  const limit = plan.bounds(joint);
  if (!limit) return `${plain(joint)}: no limits known`;
  if (!Number.isFinite(from)) return `${plain(joint)}: not measured`;
  const way = Math.abs(target - from);
  if (way < STILL_RAD) return null;
  if (target < limit.lower || target > limit.upper)
    return `limit of ${plain(joint)}: ${target.toFixed(2)} rad, allowed ${limit.lower.toFixed(2)} to ${limit.upper.toFixed(2)}`;
  const least = Math.max(limit.velocity ? (1.5 * way) / limit.velocity : 0, limit.acceleration ? Math.sqrt((6 * way) / limit.acceleration) : 0);
  return seconds < least ? `${plain(joint)} too fast: it takes at least ${(Math.ceil(least * 10) / 10).toFixed(1)} s` : null;
}

const placeOf = (pose) => [pose.xMeters, pose.yMeters, pose.zMeters];
