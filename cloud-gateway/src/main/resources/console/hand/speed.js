// How fast a held control may move: the operator's choice, narrowed by rule with the age of what is seen.

/** Above so many milliseconds, so much of the speed is left; the node has the same rule for its own way to the guard. */
export const NARROWING = [[400, 0], [200, 0.25], [100, 0.5]];

/** What the person reacts to is late by the round trip or by the age of the picture, whichever is worse. */
export const lateness = (roundTripMs, ageMs) => Math.max(roundTripMs ?? 0, ageMs ?? 0);

export function narrowed(lateMs) {
  for (const [above, factor] of NARROWING) if (lateMs > above) return factor;
  return 1;
}

/** Shares of the class's own most that the operator may choose. */
export const CHOICES = [['slow', 0.25], ['half', 0.5], ['full', 1]];

export const MOST = {
  joint: 1.0, // rad/s, or the joint's own limit where that is lower
  jointAcceleration: 4, // rad/s2, or the joint's own
  tip: 0.25, // m/s
  tipAcceleration: 0.8, // m/s2
  velocity: { vx: 0.4, vy: 0.25, wz: 0.8 }, // where the profile names none
  acceleration: { linear: 0.6, angular: 1.2 },
};

/** Towards the wanted value, by no more than the acceleration allows in dt seconds. */
export function ramp(value, wanted, acceleration, dt) {
  const most = acceleration * dt;
  return value + Math.max(-most, Math.min(most, wanted - value));
}
