// A place for the base, given to the robot's own navigation: shown only where the profile has one. Sent by a button, once.

import { cancelCommand, command, navigateOf } from '../control.js';
import { el, flag, kind, level, Part, text } from '../dom.js';
import { isFinal, store } from '../store.js';

const WITHIN_SECONDS = 60;

class GoTo extends Part {
  build() {
    const field = (name, words, most, step) => {
      const input = el('input', { id: `goto-${name}`, type: 'number', step, min: -most, max: most, value: '0', 'aria-label': words });
      return [input, el('label.field', {}, el('span', {}, words), input)];
    };
    const [x, ofX] = field('x', 'x, m', 1000, '0.1');
    const [y, ofY] = field('y', 'y, m', 1000, '0.1');
    const [yaw, ofYaw] = field('yaw', 'yaw, rad', 6.28, '0.1');
    this.place = { x, y, yaw };
    this.frame = el('select', { id: 'goto-frame', 'aria-label': 'Frame' });
    this.within = el('input', { id: 'goto-within', type: 'number', min: '1', max: '600', step: '1', value: String(WITHIN_SECONDS) });
    this.send = el('button.primary', { type: 'button', id: 'goto-send', onclick: () => this.go() }, 'Send');
    this.end = el('button', { type: 'button', id: 'goto-cancel', onclick: () => cancelCommand(this.shown.id) }, 'Cancel');
    this.target = el('p.quiet.why');
    this.chip = el('span.chip', { id: 'goto-state' });
    this.why = el('p.quiet.why', { id: 'goto-why', role: 'status' });
    this.append(el('h2', {}, 'Go to', this.chip), el('div.row.three', {}, ofX, ofY, ofYaw),
      el('div.row', {}, el('label.field', {}, el('span', {}, 'frame'), this.frame), el('label.field.short', {}, el('span', {}, 'within, s'), this.within), this.send, this.end),
      this.why, this.target);
    this.hidden = true;
    store.addEventListener('selected', () => (this.sent = null));
  }

  // The field that is not a number within its bounds; null: all are.
  get wrong() {
    return [...Object.values(this.place), this.within].find((input) => !Number.isFinite(input.valueAsNumber) || input.validity.rangeUnderflow || input.validity.rangeOverflow) ?? null;
  }

  async go() {
    if (this.wrong) return;
    const { x, y, yaw } = this.place;
    const at = { x: x.valueAsNumber, y: y.valueAsNumber, yaw: yaw.valueAsNumber };
    const robot = store.selected;
    const view = await command(navigateOf(this.frame.value, at, this.within.valueAsNumber), undefined, 'body');
    if (view && store.selected === robot) this.sent = view;
  }

  /** The navigation that is shown: one under way, else the newest that this page sent. */
  get shown() {
    const commands = store.current?.commands ?? [];
    return commands.find((c) => c.form === 'navigate' && !isFinal(c.state)) ?? (this.sent && (commands.find((c) => c.id === this.sent.id) ?? this.sent));
  }

  update() {
    const profile = store.current?.profile;
    flag(this, 'hidden', !profile?.navigate);
    if (!profile?.navigate) return;
    const frames = [...new Set([profile.odomFrame, 'map'])].filter(Boolean);
    if (this.frames !== frames.join(' ')) {
      this.frames = frames.join(' ');
      this.frame.replaceChildren(...frames.map((f) => el('option', { value: f }, f)));
    }
    const shown = this.shown;
    text(this.chip, shown?.state ?? 'ready');
    kind(this.chip, shown ? level(shown.state) : 'quiet');
    const why = store.whyNotFor('body');
    this.send.disabled = why !== null || this.wrong !== null;
    this.send.title = why ?? (this.wrong ? `${this.wrong.getAttribute('aria-label') ?? 'within'}: no such number` : 'Sends the base there, once');
    flag(this.end, 'hidden', !shown || isFinal(shown.state));
    text(this.why, why ? `Shut: ${why}.` : (shown?.why ?? ''));
    text(this.target, `${profile.navigate.topic} · holder silent: ${profile.navigatePolicy === 'continue' ? 'goes on' : 'cancelled'} · guard gone: ${
      profile.watchdogNavigateSeconds == null ? 'goes on, so none is sent' : `ended by the robot within ${profile.watchdogNavigateSeconds} s`
    }`);
  }
}

customElements.define('tandem-goto', GoTo);
