// Starts the page: the live channel, the parts, the 3D view where WebGL can be had, and the status object of tests.

import './parts/top.js';
import './parts/robots.js';
import './parts/lease.js';
import './parts/hand.js';
import './parts/hold.js';
import './parts/goto.js';
import './parts/reach.js';
import './parts/joints.js';
import './parts/drawer.js';
import './parts/story.js';
import { Part } from './dom.js';
import { pads, poll } from './hand/gamepad.js';
import { hand, TICK_MS } from './hand/hand.js';
import { startKeys } from './hand/keys.js';
import { playOn, rehearsal, whyNotForward } from './hand/rehearse.js';
import { findXr, xr } from './hand/xr.js';
import { keepLease } from './lease.js';
import { start } from './live.js';
import { posture } from './replay.js';
import { startPresence } from './presence.js';
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

// The hand's own beat, 20 times a second: pads are read, then what is held is sent on, or ended.
let beats = 0;

function beat() {
  const now = performance.now();
  poll();
  hand.tick(now);
  playOn(now);
  beats++;
}

function heldNow() {
  const grip = hand.grip;
  const stream = grip?.stream ?? hand.ended?.stream;
  return Object.freeze({
    source: grip?.source ?? null,
    beats,
    holds: hand.taken,
    kind: grip?.aim.kind ?? null,
    blocked: grip?.aim.blocked ?? null,
    phase: stream?.phase ?? null,
    command: stream?.command ?? null,
    number: stream?.number ?? 0,
    accepted: stream?.accepted ?? 0,
    clamped: stream?.clamped ?? 0,
    refused: stream?.refused ?? 0,
    roundTripMs: stream?.roundTripMs ?? null,
    speedFactor: hand.speed().factor,
    ended: grip ? null : (hand.ended?.why ?? null),
    endedBy: grip ? null : (hand.ended?.by ?? null),
    notTaken: hand.refusal?.why ?? null,
    pads: pads.list.length,
    drives: pads.drives,
    xr: xr.state,
  });
}

function rehearsedNow() {
  const r = rehearsal();
  return r && Object.freeze({ reached: r.result.reached, by: r.result.by, playing: r.playing, whyNot: whyNotForward(), to: Object.fromEntries(r.result.to) });
}

function toldNow() {
  const story = store.story;
  return story && Object.freeze({ state: story.state, scene: story.scene, sceneState: story.scenes.find((s) => s.number === story.scene)?.state ?? null });
}

function replayedNow() {
  const r = store.replay;
  return r && Object.freeze({ state: r.state, from: r.from, to: r.to, at: posture()?.at ?? null, drawn: Boolean(window.tandemView?.past), why: r.why });
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
      leaseNote: store.leaseNote?.words ?? null,
      wishes: (robot?.view?.lease?.wishes ?? []).map((w) => w.by),
      hand: heldNow(),
      rehearsal: rehearsedNow(),
      commands: (robot?.commands ?? []).map((c) => Object.freeze({ id: c.id, state: c.state, form: c.form, why: c.why })),
      alarms: store.alarms.length,
      streams: robot?.streams.length ?? 0,
      story: toldNow(),
      replay: replayedNow(),
    });
  },
});

startPresence();
start();
keepLease();
startKeys();
findXr();
setInterval(beat, TICK_MS);
setInterval(refresh, PARTS_MS);
refresh();
scene();
