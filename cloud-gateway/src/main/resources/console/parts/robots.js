// The list of robots, and what lies over the 3D view: freshness, the dream and its difference, why nothing is drawn.

import { el, fixed, flag, keyed, kind, milliseconds, Part, text } from '../dom.js';
import { play } from '../replay.js';
import { store } from '../store.js';
import { ageOf } from './top.js';

class Robots extends Part {
  build() {
    this.list = el('ul.robots');
    this.rows = new Map();
    this.none = el('p.quiet.pad', {}, 'No robot has reported yet. A robot appears here when it publishes joint states or its description.');
    this.append(el('h2', {}, 'Robots'), this.list, this.none);
    this.foot = el('p.foot.quiet');
    this.append(this.foot);
  }

  update() {
    flag(this.none, 'hidden', store.order.length > 0);
    keyed(this.list, this.rows, store.order.map((n) => store.robot(n)), (r) => r.name, (r) => {
      const age = el('span.age');
      const mode = el('span.dot');
      const what = el('span.what');
      const button = el('button', { type: 'button', onclick: () => store.select(r.name) },
        mode, el('span.name', {}, r.name), age, what);
      const element = el('li', {}, button);
      return {
        element,
        update: (robot) => {
          const view = robot.view;
          const fresh = ageOf(robot);
          text(age, fresh.words);
          kind(age, fresh.level);
          kind(mode, view?.mode === 'live' && fresh.level === 'fresh' ? 'good' : view?.stop?.latched ? 'warn' : fresh.level === 'old' ? 'bad' : 'quiet');
          const holder = view?.lease?.holder;
          text(what, view?.dream ? `dream of ${view.dreamOf}` : view?.stop?.latched ? 'software stop latched' : holder ? `lease: ${holder}` : `${view?.body ?? ''} · lease free`);
          flag(element, 'data-selected', robot.name === store.selected);
          button.setAttribute('aria-current', String(robot.name === store.selected));
        },
      };
    });
    const v = store.version;
    text(this.foot, v ? `site ${v.site} · Tandem ${v.version}` : '');
  }
}

class Overlay extends Part {
  build() {
    this.banner = el('p.old', { hidden: true });
    this.failure = el('p.failure', { hidden: true });
    this.hazards = el('ul.hazards', { 'aria-label': 'Hazards' });
    this.hazardRows = new Map();
    this.ghost = el('input', { type: 'checkbox', id: 'ghost', checked: true, onchange: () => (store.ghost = this.ghost.checked) });
    this.figures = el('dl.figures');
    this.values = new Map();
    for (const [key, label] of [['rms', 'joints, rms'], ['max', 'joints, most'], ['worst', 'worst joint'], ['base', 'base apart'], ['angle', 'base turned'], ['age', 'age']]) {
      const value = el('dd');
      this.values.set(key, value);
      this.figures.append(el('dt', {}, label), value);
    }
    this.brief = el('span.brief');
    this.dream = el('div.dream', {}, el('label.switch', {}, this.ghost, el('i'), el('span', {}, 'Dream')), this.brief, this.figures);
    this.legend = el('p.legend.quiet', {}, 'drag: turn · wheel: zoom · right button: shift');
    this.append(this.banner, this.hazards, this.failure, this.dream, this.legend);
  }

  update() {
    const robot = store.current;
    const fresh = ageOf(robot);
    const stale = robot && fresh.level !== 'fresh';
    flag(this.banner, 'hidden', !stale);
    text(this.banner, fresh.level === 'none' ? 'no data' : fresh.words);
    const failure = store.sceneFailure ? `3D view not available: ${store.sceneFailure}. Everything else works.` : robot?.failure ? `Not drawn: ${robot.failure}` : robot && !robot.urdf ? 'Not drawn: no robot_description received yet' : robot?.missingVisuals ? `${robot.missingVisuals} mesh visuals are not drawn: their files are on the robot` : '';
    text(this.failure, failure);
    flag(this.failure, 'hidden', !failure);
    const up = (robot?.view?.hazards ?? []).filter((h) => h.until === null);
    keyed(this.hazards, this.hazardRows, up, (h) => h.kind + h.since, () => {
      const chip = el('span.chip');
      const again = el('button.small', { type: 'button', title: 'Plays what was recorded in the two seconds before' }, 'Replay 2 s before');
      return {
        element: el('li', {}, chip, again),
        update: (h) => {
          flag(again, 'hidden', h.kind !== 'fallen');
          again.onclick = () => play(store.selected, new Date(Date.parse(h.since) - 2000).toISOString(), h.since);
          text(chip, h.kind.replaceAll('-', ' '));
          kind(chip, h.severity === 'error' ? 'bad' : h.severity === 'warning' ? 'warn' : 'busy');
          if (chip.title !== h.text) chip.title = h.text;
        },
      };
    });
    const dream = store.dream;
    flag(this.dream, 'hidden', !dream);
    const d = dream?.view?.difference;
    const set = (key, value) => text(this.values.get(key), value);
    text(this.brief, d ? `${fixed(d.jointRmsRad, 3)} rad, ${fixed(d.baseDistanceMeters * 1000, 0)} mm off` : 'no difference yet');
    set('rms', d ? `${fixed(d.jointRmsRad, 3)} rad` : '–');
    set('max', d ? `${fixed(d.jointMaxRad, 3)} rad` : '–');
    set('worst', d ? d.worstJoint.replaceAll('_', ' ') : '–');
    set('base', d ? `${fixed(d.baseDistanceMeters * 1000, 0)} mm` : '–');
    set('angle', d ? `${fixed(d.baseAngleRad, 3)} rad` : '–');
    set('age', d ? milliseconds(d.ageMs + performance.now() - dream.viewAt) : '–');
  }
}

customElements.define('tandem-robots', Robots);
customElements.define('tandem-overlay', Overlay);
