// The one held control of this page. Sources (buttons, keys, gamepads, VR hands) take it on the edge of being held and
// drop it when let go; the first that holds wins until it lets go. What ends a hold by rule ends it at once, and since
// only an edge takes it again, nothing moves until the control was released and held anew.

import { onAway, touched, whyAway } from '../presence.js';
import { store } from '../store.js';
import { lateness, narrowed } from './speed.js';
import { HoldStream } from './stream.js';

export const TICK_MS = 50;

class Hand {
  grip = null; // {source, aim, stream, robot, sinceMs, lastMs}
  ended = null; // {why, by: 'operator' | 'rule', label, part, source, stream, atMs}
  share = 0.5; // of the most, the operator's choice
  refusal = null; // {why, atMs}: a control was held and not taken
  taken = 0; // holds so far

  /**
   * A control begins to be held.
   * @param {string} source who holds it, as shown
   * @param {object} aim of aims.js
   * @returns {boolean} whether it moves the robot now
   */
  take(source, aim) {
    touched();
    const robot = store.current;
    const why = this.whyNot(source, aim) ?? aim.start(robot);
    if (why) {
      this.refusal = { why, atMs: performance.now() };
      return false;
    }
    this.refusal = null;
    this.ended = null;
    this.taken++;
    const now = performance.now();
    const stream = new HoldStream(robot.name, aim.kind, (end) => this.#end(source, end, 'rule'));
    this.grip = { source, aim, stream, robot: robot.name, sinceMs: now, lastMs: now };
    return true;
  }

  /** Why this source cannot hold now; null: it can. */
  whyNot(source, aim) {
    if (this.grip && this.grip.source !== source) return `${this.grip.source} holds the control: let it go first`;
    if (this.grip) return 'held already';
    return store.whyNotFor(aim.part) ?? whyAway();
  }

  holds(source) {
    return this.grip?.source === source;
  }

  /** The operator lets go. */
  drop(source) {
    touched();
    this.#end(source, 'let go', 'operator');
  }

  /** A rule ends the hold of this source. */
  lapse(source, why) {
    this.#end(source, why, 'rule');
  }

  #end(source, why, by) {
    const grip = this.grip;
    if (!grip || grip.source !== source) return;
    this.grip = null;
    this.refusal = null;
    this.ended = { why, by, label: grip.aim.label, part: grip.aim.part, source, stream: grip.stream, atMs: performance.now() };
    grip.stream.letGo(grip.aim.rest(), by === 'rule' ? why : '');
  }

  /** What is left of the speed, and why; `ask`: of what is said to the node, which narrows a velocity itself. */
  speed(grip = this.grip) {
    const lateMs = lateness(grip?.stream.lateMs() ?? store.roundTripMs, store.current?.ageMs());
    const byNode = grip?.stream.speedFactor ?? 1;
    const factor = Math.min(narrowed(lateMs), byNode);
    return { factor, ask: grip?.aim.kind === 'velocity' ? factor / byNode : factor, lateMs };
  }

  tick(now) {
    const grip = this.grip;
    if (!grip) return;
    const why = (grip.robot !== store.selected ? 'another robot was chosen' : null)
      ?? whyAway(now) ?? store.whyNotFor(grip.aim.part) ?? grip.stream.whyDead(now);
    if (why) {
      this.#end(grip.source, why, 'rule');
      return;
    }
    touched();
    const dt = Math.min(0.1, (now - grip.lastMs) / 1000);
    grip.lastMs = now;
    if (!grip.stream.live) return;
    grip.stream.send(grip.aim.step(dt, this.share * this.speed(grip).ask));
  }
}

export const hand = new Hand();

onAway((why) => hand.grip && hand.lapse(hand.grip.source, why));
