// What a held control wants, turned into setpoints: from where the robot is, with limits of speed and acceleration,
// never far ahead of what is measured, and not into a limit or the robot's own body. A direction of nought lets it
// come to rest while the control is still held.

import { plain } from '../dom.js';
import { store } from '../store.js';
import { planOf } from './plan.js';
import { MOST, ramp } from './speed.js';

const LEAD_RAD = 0.09; // a setpoint is at most so far from the measured pose: the guard refuses 0.1
const LEAD_METERS = 0.045; // and 0.05
const STOPPED = 1e-4;

/** One joint, by its name; direction in -1..1. */
export class JointAim {
  kind = 'joint';
  part = 'arms';

  constructor(joint, direction = 0) {
    this.joint = joint;
    this.direction = direction;
    this.rate = 0;
    this.blocked = null;
    this.label = plain(joint);
  }

  /** Where it begins; in words why it cannot. */
  start(robot) {
    this.robot = robot;
    this.plan = planOf(robot);
    this.bounds = this.plan?.bounds(this.joint) ?? null;
    this.at = robot.position(this.joint);
    if (!this.bounds) return `${plain(this.joint)}: no limits known`;
    if (!Number.isFinite(this.at)) return `${plain(this.joint)}: not measured`;
    this.from = this.plan.capsules.clearances(this.plan.measured());
    return null;
  }

  /** @returns {object} the setpoint's target after dt seconds */
  step(dt, factor) {
    const measured = this.robot.position(this.joint);
    const most = Math.min(MOST.joint, this.bounds.velocity || MOST.joint) * factor;
    const acceleration = Math.min(MOST.jointAcceleration, this.bounds.acceleration || MOST.jointAcceleration);
    this.rate = ramp(this.rate, this.direction * most, acceleration, dt);
    let next = Math.max(measured - LEAD_RAD, Math.min(measured + LEAD_RAD, this.at + this.rate * dt));
    this.blocked = null;
    if (next > this.bounds.upper || next < this.bounds.lower) {
      next = Math.max(Math.min(next, Math.max(this.bounds.upper, this.at)), Math.min(this.bounds.lower, this.at));
      this.blocked = `limit of ${plain(this.joint)}`;
      this.rate = 0;
    }
    const hit = Math.abs(this.rate) > STOPPED ? this.plan.collision(this.plan.measured().set(this.joint, next), this.from) : null;
    if (hit) {
      this.blocked = `self-collision: ${hit}`;
      this.rate = 0;
    } else this.at = next;
    this.robot.commanded.set(this.joint, this.at);
    return this.rest();
  }

  rest() {
    return { joint: { targets: [{ joint: this.joint, positionRad: this.at }] } };
  }
}

/** A hand in the base frame; direction along x, y, z in -1..1 each. */
export class ReachAim {
  kind = 'reach';
  part = 'arms';

  constructor(tip, direction = [0, 0, 0]) {
    this.tip = tip;
    this.direction = direction;
    this.rate = [0, 0, 0];
    this.blocked = null;
    this.wanted = null; // a place to follow instead of a direction, m
    this.label = tip.replaceAll('_', ' ');
  }

  start(robot) {
    this.robot = robot;
    this.plan = planOf(robot);
    this.solution = this.plan?.measured() ?? new Map();
    this.place = this.plan?.tipAt(this.tip, this.solution) ?? null;
    if (!this.place) return `${this.label}: where it is is not known`;
    this.from = this.plan.capsules.clearances(this.solution);
    return null;
  }

  step(dt, factor) {
    const most = MOST.tip * factor;
    const towards = this.wanted ? this.wanted.map((w, i) => (w - this.place[i]) * 4) : this.direction.map((d) => d * most);
    const fast = Math.hypot(...towards);
    const scale = fast > most ? most / fast : 1;
    this.rate = this.rate.map((r, i) => ramp(r, towards[i] * scale, MOST.tipAcceleration, dt));
    this.blocked = null;
    if (Math.hypot(...this.rate) > STOPPED) this.#advance(dt);
    return this.rest();
  }

  #advance(dt) {
    const measured = this.plan.tipAt(this.tip, this.plan.measured());
    const ahead = this.place.map((p, i) => p + this.rate[i] * dt - measured[i]);
    const lead = Math.hypot(...ahead);
    const back = lead > LEAD_METERS ? LEAD_METERS / lead : 1;
    const next = measured.map((m, i) => m + ahead[i] * back);
    const found = this.plan.reach(this.tip, next, this.solution);
    const posture = new Map([...this.plan.measured(), ...found.positions]);
    const hit = found.reached ? this.plan.collision(posture, this.from) : null;
    if (!found.reached) this.blocked = 'out of reach there';
    else if (hit) this.blocked = `self-collision: ${hit}`;
    if (this.blocked) {
      this.rate = [0, 0, 0];
      return;
    }
    this.place = next;
    this.solution = posture;
    store.preview = { robot: this.robot.name, positions: posture, level: 'ahead', until: performance.now() + 400 };
  }

  rest() {
    const [xMeters, yMeters, zMeters] = this.place;
    return { reach: { tip: this.tip, frame: this.robot.profile.baseFrame || 'base_link', pose: { xMeters, yMeters, zMeters, qw: 1 }, withOrientation: false } };
  }
}

/** The base over the ground; direction forward, left, turn left in -1..1 each. */
export class VelocityAim {
  kind = 'velocity';
  part = 'locomotion';
  label = 'base';

  constructor(direction = [0, 0, 0]) {
    this.direction = direction;
    this.speed = [0, 0, 0];
    this.blocked = null;
  }

  start(robot) {
    this.robot = robot;
    const why = whyNoVelocity(robot);
    if (why) return why;
    const own = robot.profile.velocityLimits;
    this.most = [own?.vxMetersPerSec || MOST.velocity.vx, own?.vyMetersPerSec || MOST.velocity.vy, own?.wzRadPerSec || MOST.velocity.wz];
    this.ramps = [own?.accelerationMetersPerSec2 || MOST.acceleration.linear, own?.accelerationMetersPerSec2 || MOST.acceleration.linear,
      own?.angularAccelerationRadPerSec2 || MOST.acceleration.angular];
    return null;
  }

  step(dt, factor) {
    this.speed = this.speed.map((v, i) => ramp(v, this.direction[i] * this.most[i] * factor, this.ramps[i], dt));
    return target(this.speed);
  }

  rest() {
    return target([0, 0, 0]);
  }
}

const target = ([vx, vy, wz]) => ({ velocity: { vxMetersPerSec: vx, vyMetersPerSec: vy, wzRadPerSec: wz } });

/** Why the base cannot be driven, in words; null: it can. */
export function whyNoVelocity(robot) {
  if (!robot?.profile) return 'no profile known yet';
  if (!robot.profile.velocity?.topic) return 'the profile has no velocity target: this robot takes no cmd_vel';
  return null;
}
