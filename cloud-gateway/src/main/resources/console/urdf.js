// URDF to three.js: links, joints (fixed, revolute, continuous, prismatic, mimic), visuals of boxes, cylinders, spheres
// and capsules, materials. ROS is z-up with metres and radians; the caller turns the root.

import * as THREE from 'three';
import { child, children, numbers, robotElement } from './body/xml.js';

/** A body that can be posed. */
export class Model {
  constructor(name, root, links, joints, missing) {
    this.name = name;
    this.missing = missing; // visuals that are meshes: their files are not here
    this.root = root; // THREE.Group of the base link
    this.links = links; // name -> Group
    this.joints = joints; // name -> {type, group, origin, axis, lower, upper, mimic, value}
    this.materials = new Set();
    root.traverse((o) => o.isMesh && this.materials.add(o.material));
  }

  /** Radians or metres; names that are no joints of this body are ignored. */
  set(name, value) {
    const joint = this.joints.get(name);
    if (!joint || joint.mimic || !Number.isFinite(value)) return;
    move(joint, value);
  }

  /** To be called after a round of set(). */
  follow() {
    for (const joint of this.joints.values())
      if (joint.mimic) {
        const leader = this.joints.get(joint.mimic.joint);
        if (leader) move(joint, joint.mimic.multiplier * leader.value + joint.mimic.offset);
      }
  }

  dispose() {
    this.root.traverse((o) => o.isMesh && o.geometry.dispose());
    for (const material of this.materials) material.dispose();
  }
}

const turn = new THREE.Quaternion();

function move(joint, value) {
  if (joint.value === value) return;
  joint.value = value;
  if (joint.type === 'prismatic') {
    joint.group.position.copy(joint.axis).multiplyScalar(value).applyQuaternion(joint.turned).add(joint.placed);
  } else if (joint.type !== 'fixed') {
    turn.setFromAxisAngle(joint.axis, value);
    joint.group.quaternion.copy(joint.turned).multiply(turn);
  }
}

/**
 * @param {string} xml
 * @param {{material?: (rgba: number[]) => THREE.Material}} options how visuals are painted
 * @returns {Model}
 * @throws {Error} naming what is wrong
 */
export function loadUrdf(xml, options = {}) {
  const robot = robotElement(xml);
  const palette = new Map();
  for (const material of children(robot, 'material')) {
    const rgba = numbers(child(material, 'color')?.getAttribute('rgba'), 4, null);
    if (rgba) palette.set(material.getAttribute('name'), rgba);
  }
  const painted = new Map();
  const paint = (rgba) => {
    const key = rgba.join(' ');
    if (!painted.has(key)) painted.set(key, (options.material ?? plain)(rgba));
    return painted.get(key);
  };
  let missing = 0;
  const links = new Map();
  for (const element of children(robot, 'link')) {
    const name = element.getAttribute('name');
    if (links.has(name)) throw new Error(`URDF: link "${name}" twice`);
    const group = new THREE.Group();
    group.name = name;
    for (const visual of children(element, 'visual')) if (!addVisual(group, visual, palette, paint)) missing++;
    links.set(name, group);
  }
  const joints = new Map();
  const attached = new Set();
  for (const element of children(robot, 'joint')) {
    const name = element.getAttribute('name');
    const parent = child(element, 'parent')?.getAttribute('link');
    const below = child(element, 'child')?.getAttribute('link');
    if (!links.has(parent) || !links.has(below))
      throw new Error(`URDF: joint "${name}" joins "${parent}" and "${below}", which are not both links`);
    if (attached.has(below)) throw new Error(`URDF: link "${below}" has two parents`);
    attached.add(below);
    const group = links.get(below);
    place(group, child(element, 'origin'));
    links.get(parent).add(group);
    const limit = child(element, 'limit');
    const mimic = child(element, 'mimic');
    const axis = new THREE.Vector3(...numbers(child(element, 'axis')?.getAttribute('xyz'), 3, [1, 0, 0]));
    joints.set(name, {
      name,
      type: element.getAttribute('type'),
      group,
      placed: group.position.clone(),
      turned: group.quaternion.clone(),
      axis: axis.lengthSq() > 0 ? axis.normalize() : axis.set(1, 0, 0),
      lower: Number(limit?.getAttribute('lower') ?? NaN),
      upper: Number(limit?.getAttribute('upper') ?? NaN),
      mimic: mimic && {
        joint: mimic.getAttribute('joint'),
        multiplier: Number(mimic.getAttribute('multiplier') ?? 1),
        offset: Number(mimic.getAttribute('offset') ?? 0),
      },
      value: 0,
    });
  }
  const roots = [...links.keys()].filter((name) => !attached.has(name));
  if (roots.length !== 1) throw new Error(`URDF: expected one root link, found ${roots.length}`);
  return new Model(robot.getAttribute('name'), links.get(roots[0]), links, joints, missing);
}

function place(object, origin) {
  object.position.set(...numbers(origin?.getAttribute('xyz'), 3, [0, 0, 0]));
  const [r, p, y] = numbers(origin?.getAttribute('rpy'), 3, [0, 0, 0]);
  object.rotation.set(r, p, y, 'ZYX'); // rpy: about the fixed axes x, y, z
}

function addVisual(group, visual, palette, paint) {
  const geometry = child(visual, 'geometry');
  const shape = geometry && geometry.children[0];
  if (!shape) return true;
  const own = child(visual, 'material');
  const rgba = numbers(own && child(own, 'color')?.getAttribute('rgba'), 4, null)
    ?? palette.get(own?.getAttribute('name')) ?? [0.7, 0.72, 0.75, 1];
  const parts = solids(shape);
  const solid = new THREE.Group();
  for (const part of parts) {
    const mesh = new THREE.Mesh(part.geometry, paint(rgba));
    if (part.alongZ) mesh.rotation.x = Math.PI / 2; // three's cylinders stand along y, URDF's along z
    mesh.position.z = part.z ?? 0;
    solid.add(mesh);
  }
  place(solid, child(visual, 'origin'));
  group.add(solid);
  return parts.length > 0;
}

function solids(shape) {
  const size = (name) => {
    const value = Number(shape.getAttribute(name));
    if (!(value > 0)) throw new Error(`URDF: ${shape.localName} ${name}: expected above 0, found "${shape.getAttribute(name)}"`);
    return value;
  };
  switch (shape.localName) {
    case 'box':
      return [{ geometry: new THREE.BoxGeometry(...numbers(shape.getAttribute('size'), 3, [1, 1, 1])) }];
    case 'cylinder':
      return [{ geometry: new THREE.CylinderGeometry(size('radius'), size('radius'), size('length'), 28), alongZ: true }];
    case 'sphere':
      return [{ geometry: new THREE.SphereGeometry(size('radius'), 24, 16) }];
    case 'capsule': {
      const [radius, length] = [size('radius'), size('length')];
      return [
        { geometry: new THREE.CylinderGeometry(radius, radius, length, 28, 1, true), alongZ: true },
        { geometry: new THREE.SphereGeometry(radius, 24, 16), z: length / 2 },
        { geometry: new THREE.SphereGeometry(radius, 24, 16), z: -length / 2 },
      ];
    }
    default:
      return []; // a mesh: its file is on the robot's computer, not here
  }
}

function plain([r, g, b, a]) {
  return new THREE.MeshLambertMaterial({
    color: new THREE.Color().setRGB(r, g, b, THREE.SRGBColorSpace),
    transparent: a < 1,
    opacity: a,
  });
}
