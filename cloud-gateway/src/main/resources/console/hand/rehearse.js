// Drive the dream first, then forward: a command is rehearsed on the ghost, its outcome shown, and the same command is
// sent to the robot with one confirmation. What was blocked, or began where the robot no longer is, is not sent.

import { rehearse as play } from '../body/rehearsal.js';
import { command, note } from '../control.js';
import { store } from '../store.js';
import { planOf } from './plan.js';

const MOVED_RAD = 0.05; // the robot may have moved so far since, in no joint more
const VALID_MS = 60_000;

let current = null; // {robot, request, words, result, startedMs}

/** Plays a command on the ghost. @param {string} words what it is, for people */
export function rehearse(request, words) {
  const robot = store.current;
  const plan = planOf(robot);
  if (!plan || plan.measured().size === 0) {
    note('bad', 'not rehearsed: the description or the measured posture is not known');
    return;
  }
  current = { robot: robot.name, plan, request, words, result: play(plan, request), startedMs: performance.now() };
}

export function discard() {
  current = null;
  if (store.preview?.level !== 'ahead') store.preview = null;
}

/** What is rehearsed, and how far it got; null: nothing. */
export function rehearsal(now = performance.now()) {
  if (!current || current.robot !== store.selected) return null;
  const t = (now - current.startedMs) / 1000;
  return { ...current, t, playing: t < current.result.endsAt };
}

/** Poses the ghost; called at each beat. */
export function playOn(now) {
  const r = rehearsal(now);
  if (!r) return;
  store.preview = { robot: r.robot, positions: r.result.at(Math.min(r.t, r.result.endsAt)), level: r.result.reached ? 'rehearsed' : 'blocked', until: Infinity };
}

/** Why the rehearsed command cannot be sent now; null: it can. */
export function whyNotForward(now = performance.now()) {
  const r = rehearsal(now);
  if (!r) return 'nothing was rehearsed';
  if (!r.result.reached) return `blocked: ${r.result.by}`;
  if (r.playing) return 'the rehearsal still runs';
  if (now - r.startedMs > VALID_MS) return 'rehearsed too long ago: rehearse again';
  const measured = r.plan.measured();
  for (const joint of r.result.to.keys())
    if (!(Math.abs(measured.get(joint) - r.result.from.get(joint)) <= MOVED_RAD)) return 'the robot has moved since: rehearse again';
  return store.whyNot;
}

/** The one confirmation: sends the very command that was rehearsed. */
export async function forward() {
  if (whyNotForward() !== null) return null;
  const { request, robot, result } = current;
  discard();
  const known = store.robots.get(robot);
  known.commanded.clear();
  if (request.joint) for (const [joint, value] of result.to) known.commanded.set(joint, value);
  return command(request);
}

store.addEventListener('selected', discard);
