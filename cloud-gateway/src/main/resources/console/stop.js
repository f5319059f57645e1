// The software stop: sent at once, on requests of its own, again and again until the guard has it: that the twin has
// noted it is no acknowledgement. It needs no lease.

import { api } from './api.js';
import { store } from './store.js';

const AGAIN_MS = 300;
const EACH_MS = 1500;
const AT_ONCE = 2; // of the browser's connections
const NO_ANSWER_MS = 15000; // then the button says so, too; the stop is sent on

let round = 0;

/** Begins (or begins again) to stop the shown robot; gives its name, or null where there is none. */
export function pressStop() {
  const robot = store.stoppable;
  if (!robot) return null;
  const mine = ++round;
  const stop = store.stop;
  const again = stop.robot === robot && (stop.phase === 'sending' || stop.phase === 'unacknowledged');
  const id = again ? stop.id : `console.${crypto.getRandomValues(new Uint32Array(2)).join('.')}`;
  Object.assign(stop, { id, phase: 'sending', robot, tries: 0, note: '', sentAt: performance.now(), receivedAt: 0 });
  let underWay = 0;
  const acknowledged = () => (stop.phase !== 'sending' && stop.phase !== 'unacknowledged') || mine !== round;
  const attempt = () => {
    if (acknowledged()) return;
    if (performance.now() - stop.sentAt > NO_ANSWER_MS) stop.phase = 'unacknowledged';
    setTimeout(attempt, AGAIN_MS);
    if (underWay >= AT_ONCE) return;
    underWay++;
    stop.tries++;
    api.stop(robot, store.operator, id, EACH_MS).then(
      (view) => {
        underWay--;
        if (acknowledged()) return;
        if (!view.confirmed) {
          stop.note = 'no answer from the guard';
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
  if (latch?.latched && latch.confirmed) return latch.inEffect ? 'effect' : 'received';
  // Acknowledged a moment ago; the twin's own word follows.
  if (mine === 'received' && performance.now() - store.stop.receivedAt < 1500) return 'received';
  if (mine === 'received') store.stop.phase = 'idle';
  return latch?.latched ? 'sending' : 'idle';
}
