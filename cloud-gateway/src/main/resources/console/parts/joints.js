// Joint sliders: present, commanded, effort, limits. A slider sends once, when it is let go, or is rehearsed first;
// - and + beside it move while they are held.

import { el, fixed, flag, kind, Part, plain, text } from '../dom.js';
import { jointsOf, sendJoints } from '../control.js';
import { JointAim } from '../hand/aims.js';
import { holdButton } from '../hand/button.js';
import { rehearse } from '../hand/rehearse.js';
import { store } from '../store.js';

const GROUPS = [
  ['Left arm', /^(left|l)_.*(shoulder|elbow|wrist|arm|hand|grip|finger|thumb)/],
  ['Right arm', /^(right|r)_.*(shoulder|elbow|wrist|arm|hand|grip|finger|thumb)/],
  ['Torso and head', /(waist|torso|trunk|spine|neck|head)/],
  ['Left leg', /^(left|l)_/],
  ['Right leg', /^(right|r)_/],
];
const groupOf = (joint) => GROUPS.find(([, rule]) => rule.test(joint))?.[0] ?? 'Joints';

class Joints extends Part {
  build() {
    this.seconds = el('input', { id: 'joint-seconds', type: 'number', min: '0.1', max: '30', step: '0.1', value: '1.0' });
    this.first = el('input', { type: 'checkbox', id: 'rehearse-first', 'aria-label': 'Rehearse sliders on the ghost first' });
    this.why = el('p.quiet.why');
    this.answer = el('p.answer', { role: 'status', id: 'answer' });
    this.groups = el('div.groups');
    this.append(
      el('h2', {}, 'Joints', el('label.inline', {}, el('span', {}, 'duration, s'), this.seconds)),
      el('label.switch', { title: 'A slider is played on the ghost first, and sent after one confirmation' }, this.first, el('i'), el('span', {}, 'rehearse first')), this.why, this.answer, this.groups);
    this.sections = new Map();
    this.rows = new Map();
  }

  update() {
    const robot = store.current;
    const names = robot ? (robot.names.length ? robot.names : (robot.profile?.jointOrder ?? [])) : [];
    const key = `${robot?.name} ${names.join(' ')}`;
    if (key !== this.key) {
      this.key = key;
      this.arrange(names);
    }
    const whyNot = store.whyNot;
    const first = this.first.checked;
    text(this.why, first ? 'A slider is played on the ghost when it is let go; nothing is sent before you confirm.' : whyNot ? `Sliders are shown only: ${whyNot}.` : 'A slider sends one command when it is let go.');
    const last = store.notes[0];
    const recent = last && performance.now() - last.at < 8000;
    flag(this.answer, 'hidden', !recent);
    if (recent) {
      text(this.answer, last.words);
      kind(this.answer, last.level);
    }
    for (const row of this.rows.values()) row.update(robot, whyNot, whyNot !== null && !first);
  }

  go(joint, target) {
    const seconds = this.seconds.valueAsNumber || 1;
    const targets = new Map([[joint, target]]);
    if (this.first.checked) rehearse(jointsOf(targets, seconds), `${plain(joint)} to ${fixed(target, 2)} rad`);
    else sendJoints(targets, seconds);
  }

  arrange(names) {
    this.rows.clear();
    if (!names.includes(store.jogJoint)) store.jogJoint = names.find((n) => groupOf(n).endsWith('arm')) ?? names[0] ?? null;
    const byGroup = new Map();
    for (const name of names) {
      const group = groupOf(name);
      if (!byGroup.has(group)) byGroup.set(group, []);
      byGroup.get(group).push(name);
    }
    const order = [...GROUPS.map(([g]) => g), 'Joints'].filter((g) => byGroup.has(g));
    this.groups.replaceChildren(...order.map((group, i) => {
      const joints = byGroup.get(group);
      const body = el('div', {}, ...joints.map((j) => {
        const row = new Row(j, (target) => this.go(j, target));
        this.rows.set(j, row);
        return row.element;
      }));
      return el('details', { open: i === 0 }, el('summary', {}, group, el('span.quiet', {}, String(joints.length))), body);
    }));
  }
}

class Row {
  constructor(joint, go) {
    this.joint = joint;
    this.dragging = false;
    this.present = el('span.present', { title: 'measured, rad' });
    this.commanded = el('span.commanded', { title: 'commanded from this page, rad' });
    this.effort = el('span.effort', { title: 'measured effort, Nm' });
    this.low = el('span');
    this.high = el('span');
    this.tick = el('i.tick');
    this.slider = el('input', {
      type: 'range', step: '0.005', 'aria-label': `${joint}, rad`, 'data-joint': joint,
      oninput: () => (this.dragging = true),
      onchange: () => {
        this.dragging = false;
        this.sentAt = performance.now();
        go(this.slider.valueAsNumber);
      },
      onblur: () => (this.dragging = false),
    });
    const jog = (sign, words) => holdButton('button.small.jog', { 'data-jog': `${joint} ${words}`, 'aria-label': `Hold to move ${plain(joint)} ${sign < 0 ? 'down' : 'up'}`, onfocus: () => (store.jogJoint = joint) },
      words, () => ((store.jogJoint = joint), new JointAim(joint, sign)));
    this.jogs = [jog(-1, '\u2212'), jog(1, '+')];
    this.element = el('div.joint', { onpointerdown: () => (store.jogJoint = joint) },
      el('span.name', { title: joint }, joint.replace(/^(left|right)_/, '').replaceAll('_', ' ')),
      this.present, this.commanded, this.effort,
      this.jogs[0], el('div.track', {}, this.tick, this.slider), this.jogs[1], el('div.limits', {}, this.low, this.high));
  }

  update(robot, whyNot, locked) {
    for (const jog of this.jogs) jog.shut(whyNot, 'Hold to move');
    flag(this.element, 'data-keys', store.jogJoint === this.joint);
    const limit = robot?.limits.get(this.joint);
    const value = robot?.position(this.joint) ?? NaN;
    const [low, high] = limit ? [limit.lowerRad, limit.upperRad] : [-3.2, 3.2];
    if (this.bounds !== `${low} ${high}`) {
      this.bounds = `${low} ${high}`;
      this.slider.min = low;
      this.slider.max = high;
      text(this.low, fixed(low, 2));
      text(this.high, fixed(high, 2));
    }
    if (this.slider.disabled !== locked) this.slider.disabled = locked;
    const commanded = robot?.commanded.get(this.joint);
    const waiting = robot?.activeCommand || performance.now() - (this.sentAt ?? -1e9) < 1500;
    if (!this.dragging && Number.isFinite(value)) {
      const shown = waiting && commanded !== undefined ? commanded : value;
      if (Math.abs(this.slider.valueAsNumber - shown) > 0.004) this.slider.value = shown;
    }
    text(this.present, fixed(value, 3));
    text(this.commanded, this.dragging ? `→ ${fixed(this.slider.valueAsNumber, 2)}` : commanded === undefined ? '' : `→ ${fixed(commanded, 2)}`);
    kind(this.commanded, this.dragging ? 'drag' : 'set');
    const effort = robot?.effort(this.joint) ?? NaN;
    text(this.effort, Number.isFinite(effort) ? `${fixed(effort, 1)} Nm` : '');
    const at = Number.isFinite(value) ? Math.max(0, Math.min(1, (value - low) / (high - low))) : 0;
    const left = `${(at * 100).toFixed(1)}%`;
    if (this.tick.style.left !== left) this.tick.style.left = left;
    flag(this.element, 'data-near', Number.isFinite(value) && limit && (value < low + 0.03 || value > high - 0.03));
  }
}

customElements.define('tandem-joints', Joints);
