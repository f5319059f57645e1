// The bar at the top: what is shown and how old it is, the stop, and the banner of a latched stop.

import { api } from '../api.js';
import { clock, el, flag, fixed, kind, milliseconds, Part, text } from '../dom.js';
import { pressStop, stopPhase } from '../stop.js';
import { OLD_MS, store } from '../store.js';

/** Age of the shown values: its words and how alarming it is. */
export function ageOf(robot) {
  const age = robot?.ageMs() ?? null;
  if (age === null) return { words: 'no data', level: 'none', age: null };
  if (!store.online || age > OLD_MS) return { words: `old, ${fixed(age / 1000, age < 9950 ? 1 : 0)} s`, level: 'old', age };
  return { words: `${Math.round(age)} ms`, level: 'fresh', age };
}

class Status extends Part {
  build() {
    this.robots = el('select.narrow', { 'aria-label': 'Robot', onchange: () => store.select(this.robots.value) });
    this.name = el('strong.name.wide');
    this.mode = el('span.chip', { title: 'What the twin believes about contact' });
    this.body = el('span.chip.quiet.body', { title: 'Posture of the body' });
    this.age = el('output.age', { id: 'age', title: 'Time since the shown values were received from the robot' });
    this.trip = el('span.trip', { title: 'Round trip between this page and the node' });
    this.append(this.robots, this.name, this.mode, this.body, el('div.readings', {}, el('span.reading', {}, el('label', {}, 'age'), this.age), this.trip));
  }

  update() {
    const robot = store.current;
    const view = robot?.view;
    const names = store.order.join(' ');
    if (this.names !== names) {
      this.names = names;
      this.robots.replaceChildren(...store.order.map((n) => el('option', { value: n }, n)));
    }
    if (this.robots.value !== store.selected && store.selected) this.robots.value = store.selected;
    text(this.name, store.selected ?? 'no robot');
    text(this.mode, store.online ? (view?.mode ?? 'no twin') : store.connectedOnce ? 'not connected' : 'connecting');
    kind(this.mode, !store.online ? 'bad' : view?.mode === 'live' ? 'good' : view?.mode === 'silent' ? 'bad' : 'quiet');
    text(this.body, view?.dream ? 'dream' : (view?.body ?? ''));
    flag(this.body, 'hidden', !view);
    const age = ageOf(robot);
    text(this.age, age.words);
    kind(this.age, age.level);
    text(this.trip, store.online && store.roundTripMs !== null ? `round trip ${milliseconds(store.roundTripMs)}` : 'round trip –');
  }
}

class Stop extends Part {
  build() {
    this.label = el('span.word', {}, 'Stop');
    this.keys = el('span.keys', {}, 'software stop · Esc or Space');
    this.button = el('button.stop', {
      type: 'button', id: 'stop', onclick: () => pressStop(),
      title: 'Software stop, beside the hardware one. It needs no lease, cancels motion, holds the robot and latches. Keys: Esc, or Space where nothing has the focus.',
    }, this.label, this.keys);
    this.steps = ['sent', 'received', 'in effect'].map((word) => el('li', {}, word));
    this.list = el('ol.steps', { 'aria-live': 'assertive' }, ...this.steps);
    this.append(this.list, this.button);
    window.addEventListener('keydown', (event) => {
      if (event.repeat) return;
      const free = event.target === document.body || event.target === document.documentElement || event.target.id === 'scene';
      if (event.key === 'Escape' || (event.key === ' ' && free)) {
        pressStop();
        if (event.key === ' ') event.preventDefault();
      }
    }, { capture: true });
  }

  update() {
    const phase = stopPhase();
    const robot = store.stoppable;
    text(this.label, phase === 'idle' ? `Stop ${robot ?? ''}` : phase === 'effect' ? `${robot} stopped` : phase === 'received' ? 'Stopping' : phase === 'sending' ? 'Stopping' : 'No answer');
    text(this.keys, phase === 'unacknowledged' ? 'use the hardware stop' : 'software stop · Esc or Space');
    kind(this.button, phase);
    const reached = { idle: 0, sending: 1, unacknowledged: 1, received: 2, effect: 3 }[phase];
    this.steps.forEach((step, i) => kind(step, i < reached ? 'on' : 'off'));
    const tries = store.stop.robot === robot && (phase === 'sending' || phase === 'unacknowledged') ? store.stop.tries : 0;
    text(this.steps[0], tries > 1 ? `sent ${tries}×` : 'sent');
    flag(this.list, 'hidden', phase === 'idle');
  }
}

class Banner extends Part {
  build() {
    this.words = el('p');
    this.again = el('button', { type: 'button', id: 'release-open', onclick: () => this.open() }, 'Release…');
    this.by = el('input', { id: 'release-by', maxlength: 100, required: true, autocomplete: 'off' });
    this.reason = el('input', { id: 'release-reason', maxlength: 500, required: true, placeholder: 'why motion is safe again', autocomplete: 'off' });
    this.answer = el('p.answer');
    this.dialog = el('dialog', { 'aria-labelledby': 'release-title' },
      el('form', { method: 'dialog', onsubmit: (e) => this.release(e) },
        el('h2', { id: 'release-title' }, 'Release the software stop'),
        el('p.quiet', {}, 'The robot accepts commands again. Nothing that was cancelled goes on by itself. Name and reason are recorded.'),
        el('label.field', {}, el('span', {}, 'Your name'), this.by),
        el('label.field', {}, el('span', {}, 'Reason'), this.reason),
        this.answer,
        el('div.actions', {},
          el('button', { type: 'button', onclick: () => this.dialog.close() }, 'Keep stopped'),
          el('button.primary', { type: 'submit', id: 'release-confirm' }, 'Release'))));
    this.append(this.words, this.again, this.dialog);
  }

  open() {
    this.by.value = store.operator;
    this.reason.value = '';
    text(this.answer, '');
    this.robot = store.stoppable;
    this.dialog.show(); // not modal: the stop stays in reach
    this.reason.focus();
  }

  async release(event) {
    event.preventDefault();
    if (!this.by.value.trim() || !this.reason.value.trim()) {
      text(this.answer, 'Name and reason are needed; the stop stays.');
      return;
    }
    try {
      const view = await api.release(this.robot, this.by.value.trim(), this.reason.value.trim());
      if (view.latched) throw new Error('the guard still holds the stop');
      store.stop.phase = 'idle';
      this.dialog.close();
    } catch (failure) {
      text(this.answer, `Not released: ${failure.message}`);
    }
  }

  update() {
    const latch = store.robots.get(store.stoppable)?.view?.stop;
    let words = '';
    let level = '';
    if (!store.online && store.connectedOnce) {
      words = `Connection to the node lost ${fixed((performance.now() - store.lostAt) / 1000, 0)} s ago. What is shown is old; nothing is sent, except the stop while it is pressed. Trying again.`;
      level = 'lost';
    } else if (latch?.latched) {
      words = `Software stop of ${store.stoppable} latched by ${latch.by || 'unknown'} at ${clock(latch.since)}${latch.why ? `: ${latch.why}` : ''}. ${!latch.confirmed ? 'No answer from the guard yet: use the hardware stop.' : latch.inEffect ? 'In effect: the robot is still.' : 'Received; not yet seen to be still.'} No other command is accepted.`;
      level = 'stopped';
    }
    if (store.stop.robot === store.stoppable && (store.stop.phase === 'unacknowledged' || (store.stop.phase === 'sending' && store.stop.tries > 3))) {
      words = `Stop not acknowledged after ${store.stop.tries} tries (${store.stop.note || 'no answer'}). Use the hardware stop.`;
      level = 'alarm';
    }
    text(this.words, words);
    kind(this, level);
    flag(this, 'hidden', !words);
    flag(this.again, 'hidden', level !== 'stopped');
  }
}

customElements.define('tandem-status', Status);
customElements.define('tandem-stop', Stop);
customElements.define('tandem-banner', Banner);
