// The base pad: a square to push the base over the ground and a bar to turn it, moving while held. Arrow keys (and Home,
// End to turn) do the same where the pad has the focus.

import { el, flag } from '../dom.js';
import { VelocityAim } from './aims.js';
import { hand } from './hand.js';

const ARROWS = { ArrowUp: [1, 0, 0], ArrowDown: [-1, 0, 0], ArrowLeft: [0, 1, 0], ArrowRight: [0, -1, 0], Home: [0, 0, 1], End: [0, 0, -1] };

/** @param {boolean} turns the bar that turns, or the square that pushes */
export function basePad(turns) {
  const source = turns ? 'turn bar' : 'base pad';
  const knob = el('i.knob');
  const pad = el(turns ? 'div.pad.turn' : 'div.pad.push', {
    id: turns ? 'base-turn' : 'base-pad', tabindex: '0', role: 'application',
    'aria-label': turns ? 'Turn the base: hold and push left or right; keys Home and End' : 'Push the base: hold and push; arrow keys',
  }, knob);
  const down = new Set();
  let pointer = null;
  const show = (x, y) => (knob.style.translate = `${x * 50}% ${y * 50}%`);
  const steer = (direction) => {
    if (hand.holds(source)) hand.grip.aim.direction = direction;
    show(-direction[turns ? 2 : 1] * 1.6, -direction[0] * 1.6);
  };
  const begin = () => pad.getAttribute('aria-disabled') !== 'true' && hand.take(source, new VelocityAim());
  const end = () => {
    pointer = null;
    down.clear();
    steer([0, 0, 0]);
    hand.drop(source);
  };
  const at = (event) => {
    const box = pad.getBoundingClientRect();
    const along = (value, from, size) => Math.max(-1, Math.min(1, ((value - from) / size) * 2 - 1));
    const [x, y] = [along(event.clientX, box.left, box.width), along(event.clientY, box.top, box.height)];
    steer(turns ? [0, 0, -x] : [-y, -x, 0]);
  };
  pad.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || pointer !== null) return;
    pointer = event.pointerId;
    pad.setPointerCapture(pointer);
    if (begin()) at(event);
  });
  pad.addEventListener('pointermove', (event) => event.pointerId === pointer && hand.holds(source) && at(event));
  for (const kind of ['pointerup', 'pointercancel', 'lostpointercapture'])
    pad.addEventListener(kind, (event) => event.pointerId === pointer && end());
  const keyed = () => steer([...down].map((k) => ARROWS[k]).reduce((a, b) => a.map((v, i) => v + b[i]), [0, 0, 0]));
  pad.addEventListener('keydown', (event) => {
    if (!ARROWS[event.key]) return;
    event.preventDefault();
    if (event.repeat || down.has(event.key)) return;
    down.add(event.key);
    if (hand.holds(source) || begin()) keyed();
  });
  pad.addEventListener('keyup', (event) => {
    if (!down.delete(event.key)) return;
    if (down.size === 0) end();
    else if (hand.holds(source)) keyed();
  });
  pad.addEventListener('blur', end);
  pad.shut = (why) => {
    const shut = String(why !== null);
    if (pad.getAttribute('aria-disabled') !== shut) pad.setAttribute('aria-disabled', shut);
    const title = why ?? 'Hold and push; let go to stop';
    if (pad.title !== title) pad.title = title;
    if (!hand.holds(source)) show(0, 0);
    flag(pad, 'data-held', hand.holds(source));
  };
  return pad;
}
