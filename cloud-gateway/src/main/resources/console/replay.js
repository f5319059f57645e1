// Recorded time, played beside the live robot: the samples that the recorder kept, asked of the node (audit/playback), in a
// loop at half speed. It is never mixed with what is live: a ghost of its own, labelled, with the time it shows.

import { api } from './api.js';
import { store } from './store.js';

const SPEED = 0.5;
const REST_MS = 1500; // at the last posture, before it begins anew

/** Asks for a span and plays it until another is played or it is closed. @param {string} from ISO-8601, as to */
export async function play(robot, from, to) {
  const mine = { robot, from, to, state: 'loading', view: null, startedMs: 0, why: '' };
  store.replay = mine;
  try {
    const view = await api.playback(robot, from, to);
    if (view.postures.length === 0) throw new Error('nothing is recorded of that time');
    Object.assign(mine, { view, state: 'playing', startedMs: performance.now() });
  } catch (failure) {
    Object.assign(mine, { state: 'failed', why: failure.message });
  }
}

export function close() {
  store.replay = null;
}

/** The posture that is shown now: {robot, names, posture, at, beforeEndMs}; null: nothing is played. */
export function posture(now = performance.now()) {
  const r = store.replay;
  if (r?.state !== 'playing' || r.robot !== store.selected) return null;
  const { postures, names } = r.view;
  const start = Date.parse(postures[0].at);
  const end = Date.parse(r.to);
  const length = end - start;
  const t = Math.min(length, ((now - r.startedMs) % (length / SPEED + REST_MS)) * SPEED);
  let i = postures.length - 1;
  while (i > 0 && Date.parse(postures[i].at) - start > t) i--;
  const shown = postures[i];
  return { robot: r.robot, names, posture: shown, at: shown.at, beforeEndMs: end - Date.parse(shown.at) };
}

/** Follows the story: what it names is played once, and may be closed. */
export function followStory() {
  const span = store.story?.playback;
  if (!span || store.followed === span.from) return;
  store.followed = span.from;
  play(span.robot, span.from, span.to);
}
