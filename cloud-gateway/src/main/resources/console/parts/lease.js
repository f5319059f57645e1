// Who may command this robot, and the way to become that one.

import { el, flag, fixed, kind, milliseconds, Part, text } from '../dom.js';
import { api } from '../api.js';
import { lease } from '../control.js';
import { store } from '../store.js';

class Lease extends Part {
  build() {
    this.holder = el('strong');
    this.chip = el('span.chip');
    this.guard = el('dd');
    this.epoch = el('dd');
    this.profile = el('span');
    this.accept = el('button.small', { type: 'button', id: 'profile-accept', title: 'Uses the proposed profile; recorded with your name', onclick: () => this.acceptIt() }, 'Accept');
    this.ambiguous = el('p.answer');
    this.who = el('input', { id: 'operator', maxlength: 100, value: store.operator, autocomplete: 'off', spellcheck: 'false',
      onchange: () => this.who.value.trim() && store.setOperator(this.who.value.trim()) });
    this.acquire = el('button.primary', { type: 'button', id: 'lease-acquire', onclick: () => lease('acquire') }, 'Acquire');
    this.release = el('button', { type: 'button', id: 'lease-release', onclick: () => lease('release') }, 'Release');
    this.take = el('button', { type: 'button', id: 'lease-take', onclick: () => this.ask(true) }, 'Take…');
    this.reason = el('input', { id: 'take-reason', maxlength: 500, placeholder: 'reason, recorded and shown to the holder', autocomplete: 'off' });
    this.asking = el('form.take', { hidden: true, onsubmit: (e) => this.takeIt(e) }, this.reason,
      el('button.primary', { type: 'submit' }, 'Take'), el('button', { type: 'button', onclick: () => this.ask(false) }, 'Leave'));
    this.note = el('p.answer', { role: 'status' });
    this.append(el('h2', {}, 'Lease', this.chip),
      el('p.holder', {}, this.holder),
      el('dl.pairs', {}, el('dt', {}, 'epoch'), this.epoch, el('dt', {}, 'guard'), this.guard, el('dt', {}, 'profile'), el('dd', {}, this.profile, this.accept)),
      el('div.row', {}, el('label.field', {}, el('span', {}, 'operating as'), this.who), this.acquire, this.release, this.take),
      this.asking, this.note, this.ambiguous);
  }

  ask(open) {
    flag(this.asking, 'hidden', !open);
    if (open) this.reason.focus();
  }

  takeIt(event) {
    event.preventDefault();
    if (!this.reason.value.trim()) {
      store.leaseNote = 'taking a lease needs a reason';
      return;
    }
    lease('take', this.reason.value.trim());
    this.reason.value = '';
    this.ask(false);
  }

  async acceptIt() {
    const robot = store.current;
    try {
      robot.profile = await api.acceptProfile(robot.name, store.operator);
      robot.limits = new Map(robot.profile.limits.map((l) => [l.joint, l]));
    } catch (failure) {
      store.leaseNote = failure.message;
    }
  }

  update() {
    const profile = store.current?.profile;
    const target = profile?.joint?.topic || Object.values(profile?.reach ?? {})[0]?.topic;
    text(this.profile, profile ? `${profile.source || 'unknown'}${target ? ` → ${target}` : ', no way to command found'}` : 'none yet');
    flag(this.accept, 'hidden', profile?.source !== 'proposed' || !target);
    text(this.ambiguous, (profile?.ambiguities ?? []).join('; '));
    const view = store.current?.view;
    const held = view?.lease?.holder ?? null;
    const mine = store.hasLease;
    const dream = Boolean(view?.dream);
    text(this.chip, dream ? 'none' : mine ? 'yours' : held ? 'held' : 'free');
    kind(this.chip, mine ? 'good' : held ? 'warn' : 'quiet');
    text(this.holder, dream ? 'A dream is never commanded' : mine ? 'You control this robot' : held ? `${held} controls this robot` : 'Nobody controls this robot');
    const l = view?.lease;
    text(this.epoch, l ? `${l.term}.${l.epoch}${l.guardTerm !== null && l.guardTerm !== undefined ? ` · guard has seen ${l.guardTerm}.${l.guardEpoch}` : ''}` : '–');
    const seen = l?.guardSeenMs === null || l?.guardSeenMs === undefined ? null : l.guardSeenMs + performance.now() - store.current.viewAt;
    text(this.guard, seen === null ? 'not seen: motion is refused' : `heard ${milliseconds(seen)} ago, ${view.guardPath === 'robot' ? 'on the robot\u2019s link' : view.guardPath === 'node' ? 'through this node' : 'path unknown'}`);
    kind(this.guard, seen === null || seen > 1000 ? 'bad' : 'fine');
    const can = store.online && view && !dream;
    this.acquire.disabled = !can || mine || (held !== null && held !== store.operator);
    this.release.disabled = !can || !mine;
    this.take.disabled = !can || mine || held === null;
    flag(this.take, 'hidden', held === null || mine);
    flag(this.acquire, 'hidden', held !== null && held !== store.operator);
    this.who.disabled = mine;
    if (mine || dream) this.ask(false);
    text(this.note, store.leaseNote);
    flag(this.note, 'hidden', !store.leaseNote);
    kind(this.note, 'bad');
  }
}

customElements.define('tandem-lease', Lease);
