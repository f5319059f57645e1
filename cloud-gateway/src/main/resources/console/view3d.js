// The scene: the robot where it says it is, its dream as a ghost, the reach target. Draws the newest state once per
// animation frame; on a slow machine it draws less often and coarser, so that the page stays usable.

import * as THREE from 'three';
import { OrbitControls } from 'three/OrbitControls';
import { TransformControls } from 'three/TransformControls';
import { posture } from './replay.js';
import { store, OLD_MS } from './store.js';
import { loadUrdf } from './urdf.js';

const BACKGROUND = 0x10151a;
const GREY = new THREE.Color(0x6b7178);
const GHOST = new THREE.Color(0xa394ff);
const GHOST_OPACITY = 0.28;
const AHEAD = { ahead: new THREE.Color(0xf2a54a), rehearsed: new THREE.Color(0x62c48d), blocked: new THREE.Color(0xee7571) };
const PAST = new THREE.Color(0xffd166);
const SLOW_MS = 60; // between frames, on average: then draw at most ten times a second
const SLOW_GAP_MS = 95;

export class View {
  /** @throws {Error} where WebGL cannot be had */
  constructor(canvas, region) {
    this.canvas = canvas;
    this.region = region;
    // Smooth edges cost a software renderer almost half of its frames; ?quality=high asks for them all the same.
    const antialias = !drawnInSoftware() || new URLSearchParams(location.search).get('quality') === 'high';
    this.renderer = new THREE.WebGLRenderer({ canvas, antialias, powerPreference: 'low-power' });
    this.scene = new THREE.Scene();
    this.scene.background = new THREE.Color(BACKGROUND);
    this.scene.fog = new THREE.Fog(BACKGROUND, 6, 14);
    this.camera = new THREE.PerspectiveCamera(32, 1, 0.05, 60);
    this.camera.position.set(2.75, 1.45, 2.1);
    this.world = new THREE.Group(); // ROS axes: x forward, y left, z up
    this.world.rotation.x = -Math.PI / 2;
    this.scene.add(this.world);
    this.followed = new THREE.Vector3();
    this.models = new Map();
    this.meanGapMs = 16;
    this.lastMs = 0;
    this.lastDrawnMs = 0;
    this.size = '';
    this.ahead = null; // {urdf, material, model}: the ghost of what is rehearsed
    this.past = null; // {urdf, model}: the ghost of what is replayed
    this.inXr = false;
    this.#stage();
    this.#controls();
  }

  #stage() {
    this.scene.add(new THREE.HemisphereLight(0xdfe9f5, 0x39424c, 1.5));
    const key = new THREE.DirectionalLight(0xffffff, 2.0);
    key.position.set(2.5, 4, 2);
    const rim = new THREE.DirectionalLight(0x7fb4d6, 0.9);
    rim.position.set(-3, 2, -3);
    this.scene.add(key, rim);
    const fine = new THREE.GridHelper(20, 80, 0x222c35, 0x222c35);
    const coarse = new THREE.GridHelper(20, 20, 0x4a5b69, 0x36434f);
    coarse.position.y = 0.001;
    const axes = new THREE.AxesHelper(0.25);
    axes.position.z = 0.002;
    this.world.add(axes);
    this.scene.add(fine, coarse);
    this.shadow = new THREE.Mesh(new THREE.PlaneGeometry(0.9, 0.9), new THREE.MeshBasicMaterial({
      map: softDisc(), transparent: true, depthWrite: false, opacity: 0.6,
    }));
    this.shadow.position.z = 0.003;
    this.world.add(this.shadow);
  }

  #controls() {
    this.orbit = new OrbitControls(this.camera, this.canvas);
    this.orbit.target.set(0, 0.78, 0);
    this.orbit.minDistance = 0.4;
    this.orbit.maxDistance = 12;
    this.orbit.maxPolarAngle = Math.PI * 0.55;
    this.orbit.update();
    this.target = new THREE.Mesh(
      new THREE.SphereGeometry(0.035, 24, 16),
      new THREE.MeshLambertMaterial({ color: 0xf2a54a, transparent: true, opacity: 0.85 }),
    );
    this.way = new THREE.Line(
      new THREE.BufferGeometry().setFromPoints([new THREE.Vector3(), new THREE.Vector3()]),
      new THREE.LineBasicMaterial({ color: 0xf2a54a, transparent: true, opacity: 0.7 }),
    );
    this.way.frustumCulled = false;
    this.gizmo = new TransformControls(this.camera, this.canvas);
    this.gizmo.setSize(0.55);
    this.gizmo.setSpace('local');
    this.gizmo.addEventListener('dragging-changed', (e) => (this.orbit.enabled = !e.value));
    this.gizmo.addEventListener('objectChange', () => {
      const { x, y, z } = this.target.position;
      Object.assign(store.reach, { x: round(x), y: round(y), z: round(z) });
    });
    this.scene.add(this.gizmo.getHelper());
    this.targetShown = false;
  }

  /** Position of a link in the base frame, m; null where it is not known. */
  tip(link) {
    const model = this.models.get(store.selected)?.model;
    const group = model?.links.get(link);
    if (!group) return null;
    model.root.updateWorldMatrix(true, true);
    return model.root.worldToLocal(group.getWorldPosition(new THREE.Vector3()));
  }

  /** For tests: where a link is in ROS axes of the odometry frame, m. */
  linkPosition(robot, link) {
    const group = this.models.get(robot)?.model.links.get(link);
    if (!group) return null;
    this.world.updateWorldMatrix(true, true);
    const p = this.world.worldToLocal(group.getWorldPosition(new THREE.Vector3()));
    return [p.x, p.y, p.z];
  }

  start() {
    const frame = (now) => {
      this.#frame(now);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  #frame(now) {
    if (this.lastMs) this.meanGapMs += (Math.min(now - this.lastMs, 500) - this.meanGapMs) * 0.05;
    this.lastMs = now;
    if (this.meanGapMs > SLOW_MS && now - this.lastDrawnMs < SLOW_GAP_MS) return;
    this.lastDrawnMs = now;
    if (this.inXr) return;
    this.#fit();
    this.#pose(now);
    this.renderer.render(this.scene, this.camera);
    store.drawn++;
  }

  #pose(now) {
    const current = store.current;
    const dream = store.dream;
    for (const [name, shown] of this.models)
      if ((name !== current?.name && name !== dream?.name) || shown.urdf !== store.robots.get(name)?.urdf) this.#remove(name);
    if (current) this.#show(current, Boolean(current.view?.dream));
    if (dream) this.#show(dream, true);
    const ghost = dream && this.models.get(dream.name);
    if (ghost) ghost.model.root.visible = store.ghost && dream.joints !== null && !store.preview && !store.replay;
    this.#preview(current, now);
    this.#replay(current, now);
    this.#reach(current);
  }

  #show(robot, asGhost) {
    let shown = this.models.get(robot.name);
    if (!shown) {
      if (!robot.urdf || robot.urdfFailure === robot.urdf) return;
      try {
        shown = this.#add(robot, asGhost);
      } catch (failure) {
        robot.urdfFailure = robot.urdf; // said once; the panels go on
        robot.failure = failure.message;
        return;
      }
    }
    const { model } = shown;
    const joints = robot.joints;
    if (joints && shown.frame !== joints) {
      shown.frame = joints;
      robot.names.forEach((name, i) => model.set(name, joints.positions[i]));
      model.follow();
      const [x, y, z] = joints.position;
      if (Number.isFinite(x)) model.root.position.set(x, y, z);
      else model.root.position.set(0, 0, shown.standing);
      const [qx, qy, qz, qw] = joints.orientation;
      if (Number.isFinite(qw)) model.root.quaternion.set(qx, qy, qz, qw).normalize();
      if (robot.name === store.selected) this.#follow(model.root.position);
    }
    const age = robot.ageMs();
    // What is dreamed of a robot that is not heard is as old as the robot's own values.
    const followed = asGhost ? store.robots.get(robot.view?.dreamOf) : null;
    const old = !store.online || age === null || age > OLD_MS || (followed && !(followed.ageMs() <= OLD_MS));
    if (shown.old !== old) {
      shown.old = old;
      for (const material of model.materials) {
        if (asGhost) material.opacity = old ? GHOST_OPACITY / 3 : GHOST_OPACITY;
        else material.color.copy(material.userData.color).lerp(GREY, old ? 0.85 : 0);
      }
    }
  }

  // The posture ahead: of a held hand, or of a rehearsal. Stands where the robot stands.
  #preview(robot, now) {
    const wanted = store.preview;
    const body = robot && this.models.get(robot.name);
    const on = body && wanted?.robot === robot.name && now < wanted.until && !robot.view?.dream;
    if (this.ahead && (!on || this.ahead.urdf !== body.urdf)) {
      this.world.remove(this.ahead.model.root);
      this.ahead.model.dispose();
      this.ahead = null;
    }
    if (!on) return;
    if (!this.ahead) {
      const material = ghostly();
      this.ahead = { urdf: body.urdf, material, model: loadUrdf(body.urdf, { material: () => material }) };
      this.ahead.model.root.traverse((o) => (o.renderOrder = 2));
      this.world.add(this.ahead.model.root);
    }
    const { model, material } = this.ahead;
    material.color.copy(AHEAD[wanted.level]);
    material.emissive.copy(AHEAD[wanted.level]);
    material.opacity = 0.42;
    for (const [joint, value] of wanted.positions) model.set(joint, value);
    model.follow();
    model.root.position.copy(body.model.root.position);
    model.root.quaternion.copy(body.model.root.quaternion);
  }

  // Recorded time: a ghost of its own, where the samples say that the body was.
  #replay(robot, now) {
    const wanted = posture(now);
    const body = robot && this.models.get(robot.name);
    const on = wanted && body && wanted.robot === robot.name;
    if (this.past && (!on || this.past.urdf !== body.urdf)) {
      this.world.remove(this.past.model.root);
      this.past.model.dispose();
      this.past = null;
    }
    if (!on) return;
    if (!this.past) {
      const material = ghostly();
      material.color.copy(PAST);
      material.emissive.copy(PAST);
      material.opacity = 0.5;
      this.past = { urdf: body.urdf, model: loadUrdf(body.urdf, { material: () => material }) };
      this.past.model.root.traverse((o) => (o.renderOrder = 3));
      this.world.add(this.past.model.root);
    }
    const { root } = this.past.model;
    const { position, orientation, positionsRad } = wanted.posture;
    wanted.names.forEach((name, i) => this.past.model.set(name, positionsRad[i]));
    this.past.model.follow();
    if (position) root.position.set(position.x, position.y, position.z);
    else root.position.copy(body.model.root.position);
    if (orientation) root.quaternion.set(orientation.x, orientation.y, orientation.z, orientation.w).normalize();
  }

  /**
   * Draws into a headset from now on, until its session ends.
   * @param {(frame: XRFrame, space: XRReferenceSpace) => void} step called with each of its pictures
   */
  async enterXr(session, step) {
    const xr = this.renderer.xr;
    xr.enabled = true;
    xr.setReferenceSpaceType('local-floor');
    await xr.setSession(session);
    this.inXr = true;
    session.addEventListener('end', () => {
      this.inXr = false;
      this.renderer.setAnimationLoop(null);
      xr.enabled = false;
      this.size = ''; // fitted anew
    });
    this.renderer.setAnimationLoop((now, frame) => {
      if (!frame) return;
      step(frame, xr.getReferenceSpace());
      this.#pose(now);
      this.renderer.render(this.scene, this.camera);
      store.drawn++;
    });
  }

  #add(robot, asGhost) {
    const model = loadUrdf(robot.urdf, { material: asGhost ? ghostly : solid });
    if (asGhost) model.root.traverse((o) => (o.renderOrder = 1));
    const box = new THREE.Box3().setFromObject(model.root);
    const shown = { model, urdf: robot.urdf, standing: Math.max(0, -box.min.z), frame: null, old: null };
    robot.missingVisuals = model.missing;
    this.models.set(robot.name, shown);
    this.world.add(model.root);
    return shown;
  }

  #remove(name) {
    const { model } = this.models.get(name);
    if (this.target.parent === model.root) this.#hideTarget();
    this.world.remove(model.root);
    model.dispose();
    this.models.delete(name);
  }

  // The camera goes along with the base over the ground.
  #follow(base) {
    const at = new THREE.Vector3(base.x, 0, -base.y);
    const moved = at.clone().sub(this.followed);
    if (moved.lengthSq() < 1e-8) return;
    this.followed.copy(at);
    this.camera.position.add(moved);
    this.orbit.target.add(moved);
    this.orbit.update();
    this.shadow.position.set(base.x, base.y, 0.003);
  }

  #reach(robot) {
    const shown = robot && this.models.get(robot.name);
    if (!store.reach.shown || !shown || robot.view?.dream) {
      if (this.targetShown) this.#hideTarget();
      return;
    }
    if (!this.targetShown) {
      shown.model.root.add(this.target, this.way);
      this.gizmo.attach(this.target);
      this.targetShown = true;
    }
    if (!this.gizmo.dragging) this.target.position.set(store.reach.x, store.reach.y, store.reach.z);
    const tip = this.tip(robot.profile?.tips[store.reach.tip]);
    this.way.visible = tip !== null;
    if (tip) {
      const ends = this.way.geometry.attributes.position;
      ends.setXYZ(0, tip.x, tip.y, tip.z);
      ends.setXYZ(1, this.target.position.x, this.target.position.y, this.target.position.z);
      ends.needsUpdate = true;
    }
  }

  #hideTarget() {
    this.gizmo.detach();
    this.target.removeFromParent();
    this.way.removeFromParent();
    this.targetShown = false;
  }

  // The robot stands in the middle of what the panels leave free.
  #fit() {
    const width = window.innerWidth;
    const height = window.innerHeight;
    const region = this.region.getBoundingClientRect();
    const covered = Math.min(store.covered, region.height / 2);
    const free = { left: region.left, top: region.top + covered, width: region.width, height: region.height - covered };
    const ratio = this.meanGapMs > SLOW_MS ? 0.75 : Math.min(window.devicePixelRatio || 1, 2);
    const size = [width, height, free.left, free.top, free.width, free.height, ratio].map(Math.round).join(' ') + ratio;
    if (size === this.size) return;
    this.size = size;
    this.renderer.setPixelRatio(ratio);
    this.renderer.setSize(width, height, false);
    // The field of view is that of the free region; the rest of the window sees what lies around it.
    const freeHeight = Math.max(free.height, 120);
    this.camera.fov = 2 * Math.atan(Math.tan((15.5 * Math.PI) / 180) * (height / freeHeight)) * (180 / Math.PI);
    this.camera.aspect = width / height;
    const dx = width / 2 - (free.left + free.width / 2);
    const dy = height / 2 - (free.top + freeHeight / 2);
    this.camera.setViewOffset(width, height, dx, dy, width, height);
  }
}

const round = (v) => Math.round(v * 1000) / 1000;

function solid([r, g, b, a]) {
  const material = new THREE.MeshLambertMaterial({ transparent: a < 1, opacity: a });
  material.color.setRGB(r, g, b, THREE.SRGBColorSpace);
  material.userData.color = material.color.clone();
  return material;
}

function ghostly() {
  return new THREE.MeshLambertMaterial({
    color: GHOST, emissive: GHOST, emissiveIntensity: 0.4, transparent: true, opacity: GHOST_OPACITY, depthWrite: false,
    // Where dream and robot agree the robot is seen, not a flicker of both.
    polygonOffset: true, polygonOffsetFactor: 2, polygonOffsetUnits: 60,
  });
}

function drawnInSoftware() {
  const gl = document.createElement('canvas').getContext('webgl2');
  const info = gl?.getExtension('WEBGL_debug_renderer_info');
  const name = info ? String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) : '';
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return /swiftshader|llvmpipe|software/i.test(name);
}

function softDisc() {
  const side = 128;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const ink = canvas.getContext('2d');
  const fade = ink.createRadialGradient(side / 2, side / 2, 0, side / 2, side / 2, side / 2);
  fade.addColorStop(0, 'rgba(0,0,0,.9)');
  fade.addColorStop(0.45, 'rgba(0,0,0,.35)');
  fade.addColorStop(1, 'rgba(0,0,0,0)');
  ink.fillStyle = fade;
  ink.fillRect(0, 0, side, side);
  return new THREE.CanvasTexture(canvas);
}
