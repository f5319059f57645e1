// The live channel: one WebSocket, opened again by itself. It carries what is shown, never a command.

import { api } from './api.js';
import { readJoints } from './frames.js';
import { store } from './store.js';

const PING_MS = 1000;
const SILENT_MS = 4000;
const RETRY_MS = [250, 500, 1000, 2000];

let socket = null;
let tries = 0;
let ref = 0;
let heardAt = 0;
const pings = new Map();
const layouts = new Map();
const subscribed = new Set();

export function start() {
  open();
  setInterval(beat, PING_MS);
}

function open() {
  const address = new URL('api/ws', document.baseURI);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  const mine = new WebSocket(address);
  mine.binaryType = 'arraybuffer';
  socket = mine;
  heardAt = performance.now();
  mine.onmessage = (event) => {
    if (mine !== socket) return;
    heardAt = performance.now();
    if (typeof event.data === 'string') receive(JSON.parse(event.data));
    else joints(event.data);
  };
  mine.onclose = () => {
    if (mine === socket) lost();
  };
}

function lost() {
  socket = null;
  if (store.connection !== 'lost') store.lostAt = performance.now();
  store.connection = 'lost';
  store.roundTripMs = null;
  subscribed.clear();
  layouts.clear();
  pings.clear();
  setTimeout(open, RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)]);
}

function say(request) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ ref: ++ref, ...request }));
  return ref;
}

function beat() {
  if (!socket) return;
  const now = performance.now();
  if (now - heardAt > SILENT_MS) {
    // A half-open connection: not worth waiting for.
    const dead = socket;
    lost();
    dead.close();
    return;
  }
  if (socket.readyState !== WebSocket.OPEN) return;
  pings.set(say({ ping: {} }), now);
  while (pings.size > 8) pings.delete(pings.keys().next().value);
}

function receive(message) {
  const now = performance.now();
  if (message.welcome) {
    tries = 0;
    store.version = message.welcome.version;
    store.connection = 'open';
    store.connectedOnce = true;
    pings.set(say({ ping: {} }), performance.now());
  } else if (message.pong) {
    const sentAt = pings.get(message.pong.ref);
    if (sentAt !== undefined) store.roundTripMs = now - sentAt;
    pings.delete(message.pong.ref);
    store.replaced = message.pong.replaced;
  } else if (message.layout) {
    layouts.set(message.layout.layout, message.layout);
  } else if (message.twin) {
    show(message.twin, now);
  } else if (message.twins) {
    list(message.twins.twins, now);
  } else if (message.streams) {
    const robot = store.robot(message.streams.robot);
    robot.streams = message.streams.streams;
    robot.streamsAt = now;
  } else if (message.alarms) {
    store.alarms = message.alarms.alarms;
  } else if (message.commands) {
    store.robot(message.commands.robot).commands = message.commands.commands;
  } else if (message.story) {
    store.story = message.story;
  } else if (message.ack && !message.ack.ok) {
    console.warn(`live channel: ${message.ack.code}: ${message.ack.error}`);
    subscribed.clear(); // asked again with the next list
  }
}

function show(view, now) {
  const robot = store.robot(view.robot);
  robot.view = view;
  robot.viewAt = now;
}

function list(views, now) {
  store.order = views.map((v) => v.robot);
  for (const view of views) {
    if (!subscribed.has(view.robot)) {
      subscribed.add(view.robot);
      say({ subscribe: { robot: view.robot } });
    }
    const robot = store.robot(view.robot);
    if (!robot.view || now - robot.viewAt > 500) show({ ...view, origins: robot.view?.origins ?? [] }, now);
    about(robot);
  }
  for (const name of [...store.robots.keys()]) if (!store.order.includes(name)) store.robots.delete(name);
  if (!store.current) store.select(views.find((v) => !v.dream)?.robot ?? views[0]?.robot ?? null);
}

// Description and profile are asked for once, and again where there was none yet.
async function about(robot) {
  const dream = Boolean(robot.view?.dream); // never commanded: no profile
  if (robot.asking || (robot.urdf && (dream || robot.profile?.limits.length))) return;
  robot.asking = true;
  try {
    robot.urdf ??= await api.description(robot.name);
    if (dream) return;
    const profile = await api.profile(robot.name);
    robot.profile = profile;
    robot.limits = new Map(profile.limits.map((l) => [l.joint, l]));
  } catch (failure) {
    if (failure.status !== 404 && failure.status !== 409) console.warn(`${robot.name}: ${failure.message}`);
  } finally {
    setTimeout(() => (robot.asking = false), 2000);
  }
}

function joints(buffer) {
  let frame;
  try {
    frame = readJoints(buffer);
  } catch (failure) {
    store.badFrames++;
    console.error(failure.message);
    return;
  }
  const layout = layouts.get(frame.layout);
  if (!layout) return;
  const robot = store.robot(layout.robot);
  if (robot.layout !== layout) {
    robot.layout = layout;
    robot.names = layout.names;
    robot.index = new Map(layout.names.map((name, i) => [name, i]));
  }
  robot.joints = frame;
  robot.jointsAt = performance.now();
  store.frames++;
}
