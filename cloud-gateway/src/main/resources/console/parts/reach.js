// A target for a hand: fields and a sphere to drag; sent only by the button.

import { el, fixed, flag, Part, text } from '../dom.js';
import { sendReach } from '../control.js';
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
    this.send = el('button.primary', { type: 'button', id: 'reach-send', onclick: () => this.go() }, 'Reach');
    this.none = el('p.quiet', {}, 'The profile names no tips.');
    this.inside = el('div', {},
      el('div.row', {}, el('label.field', {}, el('span', {}, 'tip'), this.tip),
        el('label.switch', { title: 'Shows the target in the 3D view, to be dragged' }, this.show, el('i'), el('span', {}, 'target'))),
      el('div.row.three', {}, ...['x', 'y', 'z'].map((n) => el('label.field', {}, el('span', {}, `${n}, m`), this.axes[n]))),
      el('div.row', {}, el('label.field.short', {}, el('span', {}, 'duration, s'), this.seconds), this.send, this.way));
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

  go() {
    const seconds = this.seconds.valueAsNumber;
    sendReach(store.reach.tip, store.current.profile.baseFrame || 'base_link', store.reach, Number.isFinite(seconds) && seconds > 0 ? seconds : 2);
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
    this.send.title = why ?? 'Sends this target as one command';
  }
}

const round = (v) => Math.round(v * 1000) / 1000;

customElements.define('tandem-reach', Reach);
