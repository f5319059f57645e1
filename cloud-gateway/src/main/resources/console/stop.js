// The software stop: sent at once, on requests of its own, again and again until the guard has it. It needs no lease.

import { api } from './api.js';
import { store } from './store.js';

const AGAIN_MS = 300;
const EACH_MS = 1500;
const AT_ONCE = 2; // of the browser's connections
const GIVE_UP_MS = 15000;

let round = 0;

/** Begins (or begins again) to stop the shown robot; gives its name, or null where there is none. */
export function pressStop() {
  const robot = store.stoppable;
  if (!robot) return null;
  const mine = ++round;
  const stop = store.stop;
  Object.assign(stop, { phase: 'sending', robot, tries: 0, note: '', sentAt: performance.now(), receivedAt: 0 });
  let underWay = 0;
  const acknowledged = () => stop.phase !== 'sending' || mine !== round;
  const attempt = () => {
    if (acknowledged()) return;
    if (performance.now() - stop.sentAt > GIVE_UP_MS) {
      stop.phase = 'unacknowledged';
      return;
    }
    setTimeout(attempt, AGAIN_MS);
    if (underWay >= AT_ONCE) return;
    underWay++;
    stop.tries++;
    api.stop(robot, store.operator, EACH_MS).then(
      (view) => {
        underWay--;
        if (acknowledged()) return;
        if (!view.latched) {
          stop.note = 'answered, but not latched';
          return;
        }
        stop.phase = 'received';
        stop.receivedAt = performance.now();
      },
      (failure) => {
        underWay--;
        if (!acknowledged()) stop.note = failure.message;
      },
    );
  };
  attempt();
  return robot;
}

/** Where the stop of the selected robot stands: idle, sending, unacknowledged, received, effect. */
export function stopPhase() {
  const latch = store.robots.get(store.stoppable)?.view?.stop;
  const mine = store.stop.robot === store.stoppable ? store.stop.phase : 'idle';
  if (mine === 'sending' || mine === 'unacknowledged') return mine;
  if (latch?.latched) return latch.inEffect ? 'effect' : 'received';
  // Acknowledged a moment ago; the twin's own word follows.
  if (mine === 'received' && performance.now() - store.stop.receivedAt < 1500) return 'received';
  if (mine === 'received') store.stop.phase = 'idle';
  return 'idle';
}
