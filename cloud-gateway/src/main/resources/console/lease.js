// The lease of this page: acquired, asked for, handed over, taken, given back. While it is held the page says so twice a
// second; without one it says nothing at all. A console that nobody touches for five minutes gives its lease back.

import { api } from './api.js';
import { idleMs } from './presence.js';
import { store } from './store.js';

const KEEPALIVE_MS = 500; // after a second of silence a motion of this page is left to the guard, which ends it
const LEASE_SECONDS = 4; // the lease itself waits longer, for a page that comes back
const GRANT_MS = 3000; // a grant is complete when the guard has it
const IDLE_MAX_SECONDS = 300;

/** Untouched for so long the lease is given back; ?idle=SECONDS asks for less. */
export const IDLE_MS = 1000 * Math.min(IDLE_MAX_SECONDS, Number(new URLSearchParams(location.search).get('idle')) || IDLE_MAX_SECONDS);

const KEEPALIVES_AT_ONCE = 2; // a slow link has one on its way while the next is due; none waits to be sent later

let askedAt = 0;
let keepalives = 0;
let wishedFor = null; // robot that this page has asked for

const say = (level, words) => (store.leaseNote = { level, words });

async function ask(robot, request, good) {
  try {
    const view = await api.lease(robot, { by: store.operator, forSeconds: LEASE_SECONDS, ...request });
    adopt(robot, view);
    store.leaseNote = good ? { level: 'good', words: good } : null;
    return view;
  } catch (failure) {
    say('bad', failure.message);
    return null;
  }
}

function adopt(robot, lease) {
  const known = store.robots.get(robot);
  if (known?.view) known.view = { ...known.view, lease };
}

function hold(robot, part) {
  store.holding = { robot, part };
  askedAt = performance.now();
  wishedFor = null;
}

export async function acquire(part = 'body') {
  const robot = store.selected;
  if (await ask(robot, { action: 'acquire', part })) hold(robot, part);
}

/** @param {string} reason recorded, and shown to the one who loses it */
export async function take(part, reason) {
  const robot = store.selected;
  if (await ask(robot, { action: 'take', part, reason })) hold(robot, part);
}

/** @param {string} [why] shown here; without one the operator asked for it */
export async function release(why) {
  const { robot, part } = store.holding;
  store.holding = null; // from here on nothing is kept alive, whatever the answer
  await ask(robot, { action: 'release', part }, why);
}

/** Asks the holder for it; nothing changes by that. */
export async function request(part, reason) {
  const robot = store.selected;
  if (!(await ask(robot, { action: 'request', part, reason }))) return;
  wishedFor = robot;
  askedAt = performance.now();
}

export async function withdraw(part) {
  const robot = store.selected;
  wishedFor = null;
  await ask(robot, { action: 'withdraw', part });
}

export async function handOver(part, to) {
  const robot = store.selected;
  if (await ask(robot, { action: 'hand-over', part, to }, `handed over to ${to}`)) store.holding = null;
}

/** The holder says no to a wish. */
export async function decline(part, to) {
  await ask(store.selected, { action: 'decline', part, to });
}

/** What was granted to this operator while it waited. */
function granted() {
  const lease = store.robots.get(wishedFor)?.view?.lease;
  if (!lease) return;
  const mine = (lease.parts ?? []).find((l) => l.holder === store.operator) ?? (lease.holder === store.operator ? lease : null);
  if (mine) {
    const robot = wishedFor;
    hold(robot, mine.part || 'body');
    say('good', `${robot} was handed over to you`);
  } else if (!(lease.wishes ?? []).some((w) => w.by === store.operator) && performance.now() - askedAt > GRANT_MS) {
    wishedFor = null;
    say('bad', lease.holder ? `your wish was declined: ${lease.holder} keeps the lease` : 'your wish has ended: nobody holds the lease now');
  }
}

async function keep() {
  if (wishedFor) granted();
  const held = store.holding;
  if (!held || !store.online) return;
  if (idleMs() > IDLE_MS) {
    await release(`given back: nobody touched this console for ${idleMs() >= 120_000 ? `${Math.round(idleMs() / 60_000)} min` : `${Math.round(idleMs() / 1000)} s`}`);
    return;
  }
  if (keepalives >= KEEPALIVES_AT_ONCE) return;
  const pending = () => performance.now() - askedAt < GRANT_MS;
  keepalives++;
  try {
    const view = await api.keepLease(held.robot, { by: store.operator, part: held.part, forSeconds: LEASE_SECONDS });
    adopt(held.robot, view);
    const holders = (view.parts ?? []).map((l) => l.holder).concat(view.holder ?? []);
    if (!holders.includes(store.operator) && store.holding === held && !(holders.length === 0 && pending())) lose(held.robot, view.holder && `now with ${view.holder}`);
  } catch (failure) {
    if (failure.status === 409 && store.holding === held && !pending()) lose(held.robot, failure.message);
  } finally {
    keepalives--;
  }
}

function lose(robot, why) {
  store.holding = null;
  say('bad', `lease of ${robot} lost: ${why || 'expired'}`);
}

export function keepLease() {
  setInterval(keep, KEEPALIVE_MS);
  window.addEventListener('pagehide', () => {
    if (store.holding) api.leaveLease(store.holding.robot, store.operator, store.holding.part).catch(() => undefined);
  });
}
