// VR hands: while a controller is squeezed, its tip follows the controller's movement since the squeeze. Only where the
// browser has immersive sessions. Forward for the person is forward for the robot: the turn of the head at the squeeze
// counts, its tilt does not.

import { immerse, frame as pictureSeen } from '../presence.js';
import { store } from '../store.js';
import { ReachAim } from './aims.js';
import { hand } from './hand.js';

export const xr = { state: 'asking', note: '', session: null, squeezed: null }; // state: asking | none | ready | inside
const held = new Map(); // input source -> was it squeezed

/** Asks once whether there is such a device. */
export async function findXr() {
  try {
    xr.state = (await navigator.xr?.isSessionSupported('immersive-vr')) ? 'ready' : 'none';
  } catch (failure) {
    xr.state = 'none';
    xr.note = failure.message;
  }
}

/** To be called from a click. @param {?object} view the 3D view that draws into the headset */
export async function enter(view) {
  try {
    if (!view) throw new Error('without a 3D view nothing would be seen');
    const session = await navigator.xr.requestSession('immersive-vr', { optionalFeatures: ['local-floor'] });
    session.addEventListener('end', left);
    session.addEventListener('visibilitychange', () => session.visibilityState !== 'visible' && lapse('the headset shows something else'));
    await view.enterXr(session, step);
    Object.assign(xr, { session, state: 'inside', note: '' });
    immerse(true);
  } catch (failure) {
    xr.note = `not entered: ${failure.message}`;
  }
}

function left() {
  lapse('the VR session ended');
  held.clear();
  Object.assign(xr, { session: null, state: 'ready', squeezed: null });
  immerse(false);
}

const lapse = (why) => xr.squeezed && hand.lapse(xr.squeezed.source, why);

const sourceOf = (input) => `VR ${input.handedness} hand`;

/** The tip that a controller drives: the one that is named after its hand. */
function tipOf(input) {
  return Object.keys(store.current?.profile?.tips ?? {}).find((t) => t.startsWith(input.handedness)) ?? null;
}

/** One picture of the headset. @param {XRFrame} frame @param {XRReferenceSpace} space */
export function step(frame, space) {
  pictureSeen(performance.now());
  const present = new Set();
  for (const input of frame.session.inputSources) {
    if (!input.gripSpace || !input.gamepad) continue;
    present.add(input);
    const squeezed = Boolean(input.gamepad.buttons[1]?.pressed);
    const before = held.get(input);
    held.set(input, squeezed);
    const pose = frame.getPose(input.gripSpace, space);
    const source = sourceOf(input);
    if (squeezed && before === false && pose) begin(source, input, pose, frame.getViewerPose(space));
    if (!hand.holds(source)) continue;
    if (!squeezed) hand.drop(source);
    else if (!pose || pose.emulatedPosition) hand.lapse(source, 'the controller is not tracked');
    else follow(pose);
  }
  for (const input of held.keys())
    if (!present.has(input)) {
      held.delete(input);
      hand.lapse(sourceOf(input), 'the controller is gone');
    }
  if (xr.squeezed && !hand.holds(xr.squeezed.source)) xr.squeezed = null;
}

function begin(source, input, pose, viewer) {
  const tip = tipOf(input);
  if (!tip) return;
  const aim = new ReachAim(tip);
  if (!hand.take(source, aim)) return;
  const o = viewer?.transform.orientation;
  const yaw = o ? Math.atan2(2 * (o.w * o.y + o.x * o.z), 1 - 2 * (o.x * o.x + o.y * o.y)) : 0;
  xr.squeezed = { source, aim, yaw, from: at(pose), place: [...aim.place] };
}

const at = ({ transform: { position: p } }) => [p.x, p.y, p.z];

// WebXR: x right, y up, z back; ROS: x forward, y left, z up.
function follow(pose) {
  const { aim, yaw, from, place } = xr.squeezed;
  const [x, y, z] = at(pose).map((v, i) => v - from[i]);
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
  const ahead = -(z * c + x * s);
  const aside = -(x * c - z * s);
  aim.wanted = [place[0] + ahead, place[1] + aside, place[2] + y];
}
