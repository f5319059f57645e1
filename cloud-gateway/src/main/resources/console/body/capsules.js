// Self-collision with capsules: each solid of the URDF becomes one or two segments with a radius. Coarse on purpose and
// said so: rounded edges, no meshes. Pairs that are near each other by build (neighbours up to two joints away) are left
// out; a pair that overlaps already in the zero posture may come no deeper than there.

import { origin, then, turned } from './figure.js';
import { child, children, numbers } from './xml.js';

const MARGIN_METERS = 0.005;
const FLAT = 1.3; // a box broader than this, against its depth, gets two capsules
const NEIGHBOURS = 2;

export class Capsules {
  /** @param {Figure} figure */
  constructor(figure) {
    this.figure = figure;
    this.solids = [];
    for (const [link, element] of figure.links) {
      const own = children(element, 'collision');
      for (const solid of own.length ? own : children(element, 'visual'))
        for (const capsule of capsulesOf(child(solid, 'geometry')?.children[0])) {
          const frame = origin(child(solid, 'origin'));
          this.solids.push({ link, radius: capsule.radius, a: then(frame, { p: capsule.a, r: frame.r }).p, b: then(frame, { p: capsule.b, r: frame.r }).p });
        }
    }
    this.pairs = this.#pairs();
    this.byBuild = this.#clearances(new Map());
  }

  /**
   * The worst pair that comes too close, or null.
   * @param {Map<string, number>} positions rad by joint
   * @param {?Float64Array} [start] clearances where the motion begins: no pair need be better than there
   * @returns {?{a: string, b: string, meters: number}} meters: clearance, below 0: depth
   */
  touching(positions, start = null) {
    let worst = null;
    const now = this.#clearances(positions);
    this.pairs.forEach(([i, j], k) => {
      const permitted = Math.min(MARGIN_METERS, this.byBuild[k], start ? start[k] : Infinity) - 0.002;
      if (now[k] >= permitted || (worst && worst.below <= now[k] - permitted)) return;
      worst = { a: this.solids[i].link, b: this.solids[j].link, meters: now[k], below: now[k] - permitted };
    });
    return worst && { a: worst.a, b: worst.b, meters: worst.meters };
  }

  /** Clearance of every pair, m, to be given to `touching` as the start. */
  clearances(positions) {
    return this.#clearances(positions);
  }

  #pairs() {
    const pairs = [];
    for (let i = 0; i < this.solids.length; i++)
      for (let j = i + 1; j < this.solids.length; j++)
        if (this.#apartByBuild(this.solids[i].link, this.solids[j].link)) pairs.push([i, j]);
    return pairs;
  }

  // Joints that move between the two links, on the way over their common ancestor.
  #apartByBuild(a, b) {
    const up = this.figure.chain(a);
    const down = this.figure.chain(b);
    let common = 0;
    while (common < up.length && common < down.length && up[common] === down[common]) common++;
    const between = [...up.slice(common), ...down.slice(common)].filter((j) => j.type !== 'fixed');
    return between.length > NEIGHBOURS;
  }

  #clearances(positions) {
    const frames = this.figure.poses(positions);
    const ends = this.solids.map(({ link, a, b }) => {
      const frame = frames.get(link);
      const at = (v) => turned(frame.r, v).map((x, i) => x + frame.p[i]);
      return [at(a), at(b)];
    });
    const out = new Float64Array(this.pairs.length);
    this.pairs.forEach(([i, j], k) => {
      out[k] = segments(ends[i][0], ends[i][1], ends[j][0], ends[j][1]) - this.solids[i].radius - this.solids[j].radius;
    });
    return out;
  }
}

function capsulesOf(shape) {
  const number = (name) => numbers(shape.getAttribute(name), 1, [0])[0];
  switch (shape?.localName) {
    case 'sphere':
      return [{ a: [0, 0, 0], b: [0, 0, 0], radius: number('radius') }];
    case 'cylinder': {
      const half = Math.max(0, number('length') / 2 - number('radius'));
      return [{ a: [0, 0, -half], b: [0, 0, half], radius: number('radius') }];
    }
    case 'capsule':
      return [{ a: [0, 0, -number('length') / 2], b: [0, 0, number('length') / 2], radius: number('radius') }];
    case 'box':
      return boxed(numbers(shape.getAttribute('size'), 3, [0, 0, 0]));
    default:
      return []; // a mesh: its file is not here
  }
}

// Along the longest edge, as thick as the shortest; side by side where the middle edge asks for it.
function boxed(size) {
  const [long, middle, short] = [0, 1, 2].sort((i, j) => size[j] - size[i]);
  const radius = size[short] / 2;
  const half = Math.max(0, size[long] / 2 - radius);
  const aside = size[middle] > FLAT * size[short] ? size[middle] / 2 - radius : 0;
  const at = (along, across) => {
    const v = [0, 0, 0];
    v[long] = along;
    v[middle] = across;
    return v;
  };
  return (aside ? [-aside, aside] : [0]).map((across) => ({ a: at(-half, across), b: at(half, across), radius }));
}

/** Distance of two segments, m (Ericson, Real-Time Collision Detection, 5.1.9). */
export function segments(p1, q1, p2, q2) {
  const d1 = minus(q1, p1);
  const d2 = minus(q2, p2);
  const r = minus(p1, p2);
  const [a, e, f] = [dot(d1, d1), dot(d2, d2), dot(d2, r)];
  const tiny = 1e-12;
  let s = 0;
  let t = 0;
  if (a > tiny && e > tiny) {
    const b = dot(d1, d2);
    const c = dot(d1, r);
    const det = a * e - b * b;
    s = det > tiny ? clamp((b * f - c * e) / det) : 0;
    t = (b * s + f) / e;
    if (t < 0) {
      t = 0;
      s = clamp(-c / a);
    } else if (t > 1) {
      t = 1;
      s = clamp((b - c) / a);
    }
  } else if (a > tiny) s = clamp(-dot(d1, r) / a);
  else if (e > tiny) t = clamp(f / e);
  return Math.hypot(...[0, 1, 2].map((i) => r[i] + d1[i] * s - d2[i] * t));
}

const minus = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const clamp = (v) => Math.max(0, Math.min(1, v));
