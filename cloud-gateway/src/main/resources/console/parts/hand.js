// Hold-to-move, by whatever is at hand: how fast, keys, base pad, gamepads, VR hands. Each says why where it cannot.

import { el, flag, keyed, kind, Part, plain, text } from '../dom.js';
import { whyNoVelocity } from '../hand/aims.js';
import { DEAD_ZONE, MAPPING, pads } from '../hand/gamepad.js';
import { hand } from '../hand/hand.js';
import { keys, switchKeys, TABLE } from '../hand/keys.js';
import { basePad } from '../hand/pad.js';
import { CHOICES } from '../hand/speed.js';
import { enter, xr } from '../hand/xr.js';
import { store } from '../store.js';

class HandPanel extends Part {
  build() {
    this.chip = el('span.chip');
    this.share = el('select', { id: 'hand-share', 'aria-label': 'Speed of held controls', onchange: () => (hand.share = Number(this.share.value)) },
      ...CHOICES.map(([word, share]) => el('option', { value: share, selected: share === hand.share }, word)));
    this.why = el('p.quiet.why', { id: 'hand-why' });
    this.append(el('h2', {}, 'Hold to move', this.chip, el('label.inline', {}, el('span', {}, 'speed'), this.share)), this.why, this.#base(), this.#keys(), this.#pads(), this.#vr());
  }

  #base() {
    this.push = basePad(false);
    this.turn = basePad(true);
    this.baseWhy = el('p.quiet.why', { id: 'base-why' });
    return el('details', { id: 'hand-base' }, el('summary', {}, 'Base'), this.baseWhy, el('div.base', {}, this.push, this.turn));
  }

  #keys() {
    this.keys = el('input', { type: 'checkbox', id: 'hand-keys', 'aria-label': 'Keys move the robot', onchange: () => switchKeys(this.keys.checked) });
    this.caps = new Map();
    const row = ([minus, plus, what], group) => {
      const caps = [minus, plus].map((k) => {
        const cap = el('kbd', {}, k);
        this.caps.set(`Key${k}`, cap);
        return cap;
      });
      const words = el('td', {}, what);
      if (group === 'joint') this.keyJoint = words;
      if (group === 'reach') this.keyTips = [...(this.keyTips ?? []), [words, what]];
      if (group === 'velocity') this.keyBase = [...(this.keyBase ?? []), words];
      return el('tr', {}, el('td', {}, ...caps), words);
    };
    this.table = el('table.keys', {}, el('tbody', {}, ...Object.entries(TABLE).flatMap(([group, rows]) => rows.map((r) => row(r, group)))));
    return el('details', { id: 'hand-keyboard' },
      el('summary', {}, 'Keyboard', el('label.switch', {}, this.keys, el('i'), el('span', {}, 'keys move'))),
      this.table, el('p.quiet.why', {}, 'Hold a key to move, let go to stop. Esc: software stop.'));
  }

  #pads() {
    this.padList = el('ul.pads');
    this.padRows = new Map();
    this.padNote = el('p.quiet.why', { id: 'pad-note', role: 'status' });
    this.mapping = MAPPING.map(([control, does]) => {
      const cell = el('td');
      return { does, cell, row: el('tr', {}, el('td', {}, control), cell) };
    });
    return el('details', { id: 'hand-pads' }, el('summary', {}, 'Gamepad', (this.padCount = el('span.quiet'))), this.padNote, this.padList,
      el('table.keys', {}, el('tbody', {}, ...this.mapping.map((m) => m.row))),
      el('p.quiet.why', {}, `Sticks have a dead zone of ${DEAD_ZONE * 100} %. Of several gamepads, the first whose dead man is held moves.`));
  }

  #vr() {
    this.vrGo = el('button', { type: 'button', id: 'vr-enter', onclick: () => enter(window.tandemView) }, 'Enter VR');
    this.vrNote = el('p.quiet.why', { role: 'status' });
    this.vr = el('details', { id: 'hand-vr', hidden: true }, el('summary', {}, 'VR hands'),
      el('p.quiet.why', {}, 'Squeeze a controller to move that hand; it follows your movement, not your place. Let go to stop.'), this.vrGo, this.vrNote);
    return this.vr;
  }

  update() {
    const robot = store.current;
    const why = store.whyNotFor('arms');
    text(this.chip, hand.grip ? 'held' : why ? 'shut' : 'ready');
    kind(this.chip, hand.grip ? 'busy' : why ? 'quiet' : 'good');
    text(this.why, why ? `Held controls are shut: ${why}.` : 'Moves only while a control is held.');
    const noBase = whyNoVelocity(robot);
    const baseWhy = noBase ?? store.whyNotFor('locomotion');
    this.push.shut(baseWhy);
    this.turn.shut(baseWhy);
    text(this.baseWhy, baseWhy ? `Shut: ${baseWhy}.` : robot.profile.assistance ? `The base is assisted: ${robot.profile.assistance}.` : 'Push: over the ground. Bar: turn.');
    this.#keyTable(noBase);
    this.#padTable();
    flag(this.vr, 'hidden', xr.state !== 'ready' && xr.state !== 'inside');
    this.vrGo.disabled = xr.state !== 'ready';
    text(this.vrNote, xr.state === 'inside' ? 'In VR.' : xr.note);
  }

  #keyTable(noBase) {
    this.keys.checked = keys.on;
    for (const [code, cap] of this.caps) flag(cap, 'data-down', keys.down.has(code));
    for (const cell of this.keyBase) {
      flag(cell, 'data-shut', noBase);
      const title = noBase ?? '';
      if (cell.title !== title) cell.title = title;
    }
    const tip = store.reach.tip?.replaceAll('_', ' ') ?? 'no hand';
    for (const [cell, what] of this.keyTips) text(cell, what.replace('hand', tip));
    text(this.keyJoint, store.jogJoint ? `${plain(store.jogJoint)} \u2212, +` : 'joint \u2212, +: choose one below');
  }

  #padTable() {
    text(this.padCount, pads.list.length ? String(pads.list.length) : 'none');
    text(this.padNote, pads.list.length ? (pads.drives ? '' : 'Nothing to drive: no base, no hands.') : (pads.note ?? 'Plug one in and press a button.'));
    flag(this.padNote, 'hidden', !this.padNote.textContent);
    keyed(this.padList, this.padRows, pads.list, (p) => p.index, () => {
      const name = el('strong');
      const what = el('span.quiet');
      return { element: el('li', {}, name, what), update: (p) => {
        text(name, `${p.index + 1} ${p.name}`);
        const other = p.deadMan && !p.holds ? (hand.grip ? ` · waits: ${hand.grip.source} holds` : ' · let go and hold anew') : '';
        text(what, `${p.holds ? 'moves' : 'still'}${other}${p.pressed.length ? ` · buttons ${p.pressed.join(' ')}` : ''}`);
      } };
    });
    const drives = pads.drives === 'base' ? 'velocity' : 'reach';
    for (const { does, cell } of this.mapping)
      text(cell, typeof does === 'string' ? (does.startsWith('next') ? `${does} (now ${pads.drives?.replaceAll('_', ' ') ?? 'nothing'})` : does) : does[drives].replace('hand', pads.drives?.replaceAll('_', ' ') ?? 'hand'));
  }
}

customElements.define('tandem-hand', HandPanel);
