// What the page knows about a robot's body ahead of it: its figure, its capsules, its limits. Made once for each
// description, asked by the held controls and by the rehearsal.

import { Capsules } from '../body/capsules.js';
import { Figure, inverted, then } from '../body/figure.js';
import { REACHED_METERS, solve } from '../body/inverse.js';
import { plain } from '../dom.js';

const plans = new WeakMap();
const NEUTRAL_MARGIN = 0.02;

/** The plan for a robot of the store; null while it has no description, or one that cannot be read. */
export function planOf(robot) {
  if (!robot?.urdf) return null;
  let kept = plans.get(robot);
  if (kept?.urdf !== robot.urdf) {
    kept = { urdf: robot.urdf, plan: null };
    plans.set(robot, kept);
    try {
      kept.plan = new Plan(robot);
    } catch (failure) {
      robot.failure = failure.message;
    }
  }
  return kept.plan;
}

class Plan {
  constructor(robot) {
    this.robot = robot;
    this.figure = new Figure(robot.urdf);
    this.capsules = new Capsules(this.figure);
  }

  /** Measured angles by joint, rad. */
  measured() {
    return new Map(this.robot.names.map((n) => [n, this.robot.position(n)]).filter(([, v]) => Number.isFinite(v)));
  }

  get margin() {
    return this.robot.profile?.marginRad || NEUTRAL_MARGIN;
  }

  /** Limits of a joint with the profile's margin; null where none are known. */
  bounds(joint) {
    const limit = this.robot.limits.get(joint);
    return limit ? { lower: limit.lowerRad + this.margin, upper: limit.upperRad - this.margin, velocity: limit.velocityRadPerSec, acceleration: limit.accelerationRadPerSec2 } : null;
  }

  link(tip) {
    return this.robot.profile?.tips[tip] ?? null;
  }

  /** A tip in the base frame, m; null where its link is not known. */
  tipAt(tip, positions) {
    const link = this.link(tip);
    if (!link || !this.figure.links.has(link)) return null;
    return then(inverted(this.#base(positions)), this.figure.pose(link, positions)).p;
  }

  /** Joint angles that bring a tip to a place in the base frame. */
  reach(tip, place, positions) {
    const inRoot = then(this.#base(positions), { p: place, r: [1, 0, 0, 0, 1, 0, 0, 0, 1] }).p;
    const known = this.measured();
    const found = solve(this.figure, this.link(tip), inRoot, positions, (j) => (known.has(j.name) ? this.bounds(j.name) : null));
    return { ...found, reached: found.errorMeters < REACHED_METERS };
  }

  #base(positions) {
    const frame = this.robot.profile?.baseFrame;
    return frame && this.figure.links.has(frame) ? this.figure.pose(frame, positions) : { p: [0, 0, 0], r: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
  }

  /** Which two links would come too close, in words; null: none. */
  collision(positions, start) {
    const hit = this.capsules.touching(positions, start);
    return hit && `${plain(hit.a)} against ${plain(hit.b)}`;
  }
}
