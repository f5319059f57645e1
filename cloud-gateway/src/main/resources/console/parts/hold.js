// Over the view, always seen: what is held and what became of it; and the rehearsal with its one confirmation.

import { el, fixed, flag, kind, milliseconds, Part, text } from '../dom.js';
import { hand } from '../hand/hand.js';
import { discard, forward, rehearsal, whyNotForward } from '../hand/rehearse.js';
import { store } from '../store.js';

const ENDED_MS = 15_000;
const REFUSED_MS = 6000;

class Hold extends Part {
  build() {
    this.what = el('strong');
    this.answer = el('span.chip');
    this.why = el('p.reason');
    this.numbers = el('p.quiet.numbers');
    this.box = el('div.hold', { role: 'status', 'aria-live': 'polite', id: 'hold', hidden: true }, el('div.line', {}, this.what, this.answer), this.why, this.numbers);
    this.outcome = el('span.chip');
    this.words = el('strong');
    this.by = el('p.reason');
    this.send = el('button.primary', { type: 'button', id: 'forward', onclick: () => forward() }, 'Send to robot');
    this.plan = el('div.hold.plan', { id: 'rehearsal', hidden: true, role: 'status' }, el('div.line', {}, this.words, this.outcome), this.by,
      el('p.quiet', {}, 'Kinematics only: balance, loads and surroundings are not in it.'),
      el('div.line', {}, this.send, el('button', { type: 'button', id: 'discard', onclick: () => discard() }, 'Discard')));
    this.append(this.plan, this.box);
  }

  update() {
    const now = performance.now();
    if (hand.grip) this.#held(hand.grip);
    else this.#ended(now);
    this.#rehearsed(now);
    document.body.classList.toggle('holding', !this.box.hidden || !this.plan.hidden);
  }

  #held({ source, aim, stream }) {
    flag(this.box, 'hidden', false);
    kind(this.box, aim.blocked || stream.answer === 'refused' ? 'bad' : 'live');
    text(this.what, `${aim.label} by ${source.replace(/^button \d+$/, 'button')}`);
    const word = stream.phase === 'asking' || stream.phase === 'opening' ? 'opening' : aim.blocked ? 'blocked' : stream.answer || 'held';
    text(this.answer, word);
    kind(this.answer, { accepted: 'good', clamped: 'warn', refused: 'bad', blocked: 'warn' }[word] ?? 'busy');
    text(this.why, aim.blocked ?? stream.why ?? '');
    const { factor, lateMs } = hand.speed();
    const narrowing = factor < 1 ? ` (${milliseconds(lateMs)} late)` : '';
    text(this.numbers, `round trip ${milliseconds(stream.roundTripMs)} · shown age ${milliseconds(store.current?.ageMs() ?? null)} · speed ${fixed(100 * factor * hand.share, 0)} %${narrowing}`
      + ` · ${stream.accepted} accepted, ${stream.clamped} clamped, ${stream.refused} refused`);
  }

  #ended(now) {
    const refusal = hand.refusal && now - hand.refusal.atMs < REFUSED_MS ? hand.refusal : null;
    const ended = hand.ended && now - hand.ended.atMs < ENDED_MS && (hand.ended.by === 'rule' || now - hand.ended.atMs < 2500) ? hand.ended : null;
    flag(this.box, 'hidden', !refusal && !ended);
    kind(this.box, refusal || ended?.by === 'rule' ? 'bad' : 'over');
    if (refusal) {
      text(this.what, 'Not moved');
      text(this.answer, 'refused');
      kind(this.answer, 'bad');
      text(this.why, refusal.why);
      text(this.numbers, '');
    } else if (ended) {
      text(this.what, ended.label);
      text(this.answer, ended.by === 'rule' ? 'let go by rule' : 'let go');
      kind(this.answer, ended.by === 'rule' ? 'bad' : 'quiet');
      const shut = store.whyNotFor(ended.part);
      text(this.why, ended.by === 'rule' ? `${ended.why}. ${shut ? `Shut now: ${shut}.` : 'Let go of the control and hold it anew to move.'}` : '');
      text(this.numbers, `${ended.stream.accepted} accepted, ${ended.stream.clamped} clamped, ${ended.stream.refused} refused`);
    }
  }

  #rehearsed(now) {
    const r = rehearsal(now);
    flag(this.plan, 'hidden', r === null);
    if (!r) return;
    const { result } = r;
    text(this.words, `Rehearsed: ${r.words}`);
    text(this.outcome, r.playing ? `running ${fixed(r.t, 1)} s` : result.reached ? 'reached' : 'blocked');
    kind(this.outcome, r.playing ? 'busy' : result.reached ? 'good' : 'bad');
    kind(this.plan, result.reached ? 'live' : 'bad');
    const why = whyNotForward(now);
    text(this.by, r.playing ? '' : result.reached ? (why ? `Not to be sent: ${why}.` : `On the ghost it arrives after ${fixed(result.seconds, 1)} s.`) : result.by);
    this.send.disabled = why !== null;
    this.send.title = why ?? 'Sends the rehearsed command to the robot';
  }
}

customElements.define('tandem-hold', Hold);
