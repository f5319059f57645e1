// Gamepads: moving while the dead-man button is held. Read at each beat of the hand, so that a pad plugged in late
// is found and one that is pulled out lets go at the next beat. The first that holds the dead man wins until it lets go.

import { pressStop } from '../stop.js';
import { touched } from '../presence.js';
import { store } from '../store.js';
import { ReachAim, VelocityAim, whyNoVelocity } from './aims.js';
import { hand } from './hand.js';

export const DEAD_ZONE = 0.15;
const BUTTON = { stop: 1, next: 3, deadMan: 5 }; // standard mapping: B, Y, right shoulder

/** The table on the screen. */
export const MAPPING = [
  ['right shoulder (R1)', 'dead man: hold it to move'],
  ['left stick', { velocity: 'base forward, left', reach: 'hand forward, left' }],
  ['right stick', { velocity: 'turn', reach: 'hand up, down' }],
  ['upper button (Y)', 'next: base, each hand'],
  ['right button (B)', 'software stop'],
];

export const pads = { list: [], drives: 'base', note: null };
const known = new Map(); // index -> {id, buttons: pressed before}

/** What the sticks can drive: the base where it can be driven, and each tip of the profile. */
export function choices(robot = store.current) {
  return [...(whyNoVelocity(robot) ? [] : ['base']), ...Object.keys(robot?.profile?.tips ?? {})];
}

const sourceOf = (pad) => `gamepad ${pad.index + 1}`;

/** An axis without its dead zone, stretched to -1..1 again. */
export function live(value) {
  const size = Math.abs(value);
  return size < DEAD_ZONE ? 0 : Math.sign(value) * Math.min(1, (size - DEAD_ZONE) / (1 - DEAD_ZONE));
}

function next() {
  const all = choices();
  if (all.length) pads.drives = all[(all.indexOf(pads.drives) + 1) % all.length];
}

/** Reads all pads once. */
export function poll() {
  const found = new Map();
  for (const pad of navigator.getGamepads?.() ?? []) if (pad?.connected) found.set(pad.index, pad);
  for (const [index, was] of known)
    if (found.get(index)?.id !== was.id) gone(index, was);
  if (!choices().includes(pads.drives)) pads.drives = choices()[0] ?? null;
  pads.list = [...found.values()].map(read);
}

function gone(index, was) {
  known.delete(index);
  const source = `gamepad ${index + 1}`;
  pads.note = `gamepad ${index + 1} unplugged`;
  if (hand.holds(source)) hand.lapse(source, `gamepad unplugged (${short(was.id)})`);
}

const short = (id) => id.replace(/\s*\(.*$/, '').slice(0, 40);

function read(pad) {
  const now = pad.buttons.map((b) => b.pressed);
  const was = known.get(pad.index)?.buttons;
  known.set(pad.index, { id: pad.id, buttons: now });
  const source = sourceOf(pad);
  // A button held when the pad is first seen was not pressed for us.
  const edge = (button) => Boolean(was && now[button] && !was[button]);
  if (!was) pads.note = null;
  else if (now.some((b, i) => b !== was[i])) touched();
  if (edge(BUTTON.stop)) pressStop();
  if (edge(BUTTON.next) && !hand.grip) next();
  if (edge(BUTTON.deadMan) && pads.drives) hand.take(source, pads.drives === 'base' ? new VelocityAim() : new ReachAim(pads.drives));
  if (hand.holds(source)) {
    if (now[BUTTON.deadMan]) steer(hand.grip.aim, pad.axes);
    else hand.drop(source);
  }
  return { index: pad.index, name: short(pad.id), pressed: now.flatMap((b, i) => (b ? [i] : [])), axes: pad.axes.map(live), holds: hand.holds(source), deadMan: Boolean(now[BUTTON.deadMan]) };
}

// Sticks: right and down are positive; ROS: forward and left are.
function steer(aim, axes) {
  const [x, y, rx, ry] = [0, 1, 2, 3].map((i) => live(axes[i] ?? 0));
  aim.direction = aim.kind === 'velocity' ? [-y, -x, -rx] : [-y, -x, -ry];
}
