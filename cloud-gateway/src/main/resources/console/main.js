// Starts the page: the live channel, the parts, the 3D view where WebGL can be had, and the status object of tests.

import './parts/top.js';
import './parts/robots.js';
import './parts/lease.js';
import './parts/reach.js';
import './parts/joints.js';
import './parts/drawer.js';
import { keepLease } from './control.js';
import { Part } from './dom.js';
import { start } from './live.js';
import { stopPhase } from './stop.js';
import { store } from './store.js';

const PARTS_MS = 100;

function refresh() {
  for (const part of Part.parts) part.update();
}

async function scene() {
  try {
    const { View } = await import('./view3d.js');
    const view = new View(document.getElementById('scene'), document.getElementById('view'));
    window.tandemView = view;
    view.start();
  } catch (failure) {
    store.sceneFailure = failure.message || String(failure);
    document.getElementById('scene').hidden = true;
  }
}

// What tests read; nothing can be changed through it.
Object.defineProperty(window, 'tandemStatus', {
  get: () => {
    const robot = store.current;
    return Object.freeze({
      connection: store.connection,
      roundTripMs: store.roundTripMs,
      frames: store.frames,
      badFrames: store.badFrames,
      drawn: store.drawn,
      replaced: store.replaced,
      sceneFailure: store.sceneFailure,
      robot: store.selected,
      robots: [...store.order],
      mode: robot?.view?.mode ?? null,
      joints: robot ? Object.fromEntries(robot.names.map((name) => [name, robot.position(name)])) : {},
      sequence: robot?.joints?.sequence ?? null,
      ageMs: robot?.ageMs() ?? null,
      drawnRobot: Boolean(window.tandemView?.models.get(store.selected)),
      drawnDream: Boolean(store.dream && window.tandemView?.models.get(store.dream.name)?.model.root.visible),
      stop: stopPhase(),
      stopTries: store.stop.tries,
      lease: robot?.view?.lease?.holder ?? null,
      hasLease: store.hasLease,
      whyNot: store.whyNot,
      commands: (robot?.commands ?? []).map((c) => Object.freeze({ id: c.id, state: c.state, form: c.form, why: c.why })),
      alarms: store.alarms.length,
      streams: robot?.streams.length ?? 0,
    });
  },
});

start();
keepLease();
setInterval(refresh, PARTS_MS);
refresh();
scene();
