// The body as numbers: links, joints and where they are for given joint angles. Metres, radians, ROS axes. What is
// drawn is urdf.js; this one is for reckoning ahead: inverse kinematics, self-collision, rehearsal.
// A frame is {p: [x, y, z], r: 9 numbers, row by row}.

import { child, children, numbers, robotElement } from './xml.js';

export const IDENTITY = { p: [0, 0, 0], r: [1, 0, 0, 0, 1, 0, 0, 0, 1] };

export const turned = (r, [x, y, z]) => [
  r[0] * x + r[1] * y + r[2] * z, r[3] * x + r[4] * y + r[5] * z, r[6] * x + r[7] * y + r[8] * z,
];

export function then(a, b) {
  const r = new Array(9);
  for (let i = 0; i < 3; i++)
    for (let j = 0; j < 3; j++) r[3 * i + j] = a.r[3 * i] * b.r[j] + a.r[3 * i + 1] * b.r[3 + j] + a.r[3 * i + 2] * b.r[6 + j];
  const q = turned(a.r, b.p);
  return { p: [a.p[0] + q[0], a.p[1] + q[1], a.p[2] + q[2]], r };
}

export function inverted({ p, r }) {
  const back = [r[0], r[3], r[6], r[1], r[4], r[7], r[2], r[5], r[8]];
  const q = turned(back, p);
  return { p: [-q[0], -q[1], -q[2]], r: back };
}

/** Rotation about a unit axis, rad. */
export function about([x, y, z], angle) {
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  const t = 1 - c;
  return [t * x * x + c, t * x * y - s * z, t * x * z + s * y, t * x * y + s * z, t * y * y + c, t * y * z - s * x,
    t * x * z - s * y, t * y * z + s * x, t * z * z + c];
}

/** The frame of an origin element: rpy turns about the fixed axes x, y, z. */
export function origin(element) {
  const p = numbers(element?.getAttribute('xyz'), 3, [0, 0, 0]);
  const [roll, pitch, yaw] = numbers(element?.getAttribute('rpy'), 3, [0, 0, 0]);
  const [cr, sr, cp, sp, cy, sy] = [Math.cos(roll), Math.sin(roll), Math.cos(pitch), Math.sin(pitch), Math.cos(yaw), Math.sin(yaw)];
  return { p, r: [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr, sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr, -sp, cp * sr, cp * cr] };
}

export class Figure {
  /** @param {string} xml URDF; @throws {Error} naming what is wrong */
  constructor(xml) {
    const robot = robotElement(xml);
    this.links = new Map(children(robot, 'link').map((e) => [e.getAttribute('name'), e]));
    this.joints = new Map();
    this.above = new Map(); // link -> the joint that carries it
    for (const element of children(robot, 'joint')) {
      const joint = jointOf(element);
      if (!this.links.has(joint.parent) || !this.links.has(joint.child))
        throw new Error(`URDF: joint "${joint.name}" joins "${joint.parent}" and "${joint.child}", which are not both links`);
      if (this.above.has(joint.child)) throw new Error(`URDF: link "${joint.child}" has two parents`);
      this.joints.set(joint.name, joint);
      this.above.set(joint.child, joint);
    }
    this.root = [...this.links.keys()].find((l) => !this.above.has(l));
    if (!this.root) throw new Error('URDF: expected a root link, found none');
    this.order = [...this.links.keys()].sort((a, b) => this.chain(a).length - this.chain(b).length);
  }

  /** Joints from the root to a link. */
  chain(link) {
    const way = [];
    for (let joint = this.above.get(link); joint; joint = this.above.get(joint.parent)) {
      if (way.includes(joint)) throw new Error(`URDF: joint "${joint.name}" is in a circle`);
      way.unshift(joint);
    }
    return way;
  }

  angle(joint, positions) {
    if (!joint.mimic) return positions.get(joint.name) ?? 0;
    const leader = this.joints.get(joint.mimic.joint);
    return leader ? joint.mimic.multiplier * (positions.get(leader.name) ?? 0) + joint.mimic.offset : 0;
  }

  /** Where the child of a joint is in its parent's frame. */
  at(joint, positions) {
    if (joint.type === 'fixed') return joint.origin;
    const q = this.angle(joint, positions);
    if (joint.type === 'prismatic') return then(joint.origin, { p: joint.axis.map((a) => a * q), r: IDENTITY.r });
    return then(joint.origin, { p: [0, 0, 0], r: about(joint.axis, q) });
  }

  /** Frame of one link in the root's frame. @param {Map<string, number>} positions rad or m by joint */
  pose(link, positions) {
    return this.chain(link).reduce((frame, joint) => then(frame, this.at(joint, positions)), IDENTITY);
  }

  /** Frames of all links in the root's frame. */
  poses(positions) {
    const frames = new Map();
    for (const link of this.order) {
      const joint = this.above.get(link);
      frames.set(link, joint ? then(frames.get(joint.parent), this.at(joint, positions)) : IDENTITY);
    }
    return frames;
  }
}

function jointOf(element) {
  const axis = numbers(child(element, 'axis')?.getAttribute('xyz'), 3, [1, 0, 0]);
  const length = Math.hypot(...axis);
  const limit = child(element, 'limit');
  const mimic = child(element, 'mimic');
  return {
    name: element.getAttribute('name'),
    type: element.getAttribute('type'),
    parent: child(element, 'parent')?.getAttribute('link'),
    child: child(element, 'child')?.getAttribute('link'),
    origin: origin(child(element, 'origin')),
    axis: length > 0 ? axis.map((a) => a / length) : [1, 0, 0],
    mimic: mimic && {
      joint: mimic.getAttribute('joint'),
      multiplier: Number(mimic.getAttribute('multiplier') ?? 1),
      offset: Number(mimic.getAttribute('offset') ?? 0),
    },
    lower: Number(limit?.getAttribute('lower') ?? NaN),
    upper: Number(limit?.getAttribute('upper') ?? NaN),
    velocity: Number(limit?.getAttribute('velocity') ?? NaN),
  };
}
