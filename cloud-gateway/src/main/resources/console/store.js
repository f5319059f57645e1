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
    this.holding = null; // robot whose lease this page keeps alive
    this.leaseNote = '';
    this.stop = { phase: 'idle', robot: null, tries: 0, note: '', sentAt: 0, receivedAt: 0 };
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

  /** This page has the lease of the selected robot, as far as the twin says. */
  get hasLease() {
    const holder = this.current?.view?.lease?.holder;
    return this.holding !== null && this.holding === this.selected && holder === this.operator;
  }

  /** Why the selected robot cannot be commanded from here now; null: it can. */
  get whyNot() {
    const robot = this.current;
    if (!this.online) return 'not connected: nothing is sent';
    if (!robot?.view) return 'no robot';
    if (robot.view.dream) return 'a dream is not commanded';
    if (robot.view.stop?.latched) return 'software stop latched';
    if (!this.hasLease) return 'no lease';
    const age = robot.ageMs();
    if (age === null || age > OLD_MS) return 'the shown state is old';
    return null;
  }
}

export const store = new Store();
