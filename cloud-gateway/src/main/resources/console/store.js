// What the page knows. Sockets and requests write here; elements and the 3D view read when they next draw.
// Times are performance.now() milliseconds: monotonic, never the wall clock.

export const OLD_MS = 1000;
const FINAL = new Set(['done', 'refused', 'failed', 'cancelled', 'expired', 'superseded', 'unknown']);

export const isFinal = (state) => FINAL.has(state);

class Robot {
  constructor(name) {
    this.name = name;
    this.view = null; // TwinView without joints
    this.viewAt = 0;
    this.joints = null; // newest joint frame
    this.jointsAt = 0;
    this.names = []; // of the newest layout
    this.index = new Map();
    this.streams = [];
    this.streamsAt = 0;
    this.commands = [];
    this.profile = null;
    this.urdf = null;
    this.limits = new Map();
    this.commanded = new Map(); // joint -> last value sent from this page
  }

  /** Milliseconds since the newest values were received from the robot; null: never. */
  ageMs(now = performance.now()) {
    const fromFrame = this.joints && !Number.isNaN(this.joints.ageMs) ? this.joints.ageMs + now - this.jointsAt : null;
    const fromView = this.view && this.view.ageMs !== null ? this.view.ageMs + now - this.viewAt : null;
    if (fromFrame === null) return fromView;
    return fromView === null || this.jointsAt >= this.viewAt - 500 ? fromFrame : fromView;
  }

  /** The guard's time now, as far as the page knows: what a command takes on its way counts to its expiry. */
  guardTime(now = performance.now()) {
    const told = this.view?.lease?.guardToken;
    return told?.bootId
      ? { bootId: told.bootId, tickMillis: Math.round(told.tickMillis + this.view.lease.guardSeenMs + now - this.viewAt) }
      : undefined;
  }

  position(joint) {
    const i = this.index.get(joint);
    return this.joints && i !== undefined ? this.joints.positions[i] : NaN;
  }

  effort(joint) {
    const i = this.index.get(joint);
    return this.joints && i !== undefined ? this.joints.efforts[i] : NaN;
  }

  get activeCommand() {
    return this.commands.find((c) => !isFinal(c.state));
  }
}

class Store extends EventTarget {
  constructor() {
    super();
    this.connection = 'connecting'; // connecting | open | lost
    this.connectedOnce = false;
    this.lostAt = 0;
    this.roundTripMs = null;
    this.replaced = 0;
    this.frames = 0;
    this.badFrames = 0;
    this.version = null;
    this.robots = new Map();
    this.order = []; // names as the server sorts them
    this.alarms = [];
    this.selected = null;
    this.ghost = true;
    this.operator = localStorage.getItem('tandem.operator') || `operator-${Math.random().toString(16).slice(2, 6)}`;
    this.holding = null; // {robot, part} of the lease that this page keeps alive
    this.leaseNote = null; // {level, words}
    this.stop = { phase: 'idle', robot: null, tries: 0, note: '', sentAt: 0, receivedAt: 0 };
    this.story = null; // StoryView where this node tells one
    this.covered = 0; // pixels at the top of the view that something lies over
    this.replay = null; // {robot, from, to, state, view, startedMs, why}: recorded time that is played (replay.js)
    this.preview = null; // {robot, positions, level, until}: a posture ahead of the robot, drawn as a ghost
    this.jogJoint = null; // the joint that keys move
    this.reach = { shown: false, tip: null, x: 0.35, y: 0.2, z: 0.2 };
    this.notes = []; // newest answer to what the operator asked, for the panels
    this.drawn = 0;
    this.sceneFailure = null;
  }

  get online() {
    return this.connection === 'open';
  }

  robot(name) {
    let robot = this.robots.get(name);
    if (!robot) {
      robot = new Robot(name);
      this.robots.set(name, robot);
    }
    return robot;
  }

  get current() {
    return this.selected ? this.robots.get(this.selected) : null;
  }

  /** The robot that a stop of the selected one means: a dream's stop is its robot's. */
  get stoppable() {
    const view = this.current?.view;
    return view?.dream ? view.dreamOf : this.selected;
  }

  /** The dream of the selected robot, where there is one. */
  get dream() {
    for (const robot of this.robots.values())
      if (robot.view?.dream && robot.view.dreamOf === this.selected) return robot;
    return null;
  }

  select(name) {
    if (name === this.selected) return;
    this.selected = name;
    this.dispatchEvent(new CustomEvent('selected', { detail: name }));
  }

  setOperator(name) {
    this.operator = name;
    localStorage.setItem('tandem.operator', name);
  }

  /** Every lease in force on the selected robot: {part, holder, epoch, expiresInMs, keepAliveAgeMs}. */
  get leases() {
    const lease = this.current?.view?.lease;
    if (!lease) return [];
    if (lease.parts?.length) return lease.parts;
    return lease.holder === null ? [] : [{ part: lease.part || 'body', holder: lease.holder, epoch: lease.epoch, expiresInMs: lease.expiresInMs, keepAliveAgeMs: null }];
  }

  /** Who holds a part of the selected robot, whole body included; null: nobody. */
  holderOf(part) {
    const independent = this.current?.profile?.independentParts && part !== 'body';
    return this.leases.find((l) => !independent || l.part === 'body' || l.part === part)?.holder ?? null;
  }

  /** This page has a lease of the selected robot, as far as the twin says. */
  get hasLease() {
    return this.holding?.robot === this.selected && this.leases.some((l) => l.holder === this.operator);
  }

  hasPart(part) {
    const independent = this.current?.profile?.independentParts;
    return this.hasLease && this.leases.some((l) => l.holder === this.operator && (!independent || l.part === 'body' || l.part === part));
  }

  /** Why a part of the selected robot cannot be moved from here now, in words; null: it can. */
  whyNotFor(part) {
    const robot = this.current;
    if (!this.online) return 'not connected: nothing is sent';
    if (!robot?.view) return 'no robot';
    if (robot.view.dream) return 'a dream is not commanded';
    if (robot.view.stop?.latched) return 'software stop latched';
    if (!this.hasPart(part)) {
      const holder = this.holderOf(part);
      return holder && holder !== this.operator ? `no lease: ${holder} holds it` : 'no lease';
    }
    const age = robot.ageMs();
    if (age === null || age > OLD_MS) return 'the shown state is old';
    return null;
  }

  /** Why arms and body cannot be commanded from here now; null: they can. */
  get whyNot() {
    return this.whyNotFor('arms');
  }
}

export const store = new Store();
