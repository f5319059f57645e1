// A target for a hand: fields and a sphere to drag, rehearsed on the ghost or sent by a button; and the hand moved while
// a button is held. Whether the target can be reached is reckoned here, as the twin does.

import { el, fixed, flag, kind, Part, text } from '../dom.js';
import { reachOf, sendReach } from '../control.js';
import { ReachAim } from '../hand/aims.js';
import { holdButton } from '../hand/button.js';
import { planOf } from '../hand/plan.js';
import { rehearse } from '../hand/rehearse.js';
import { store } from '../store.js';

class Reach extends Part {
  build() {
    this.tip = el('select', { id: 'reach-tip', 'aria-label': 'Tip', onchange: () => this.start() });
    const axis = (name) => el('input', { id: `reach-${name}`, type: 'number', step: '0.01', min: '-3', max: '3', 'aria-label': `${name} in metres`,
      oninput: (e) => {
        const value = e.target.valueAsNumber;
        if (Number.isFinite(value)) store.reach[name] = value;
        store.reach.shown = true;
      } });
    this.axes = { x: axis('x'), y: axis('y'), z: axis('z') };
    this.seconds = el('input', { id: 'reach-seconds', type: 'number', min: '0.2', max: '30', step: '0.1', value: '2.0' });
    this.show = el('input', { type: 'checkbox', id: 'reach-show', onchange: () => this.toggle() });
    this.way = el('span.quiet');
    this.send = el('button.primary', { type: 'button', id: 'reach-send', onclick: () => sendReach(this.request()) }, 'Reach');
    this.rehearse = el('button', { type: 'button', id: 'reach-rehearse', title: 'Plays it on the ghost; nothing is sent', onclick: () => rehearse(this.request(), `reach of the ${store.reach.tip.replaceAll('_', ' ')}`) }, 'Rehearse');
    this.verdict = el('p.why', { id: 'reach-verdict', role: 'status' });
    this.jogs = [['forward', 'x', 0, 1], ['left', 'y', 1, 1], ['up', 'z', 2, 1], ['back', 'x', 0, -1], ['right', 'y', 1, -1], ['down', 'z', 2, -1]].map(([word, name, axis, sign]) =>
      holdButton('button.small.jog', { id: `jog-${word}`, 'aria-label': `Hold to move the hand ${word} (${sign < 0 ? '\u2212' : '+'}${name})` }, word, () => this.jog(axis, sign)));
    this.none = el('p.quiet', {}, 'The profile names no tips.');
    this.inside = el('div', {},
      el('div.row', {}, el('label.field', {}, el('span', {}, 'tip'), this.tip),
        el('label.switch', { title: 'Shows the target in the 3D view, to be dragged' }, this.show, el('i'), el('span', {}, 'target'))),
      el('div.row.three', {}, ...['x', 'y', 'z'].map((n) => el('label.field', {}, el('span', {}, `${n}, m`), this.axes[n]))),
      el('div.row', {}, el('label.field.short', {}, el('span', {}, 'duration, s'), this.seconds), this.rehearse, this.send, this.way),
      this.verdict, el('div.jogs', { role: 'group', 'aria-label': 'Hold to move the hand' }, ...this.jogs));
    this.append(el('h2', {}, 'Reach', el('span.quiet.frame', {}, '')), this.inside, this.none);
    this.frame = this.querySelector('.frame');
    store.addEventListener('selected', () => (this.tips = null));
  }

  toggle() {
    store.reach.shown = this.show.checked;
    if (this.show.checked) this.start();
  }

  // The target starts where the hand is.
  start() {
    store.reach.tip = this.tip.value;
    const at = window.tandemView?.tip(store.current?.profile?.tips[this.tip.value]);
    if (at) Object.assign(store.reach, { x: round(at.x), y: round(at.y), z: round(at.z) });
  }

  jog(axis, sign) {
    const direction = [0, 0, 0];
    direction[axis] = sign;
    return new ReachAim(store.reach.tip, direction);
  }

  request() {
    const seconds = this.seconds.valueAsNumber;
    return reachOf(store.reach.tip, store.current.profile.baseFrame || 'base_link', store.reach, Number.isFinite(seconds) && seconds > 0 ? seconds : 2);
  }

  // Can the target be reached from here? Asked when the target changes, not at each picture.
  judge() {
    const robot = store.current;
    const { tip, x, y, z, shown } = store.reach;
    const key = `${robot?.name} ${tip} ${x} ${y} ${z} ${shown}`;
    if (this.judged === key && performance.now() - this.judgedMs < 1000) return;
    this.judged = key;
    this.judgedMs = performance.now();
    const plan = shown ? planOf(robot) : null;
    const from = plan?.measured();
    const found = plan?.tipAt(tip, from) ? plan.reach(tip, [x, y, z], from) : null;
    const hit = found?.reached ? plan.collision(new Map([...from, ...found.positions]), plan.capsules.clearances(from)) : null;
    text(this.verdict, !found ? '' : !found.reached ? `Out of reach: the nearest posture is ${fixed(found.errorMeters * 100, 1)} cm away.` : hit ? `Self-collision there: ${hit}.` : 'Within reach.');
    kind(this.verdict, !found ? '' : found.reached && !hit ? 'good' : 'bad');
  }

  update() {
    const tips = Object.keys(store.current?.profile?.tips ?? {});
    flag(this.none, 'hidden', tips.length > 0);
    flag(this.inside, 'hidden', tips.length === 0);
    if (this.tips !== tips.join(' ')) {
      this.tips = tips.join(' ');
      this.tip.replaceChildren(...tips.map((t) => el('option', { value: t }, t.replaceAll('_', ' '))));
      store.reach.tip = tips[0] ?? null;
      store.reach.shown = false;
    }
    this.show.checked = store.reach.shown;
    for (const [name, input] of Object.entries(this.axes))
      if (document.activeElement !== input && input.valueAsNumber !== store.reach[name]) input.value = store.reach[name].toFixed(3);
    text(this.frame, store.current?.profile?.baseFrame ? `in ${store.current.profile.baseFrame}` : '');
    const at = store.reach.shown ? window.tandemView?.tip(store.current?.profile?.tips[store.reach.tip]) : null;
    text(this.way, at ? `${fixed(Math.hypot(at.x - store.reach.x, at.y - store.reach.y, at.z - store.reach.z) * 100, 1)} cm away` : '');
    const why = store.whyNot;
    this.send.disabled = why !== null;
    this.send.title = why ?? 'Sends this target as one command, without rehearsal';
    this.rehearse.disabled = !store.current?.urdf || !store.current.joints;
    for (const jog of this.jogs) jog.shut(why, 'Hold to move');
    this.judge();
  }
}

const round = (v) => Math.round(v * 1000) / 1000;

customElements.define('tandem-reach', Reach);
