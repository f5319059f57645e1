// Who may command which part of this robot and how fresh they are, and the ways to become that one: acquire, ask for it,
// be handed it, take it with a reason in two steps. The holder sees who asks and hands over or declines.

import { el, flag, keyed, kind, milliseconds, Part, text } from '../dom.js';
import { api } from '../api.js';
import { acquire, decline, handOver, release, request, take, withdraw } from '../lease.js';
import { store } from '../store.js';

/** Counters of the guard since its start that tell of bad input, and their words. */
const COUNTED = {
  refused: 'commands refused', setpointsRefused: 'setpoints refused', lateRefused: 'late', staleEpochRefused: 'of an old lease',
  duplicateRefused: 'doubled', limitRefused: 'beyond limits', limitClamped: 'clamped', deadmanTrips: 'heartbeats lapsed',
  notFollowed: 'not followed', foreignSeen: 'foreign publishers', foreignRefused: 'foreign refused',
};

const OLD_KEEPALIVE_MS = 2500;

class Lease extends Part {
  build() {
    this.holder = el('strong');
    this.chip = el('span.chip');
    this.guard = el('dd');
    this.epoch = el('dd');
    this.counted = el('dd', { id: 'guard-counters' });
    this.profile = el('span');
    this.accept = el('button.small', { type: 'button', id: 'profile-accept', title: 'Uses the proposed profile; recorded with your name', onclick: () => this.acceptIt() }, 'Accept');
    this.ambiguous = el('p.answer');
    this.who = el('input', { id: 'operator', maxlength: 100, value: store.operator, autocomplete: 'off', spellcheck: 'false',
      onchange: () => this.who.value.trim() && store.setOperator(this.who.value.trim()) });
    this.partOf = el('select', { id: 'lease-part', 'aria-label': 'Part of the body' }, ...['body', 'arms', 'locomotion'].map((p) => el('option', { value: p }, p)));
    const button = (id, words, act, primary) => el(`button${primary ? '.primary' : ''}`, { type: 'button', id, onclick: act }, words);
    this.acquire = button('lease-acquire', 'Acquire', () => acquire(this.chosen), true);
    this.release = button('lease-release', 'Release', () => release());
    this.ask = button('lease-request', 'Request…', () => this.open('request'));
    this.take = button('lease-take', 'Take…', () => this.open('take'));
    this.held = el('ul.held', { 'aria-label': 'Leases in force' });
    this.heldRows = new Map();
    this.wishes = el('ul.wishes', { 'aria-label': 'Who asks for the lease' });
    this.wishRows = new Map();
    this.note = el('p.answer', { role: 'status', id: 'lease-note' });
    this.append(el('h2', {}, 'Lease', this.chip),
      el('p.holder', {}, this.holder), this.held, this.wishes,
      el('dl.pairs', {}, el('dt', {}, 'epoch'), this.epoch, el('dt', {}, 'guard'), this.guard, el('dt', {}, 'guard counted'), this.counted, el('dt', {}, 'profile'), el('dd', {}, this.profile, this.accept)),
      el('div.row', {}, el('label.field', {}, el('span', {}, 'operating as'), this.who), this.partOf, this.acquire, this.release, this.ask, this.take),
      this.#form(), this.note, this.ambiguous);
  }

  // One form for both wishes; taking has a second step.
  #form() {
    this.reason = el('input', { id: 'lease-reason', maxlength: 500, autocomplete: 'off', 'aria-label': 'Reason', oninput: () => this.step(1) });
    this.go = el('button.primary', { type: 'submit', id: 'lease-go' });
    this.warning = el('p.quiet.warning');
    this.form = el('form.take', { hidden: true, onsubmit: (e) => this.submit(e) }, this.reason, this.go,
      el('button', { type: 'button', onclick: () => this.open(null) }, 'Leave'), this.warning);
    return this.form;
  }

  get chosen() {
    return store.current?.profile?.independentParts ? this.partOf.value : 'body';
  }

  open(what) {
    this.wanted = what;
    flag(this.form, 'hidden', what === null);
    if (what === null) return;
    this.reason.value = '';
    this.reason.placeholder = what === 'take' ? 'reason, recorded and shown to the holder' : 'what for, shown to the holder';
    this.step(1);
    this.reason.focus();
  }

  step(n) {
    this.at = n;
    const holder = store.holderOf(this.chosen);
    text(this.go, this.wanted === 'request' ? 'Request' : n === 1 ? 'Take…' : `Take from ${holder}`);
    text(this.warning, this.wanted === 'take' && n === 2 ? `${holder} loses the robot at once: it is brought to rest first, then it is yours. Press again to take it.` : '');
  }

  submit(event) {
    event.preventDefault();
    const reason = this.reason.value.trim();
    if (!reason) {
      store.leaseNote = { level: 'bad', words: this.wanted === 'take' ? 'taking a lease needs a reason' : 'a request needs a reason' };
      return;
    }
    if (this.wanted === 'take' && this.at === 1) {
      this.step(2);
      return;
    }
    if (this.wanted === 'take') take(this.chosen, reason);
    else request(this.chosen, reason);
    this.open(null);
  }

  async acceptIt() {
    const robot = store.current;
    try {
      robot.profile = await api.acceptProfile(robot.name, store.operator);
      robot.limits = new Map(robot.profile.limits.map((l) => [l.joint, l]));
    } catch (failure) {
      store.leaseNote = { level: 'bad', words: failure.message };
    }
  }

  update() {
    const robot = store.current;
    const view = robot?.view;
    const profile = robot?.profile;
    const target = profile?.joint?.topic || Object.values(profile?.reach ?? {})[0]?.topic || profile?.navigate?.topic;
    text(this.profile, profile ? `${profile.source || 'unknown'}${target ? ` → ${target}` : ', no way to command found'}` : 'none yet');
    flag(this.accept, 'hidden', profile?.source !== 'proposed' || !target);
    text(this.ambiguous, (profile?.ambiguities ?? []).join('; '));
    const dream = Boolean(view?.dream);
    const parted = Boolean(profile?.independentParts);
    flag(this.partOf, 'hidden', !parted || dream);
    const held = dream ? null : store.holderOf(this.chosen);
    const mine = store.hasLease;
    text(this.chip, dream ? 'none' : mine ? 'yours' : held ? 'held' : 'free');
    kind(this.chip, mine ? 'good' : held ? 'warn' : 'quiet');
    const what = parted && mine ? `the ${store.holding.part}` : 'this robot';
    text(this.holder, dream ? 'A dream is never commanded' : mine ? `You control ${what}` : held ? `${held} controls this robot` : 'Nobody controls this robot');
    this.#lists(view, dream, mine);
    this.#facts(view);
    const can = store.online && view && !dream;
    const free = held === null || held === store.operator;
    this.acquire.disabled = !can || mine || !free;
    this.release.disabled = !can || !mine;
    this.ask.disabled = this.take.disabled = !can || mine || free;
    flag(this.ask, 'hidden', free || mine);
    flag(this.take, 'hidden', free || mine);
    flag(this.acquire, 'hidden', !free || mine);
    flag(this.release, 'hidden', !mine && !free);
    this.who.disabled = mine;
    if (mine || dream || free) this.open(null);
    const note = store.leaseNote;
    text(this.note, note?.words ?? '');
    kind(this.note, note?.level ?? '');
    flag(this.note, 'hidden', !note);
  }

  #lists(view, dream, mine) {
    const since = view ? performance.now() - store.current.viewAt : 0;
    keyed(this.held, this.heldRows, dream ? [] : store.leases, (l) => l.part, () => {
      const part = el('span.what');
      const who = el('strong');
      const fresh = el('span.fresh');
      return { element: el('li', {}, part, who, fresh), update: (l) => {
        text(part, l.part);
        text(who, l.holder === store.operator ? `${l.holder} (you)` : l.holder);
        const age = l.keepAliveAgeMs === null || l.keepAliveAgeMs === undefined ? null : l.keepAliveAgeMs + since;
        text(fresh, age === null ? (l.expiresInMs === null ? '' : `ends in ${milliseconds(Math.max(0, l.expiresInMs - since))}`)
          : age > OLD_KEEPALIVE_MS ? `not heard for ${milliseconds(age)}` : `heard ${milliseconds(age)} ago`);
        kind(fresh, age !== null && age > OLD_KEEPALIVE_MS ? 'bad' : 'fine');
      } };
    });
    keyed(this.wishes, this.wishRows, dream ? [] : (view?.lease?.wishes ?? []), (w) => `${w.by} ${w.part}`, (w) => {
      const words = el('span.words');
      const give = el('button.small.primary', { type: 'button', 'data-hand-over': w.by, onclick: () => handOver(w.part, w.by) }, 'Hand over');
      const no = el('button.small', { type: 'button', 'data-decline': w.by, onclick: () => decline(w.part, w.by) }, 'Decline');
      const back = el('button.small', { type: 'button', onclick: () => withdraw(w.part) }, 'Withdraw');
      return { element: el('li', {}, words, give, no, back), update: (wish) => {
        const own = wish.by === store.operator;
        text(words, `${own ? 'You ask' : `${wish.by} asks`} for ${wish.part === 'body' ? 'it' : `the ${wish.part}`}${wish.reason ? `: ${wish.reason}` : ''}`);
        flag(give, 'hidden', !mine || own);
        flag(no, 'hidden', !mine || own);
        flag(back, 'hidden', !own);
      } };
    });
  }

  #facts(view) {
    const l = view?.lease;
    text(this.epoch, l ? `${l.term}.${l.epoch}${l.guardTerm !== null && l.guardTerm !== undefined ? ` · guard has seen ${l.guardTerm}.${l.guardEpoch}` : ''}` : '–');
    const seen = l?.guardSeenMs === null || l?.guardSeenMs === undefined ? null : l.guardSeenMs + performance.now() - store.current.viewAt;
    text(this.guard, seen === null ? 'not seen: motion is refused' : `heard ${milliseconds(seen)} ago, ${view.guardPath === 'robot' ? 'on the robot\u2019s link' : view.guardPath === 'node' ? 'through this node' : 'path unknown'}`);
    kind(this.guard, seen === null || seen > 1000 ? 'bad' : 'fine');
    const counters = view?.guardCounters ?? {};
    const counted = Object.entries(COUNTED).filter(([name]) => counters[name] > 0).map(([name, words]) => `${counters[name]} ${words}`);
    text(this.counted, seen === null ? '–' : counted.length ? counted.join(' · ') : 'nothing refused or stopped');
  }
}

customElements.define('tandem-lease', Lease);
