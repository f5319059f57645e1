// Keys that move while they are held. Off until switched on; never while text is typed. What was down when a rule ended
// a hold has to be let go and pressed again: only a key that was up counts as pressed, repeats never do.

import { store } from '../store.js';
import { JointAim, ReachAim, VelocityAim } from './aims.js';
import { hand } from './hand.js';

export const SOURCE = 'keyboard';

/** code -> what it drives, along which axis, with which sign. */
const KEYS = {
  KeyW: ['velocity', 0, 1], KeyS: ['velocity', 0, -1], KeyA: ['velocity', 1, 1], KeyD: ['velocity', 1, -1],
  KeyQ: ['velocity', 2, 1], KeyE: ['velocity', 2, -1],
  KeyI: ['reach', 0, 1], KeyK: ['reach', 0, -1], KeyJ: ['reach', 1, 1], KeyL: ['reach', 1, -1],
  KeyU: ['reach', 2, 1], KeyO: ['reach', 2, -1],
  KeyM: ['joint', 0, 1], KeyN: ['joint', 0, -1],
};

/** The table on the screen: keys, what they do. */
export const TABLE = {
  velocity: [['W', 'S', 'base forward, back'], ['A', 'D', 'base left, right'], ['Q', 'E', 'turn left, right']],
  reach: [['I', 'K', 'hand forward, back'], ['J', 'L', 'hand left, right'], ['U', 'O', 'hand up, down']],
  joint: [['N', 'M', 'joint \u2212, +']],
};

const down = new Map(); // code -> does it count: only what was pressed in this hold does
export const keys = { on: false, down };

const typing = (target) =>
  target instanceof HTMLElement && (target.isContentEditable || target.closest('textarea, select, dialog, input:not([type=range], [type=checkbox])'));

function aimOf(kind) {
  if (kind === 'velocity') return new VelocityAim();
  if (kind === 'reach') return store.reach.tip ? new ReachAim(store.reach.tip) : null;
  return store.jogJoint ? new JointAim(store.jogJoint) : null;
}

const live = (kind) => [...down].filter(([code, counts]) => counts && KEYS[code][0] === kind).map(([code]) => KEYS[code]);

function steer() {
  const aim = hand.grip.aim;
  const along = [0, 0, 0];
  for (const [, axis, sign] of live(aim.kind)) along[axis] += sign;
  aim.direction = aim.kind === 'joint' ? along[0] : along;
}

function pressed(event) {
  const key = KEYS[event.code];
  if (!keys.on || !key || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  event.preventDefault();
  if (event.repeat || down.has(event.code)) return;
  if (!hand.holds(SOURCE)) {
    for (const code of down.keys()) down.set(code, false);
    const aim = aimOf(key[0]);
    down.set(event.code, Boolean(aim && hand.take(SOURCE, aim)));
  } else down.set(event.code, hand.grip.aim.kind === key[0]);
  if (hand.holds(SOURCE)) steer();
}

function released(event) {
  if (!down.delete(event.code) || !hand.holds(SOURCE)) return;
  steer();
  if (live(hand.grip.aim.kind).length === 0) hand.drop(SOURCE);
}

/** Keys move from now on, or no longer. */
export function switchKeys(on) {
  keys.on = on;
  if (!on) hand.lapse(SOURCE, 'the keyboard was switched off');
}

export function startKeys() {
  window.addEventListener('keydown', pressed);
  window.addEventListener('keyup', released);
}
