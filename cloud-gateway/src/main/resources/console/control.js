// Lease and commands of this page. A command is a request of its own, answered or failed; none waits for a connection.

import { api } from './api.js';
import { store } from './store.js';

const KEEPALIVE_MS = 1000;
const LEASE_SECONDS = 4; // outlives one lost keep-alive, not three
const GAP_MS = 150; // between two commands of this page

const GRANT_MS = 3000; // a grant is complete when the guard has it

let lastSentMs = 0;
let askedAt = 0;

/** Keeps a short list of what was answered, newest first. */
export function note(level, words) {
  store.notes.unshift({ level, words, at: performance.now() });
  store.notes.length = Math.min(store.notes.length, 5);
}

export async function lease(action, reason = '') {
  const robot = store.selected;
  try {
    const view = await api.lease(robot, { action, by: store.operator, forSeconds: LEASE_SECONDS, reason });
    adopt(robot, view);
    if (action === 'release') store.holding = null;
    else {
      store.holding = robot;
      askedAt = performance.now();
    }
    store.leaseNote = '';
  } catch (failure) {
    store.leaseNote = failure.message;
  }
}

function adopt(robot, lease) {
  const known = store.robots.get(robot);
  if (known?.view) known.view = { ...known.view, lease };
}

/** While this page holds a lease it says so every second; without it the lease lapses by itself. */
export function keepLease() {
  setInterval(async () => {
    const robot = store.holding;
    if (!robot || !store.online) return;
    try {
      const view = await api.lease(robot, { action: 'keepalive', by: store.operator, forSeconds: LEASE_SECONDS });
      adopt(robot, view);
      const pending = view.holder === null && performance.now() - askedAt < GRANT_MS;
      if (view.holder !== store.operator && store.holding === robot && !pending) lose(robot, view.holder && `now with ${view.holder}`);
    } catch (failure) {
      const pending = performance.now() - askedAt < GRANT_MS;
      if (failure.status === 409 && store.holding === robot && !pending) lose(robot, failure.message);
    }
  }, KEEPALIVE_MS);
  window.addEventListener('pagehide', () => {
    if (store.holding) api.leaveLease(store.holding, store.operator).catch(() => undefined);
  });
}

function lose(robot, why) {
  store.holding = null;
  store.leaseNote = `lease of ${robot} lost: ${why ?? 'expired'}`;
}

async function command(request) {
  const why = store.whyNot;
  if (why) {
    note('bad', `not sent: ${why}`);
    return null;
  }
  const robot = store.selected;
  try {
    const view = await api.command(robot, { by: store.operator, expiresSeconds: 2, ...request });
    const good = ['accepted', 'sent', 'executing', 'done', 'created'].includes(view.state);
    note(good ? 'good' : 'bad', `${view.id} ${view.state}${view.why ? `: ${view.why}` : ''}`);
    return view;
  } catch (failure) {
    note('bad', failure.status === 0 ? `no answer (${failure.message}): see the command list for what became of it` : `not sent: ${failure.message}`);
    return null;
  }
}

let next = null;

/**
 * Sends joint targets, at most one command each 150 ms; targets set meanwhile go into the next one.
 * @param {Map<string, number>} targets rad
 */
export function sendJoints(targets, durationSeconds) {
  if (next) {
    for (const [joint, value] of targets) next.targets.set(joint, value);
    next.durationSeconds = durationSeconds;
    return;
  }
  next = { targets: new Map(targets), durationSeconds };
  setTimeout(() => {
    const { targets: joints, durationSeconds: seconds } = next;
    next = null;
    lastSentMs = performance.now();
    const robot = store.current;
    for (const [joint, value] of joints) robot?.commanded.set(joint, value);
    command({ joint: { targets: [...joints].map(([joint, positionRad]) => ({ joint, positionRad })), durationSeconds: seconds } });
  }, Math.max(0, lastSentMs + GAP_MS - performance.now()));
}

export function sendReach(tip, frame, { x, y, z }, durationSeconds) {
  store.current?.commanded.clear(); // the twin chooses the joints now
  return command({
    reach: { tip, frame, pose: { xMeters: x, yMeters: y, zMeters: z, qw: 1 }, withOrientation: false, durationSeconds },
  });
}
