// Commands of this page that are sent once. A command is a request of its own, answered or failed; none waits for a connection.

import { api } from './api.js';
import { store } from './store.js';

const GAP_MS = 150; // between two commands of this page

let lastSentMs = 0;

/** Keeps a short list of what was answered, newest first. */
export function note(level, words) {
  store.notes.unshift({ level, words, at: performance.now() });
  store.notes.length = Math.min(store.notes.length, 5);
}

/**
 * Sends one command; gives its view, or null where it was not sent or not answered.
 * @param {object} token the guard's time when it was wished for
 * @param {string} part of the body that it moves
 */
export async function command(request, token = store.current?.guardTime(), part = 'arms') {
  const why = store.whyNotFor(part);
  if (why) {
    note('bad', `not sent: ${why}`);
    return null;
  }
  const robot = store.selected;
  try {
    const view = await api.command(robot, { by: store.operator, expiresSeconds: 2, token, ...request });
    const good = ['accepted', 'sent', 'executing', 'done', 'created'].includes(view.state);
    note(good ? 'good' : 'bad', `${view.id} ${view.state}${view.why ? `: ${view.why}` : ''}`);
    return view;
  } catch (failure) {
    note('bad', failure.status === 0 ? `no answer (${failure.message}): see the command list for what became of it` : `not sent: ${failure.message}`);
    return null;
  }
}

let next = null;

// Targets are for the robot that was looked at: they do not go to another.
store.addEventListener('selected', () => {
  if (!next) return;
  clearTimeout(next.timer);
  next = null;
  note('bad', 'not sent: another robot was chosen');
});

/**
 * Sends joint targets, at most one command each 150 ms; targets set meanwhile go into the next one.
 * @param {Map<string, number>} targets rad
 */
export function sendJoints(targets, durationSeconds) {
  if (next) {
    for (const [joint, value] of targets) next.targets.set(joint, value);
    next.durationSeconds = durationSeconds;
    next.token = store.current?.guardTime();
    return;
  }
  next = { targets: new Map(targets), durationSeconds, token: store.current?.guardTime() };
  next.timer = setTimeout(() => {
    const { targets: joints, durationSeconds: seconds, token } = next;
    next = null;
    lastSentMs = performance.now();
    const robot = store.current;
    for (const [joint, value] of joints) robot?.commanded.set(joint, value);
    command(jointsOf(joints, seconds), token);
  }, Math.max(0, lastSentMs + GAP_MS - performance.now()));
}

/** A reach as it is sent and rehearsed. */
export const reachOf = (tip, frame, { x, y, z }, durationSeconds) => ({
  reach: { tip, frame, pose: { xMeters: x, yMeters: y, zMeters: z, qw: 1 }, withOrientation: false, durationSeconds },
});

/** Joint targets as they are sent and rehearsed. @param {Map<string, number>} targets rad */
export const jointsOf = (targets, durationSeconds) => ({
  joint: { targets: [...targets].map(([joint, positionRad]) => ({ joint, positionRad })), durationSeconds },
});

/** A place for the base as it is sent: m, rad. */
export const navigateOf = (frame, { x, y, yaw }, withinSeconds) => ({
  navigate: { frame, xMeters: x, yMeters: y, yawRad: yaw, withinSeconds },
});

export function sendReach(request) {
  store.current?.commanded.clear(); // the twin chooses the joints now
  return command(request);
}

/** Ends a command that is under way. */
export async function cancelCommand(id) {
  try {
    const view = await api.cancel(id, store.operator, 'cancelled at the console');
    note('good', `${id} ${view.state}`);
  } catch (failure) {
    note('bad', `${id} not cancelled: ${failure.message}`);
  }
}
