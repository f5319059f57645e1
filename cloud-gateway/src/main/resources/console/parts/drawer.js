// Commands, streams and alarms, as tables that never say more than the twin did.

import { cancelCommand } from '../control.js';
import { clock, count, el, fixed, flag, keyed, kind, level, milliseconds, Part, text } from '../dom.js';
import { isFinal, store } from '../store.js';

class Table {
  constructor(columns, empty) {
    this.columns = columns;
    this.rows = new Map();
    this.body = el('tbody');
    this.empty = el('p.quiet.pad', {}, empty);
    this.element = el('div.table', {}, el('table', {}, el('thead', {}, el('tr', {}, ...columns.map((c) => el(`th${c.number ? '.number' : ''}`, { scope: 'col', title: c.title }, c.name)))), this.body), this.empty);
  }

  update(items, key) {
    flag(this.empty, 'hidden', items.length > 0);
    keyed(this.body, this.rows, items, key, () => {
      const cells = this.columns.map((c) => {
        const cell = el(`td${c.number ? '.number' : ''}${c.grow ? '.grow' : ''}`);
        const inner = c.chip ? el('span.chip') : cell;
        if (c.chip) cell.append(inner);
        return { cell, inner, column: c };
      });
      return {
        element: el('tr', {}, ...cells.map((c) => c.cell)),
        update: (item) => {
          for (const { cell, inner, column } of cells) {
            if (column.draw) column.draw(cell, item);
            else {
              text(inner, column.text(item));
              if (column.kind) kind(inner, column.kind(item));
              const tip = column.tip ? column.tip(item) : column.grow ? inner.textContent : '';
              if (cell.title !== tip) cell.title = tip;
            }
          }
        },
      };
    });
  }
}

// Counts come every second; only when they stay away does the age shown go on by itself.
const uncounted = () => {
  const since = performance.now() - store.current.streamsAt;
  return since > 1500 ? since : 0;
};

const stages = (t) => {
  if (!t?.created) return '–';
  const from = Date.parse(t.created);
  const step = (name, at) => (at ? ` · ${name} +${Math.max(0, Date.parse(at) - from)} ms` : '');
  return `created ${clock(t.created)}` + step('accepted', t.accepted) + step('sent', t.sent) + step('guard', t.guardAccepted) + step('moved', t.firstMotion) + step('done', t.done);
};

const took = (t) => {
  const end = t?.done ?? t?.firstMotion ?? t?.guardAccepted ?? t?.sent;
  return t?.created ? clock(t.created) + (end ? ` +${fixed(Math.max(0, Date.parse(end) - Date.parse(t.created)) / 1000, 2)} s` : '') : '–';
};

const evidence = (e) => {
  if (!e) return '';
  const error = e.errorMeters !== null && e.errorMeters !== undefined ? `${fixed(e.errorMeters * 1000, 1)} mm` : `${fixed(e.errorRad, 4)} rad`;
  return `error ${error}, settled ${Math.round(e.settledMs)} ms (${e.stream} #${e.sequence})`;
};

/** What the robot's action server says of it on its way. */
const feedback = (c) => {
  const f = store.current?.view?.feedback;
  if (f?.commandId !== c.id || isFinal(c.state)) return '';
  return f.distanceMeters !== undefined && f.distanceMeters !== null ? `${fixed(f.distanceMeters, 2)} m to go` : `error ${fixed(f.errorRad, 3)} rad`;
};

class Drawer extends Part {
  build() {
    this.tables = {
      commands: new Table([
        { name: 'Command', text: (c) => c.id },
        { name: 'Form', text: (c) => c.form },
        { name: 'By', text: (c) => c.by },
        { name: 'State', chip: true, text: (c) => c.state, kind: (c) => level(c.state) },
        { name: 'Why and evidence', grow: true, text: (c) => [c.why, feedback(c), evidence(c.evidence)].filter(Boolean).join('; ') },
        { name: 'Created, took', text: (c) => took(c.times), tip: (c) => stages(c.times) },
        { name: '', draw: (cell, c) => {
          if (isFinal(c.state)) cell.replaceChildren();
          else if (!cell.firstChild) cell.append(el('button.small', { type: 'button', onclick: () => cancelCommand(c.id) }, 'Cancel'));
        } },
      ], 'No command was given to this robot.'),
      streams: new Table([
        { name: 'Topic', grow: true, text: (s) => s.topic },
        { name: 'Hz', number: true, text: (s) => fixed(s.hz, s.hz < 10 ? 1 : 0) },
        { name: 'Age', number: true, title: 'of the newest sample when the node counted, every second', text: (s) => milliseconds(s.ageMs === null ? null : s.ageMs + uncounted()) },
        { name: 'Offered', number: true, text: (s) => count(s.offered) },
        { name: 'Delivered', number: true, text: (s) => count(s.delivered) },
        { name: 'Dropped', number: true, title: 'by place', text: (s) => count(s.dropped), kind: (s) => (s.dropped > 0 ? 'bad' : 'fine') },
        { name: 'Late', number: true, text: (s) => count(s.late), kind: (s) => (s.late > 0 ? 'warn' : 'fine') },
        { name: 'Dup', number: true, title: 'duplicate', text: (s) => count(s.duplicate) },
        { name: 'Type', text: (s) => s.type.replace('/msg/', '/') },
        { name: 'Note', text: (s) => [Object.entries(s.droppedBy ?? {}).map(([p, n]) => `${p} ${n}`).join(', '), s.sequenced ? '' : 'not sequenced', s.stampBy === 'gateway' ? 'stamped by gateway' : '', s.lastFailure].filter(Boolean).join(' · ') },
      ], 'No stream of this robot yet.'),
      alarms: new Table([
        { name: 'Severity', chip: true, text: (a) => (a.cleared ? 'cleared' : a.severity), kind: (a) => (a.cleared ? 'quiet' : a.severity === 'error' ? 'bad' : a.severity === 'warning' ? 'warn' : 'busy') },
        { name: 'Robot', text: (a) => a.robot },
        { name: 'Alarm', text: (a) => a.kind },
        { name: 'What', grow: true, text: (a) => a.text },
        { name: 'Count', number: true, text: (a) => count(a.count) },
        { name: 'First', text: (a) => clock(a.first) },
        { name: 'Last', text: (a) => clock(a.last) },
      ], 'No alarm was raised.'),
    };
    this.tabs = {};
    const bar = el('div.tabs', { role: 'tablist' });
    for (const [name, title] of [['commands', 'Commands'], ['streams', 'Streams'], ['alarms', 'Alarms']]) {
      const badge = el('span.badge', { hidden: true });
      const tab = el('button', { type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': `pane-${name}`, onclick: () => this.choose(name), onkeydown: (e) => this.step(e, name) }, title, badge);
      const pane = el('div.pane', { role: 'tabpanel', id: `pane-${name}`, 'aria-labelledby': `tab-${name}` }, this.tables[name].element);
      this.tabs[name] = { tab, badge, pane };
      bar.append(tab);
    }
    this.fold = el('button.fold', { type: 'button', 'aria-expanded': 'true', title: 'Fold the tables away', onclick: () => this.foldAway() }, 'Hide');
    bar.append(el('span.space'), this.fold);
    this.append(bar, ...Object.values(this.tabs).map((t) => t.pane));
    this.choose('streams');
  }

  choose(name) {
    this.chosen = name;
    for (const [key, { tab, pane }] of Object.entries(this.tabs)) {
      const on = key === name;
      tab.setAttribute('aria-selected', String(on));
      tab.tabIndex = on ? 0 : -1;
      pane.hidden = !on;
    }
    if (document.body.classList.contains('folded')) this.foldAway();
  }

  step(event, name) {
    const names = Object.keys(this.tabs);
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const to = names[(names.indexOf(name) + by + names.length) % names.length];
    this.choose(to);
    this.tabs[to].tab.focus();
  }

  foldAway() {
    const folded = document.body.classList.toggle('folded');
    this.fold.setAttribute('aria-expanded', String(!folded));
    text(this.fold, folded ? 'Show' : 'Hide');
  }

  update() {
    const robot = store.current;
    const badge = (name, n, level) => {
      const { badge: b } = this.tabs[name];
      text(b, String(n));
      flag(b, 'hidden', n === 0);
      kind(b, level);
    };
    const raised = store.alarms.filter((a) => !a.cleared);
    badge('alarms', raised.length, raised.some((a) => a.severity === 'error') ? 'bad' : 'warn');
    badge('commands', robot?.commands.filter((c) => !isFinal(c.state)).length ?? 0, 'busy');
    badge('streams', robot?.streams.filter((s) => s.dropped > 0).length ?? 0, 'bad');
    if (document.body.classList.contains('folded')) return;
    if (this.chosen === 'commands') this.tables.commands.update(robot?.commands ?? [], (c) => c.id);
    if (this.chosen === 'streams') this.tables.streams.update(robot?.streams ?? [], (s) => s.topic);
    if (this.chosen === 'alarms') this.tables.alarms.update(store.alarms, (a) => `${a.robot} ${a.kind} ${a.first}`);
  }
}

customElements.define('tandem-drawer', Drawer);
