// Small helpers of the elements. Nothing here parses HTML from data: text is always text.

/** Makes an element: el('div.row', {title: '..'}, child, 'text'). */
export function el(what, attributes = {}, ...inside) {
  const [tag, ...classes] = what.split('.');
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(' ');
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...inside.filter((i) => i !== null && i !== undefined));
  return element;
}

/** Changes text only where it differs: the browser then has nothing to lay out. */
export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

export function flag(element, name, on) {
  if (element.hasAttribute(name) !== Boolean(on)) element.toggleAttribute(name, Boolean(on));
}

export function kind(element, value) {
  if (element.dataset.kind !== value) element.dataset.kind = value;
}

const LEVEL = { done: 'good', executing: 'busy', sent: 'busy', accepted: 'busy', created: 'busy', refused: 'bad', failed: 'bad', expired: 'bad', unknown: 'bad', cancelled: 'warn' };

/** How a command's state is coloured. */
export const level = (state) => LEVEL[state] ?? 'quiet';

export const milliseconds = (ms) =>
  ms === null || Number.isNaN(ms) ? '–' : ms < 10 ? `${ms.toFixed(1)} ms` : ms < 1000 ? `${Math.round(ms)} ms` : ms < 100_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;

export const fixed = (value, digits) => (Number.isFinite(value) ? (Object.is(Math.round(value * 10 ** digits), -0) ? 0 : value).toFixed(digits).replace('-', '\u2212') : '–');

export const count = (n) => n.toLocaleString('en-US').replaceAll(',', '\u2009');

/** A link or joint as a person reads it. */
export const plain = (name) => name.replace(/_(link|frame)$/, '').replace(/^l_/, 'left ').replace(/^r_/, 'right ').replaceAll('_', ' ');

/** Wall clock of a stamp, for people. */
export const clock = (iso) => (iso ? new Date(iso).toLocaleTimeString('en-GB') : '–');

/** An element that is drawn again a few times a second from the store. */
export class Part extends HTMLElement {
  static parts = new Set();
  connectedCallback() {
    if (!this.built) {
      this.built = true;
      this.build();
    }
    Part.parts.add(this);
  }
  disconnectedCallback() {
    Part.parts.delete(this);
  }
  build() {}
  update() {}
}

/** Keeps one child per key, in order; make(item) gives {element, update(item)}. */
export function keyed(parent, known, items, key, make) {
  const wanted = new Set();
  let before = null;
  for (const item of items) {
    const k = key(item);
    wanted.add(k);
    let row = known.get(k);
    if (!row) {
      row = make(item);
      known.set(k, row);
    }
    row.update(item);
    const next = before ? before.nextSibling : parent.firstChild;
    if (row.element !== next) parent.insertBefore(row.element, next);
    before = row.element;
  }
  for (const [k, row] of known)
    if (!wanted.has(k)) {
      row.element.remove();
      known.delete(k);
    }
}
