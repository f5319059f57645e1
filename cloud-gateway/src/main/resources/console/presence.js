// Is somebody there? A held control ends when the page is hidden, loses the focus, leaves, or stalls (no animation
// frame for 250 ms: nobody sees what the robot does). And when did the operator last touch anything?

export const STALLED_MS = 250;

const listeners = new Set();
let lastFrameMs = performance.now();
let lastInputMs = performance.now();
let immersive = false; // frames come from a headset now

/** Calls back with the reason, at once, when the operator can no longer be taken to hold a control. */
export function onAway(listener) {
  listeners.add(listener);
}

function away(why) {
  for (const listener of listeners) listener(why);
}

/** Why a control cannot be held now, in words; null: it can. */
export function whyAway(now = performance.now()) {
  if (document.hidden) return 'the page is hidden';
  if (!immersive && !document.hasFocus()) return 'the window has no focus';
  const gap = now - lastFrameMs;
  return gap > STALLED_MS ? `the page stalled for ${Math.round(gap)} ms` : null;
}

/** A picture was made. A gap is told before the frame counts: the stall ends the hold, not the frame after it. */
export function frame(now = performance.now()) {
  const gap = now - lastFrameMs;
  if (gap > STALLED_MS) away(`the page stalled for ${Math.round(gap)} ms`);
  lastFrameMs = now;
}

/** The operator did something. */
export function touched() {
  lastInputMs = performance.now();
}

export const idleMs = () => performance.now() - lastInputMs;

/** Frames come from a headset (true) or from the window. */
export function immerse(on) {
  immersive = on;
  lastFrameMs = performance.now();
}

export function startPresence() {
  document.addEventListener('visibilitychange', () => document.hidden && away('the page is hidden'));
  window.addEventListener('blur', () => !immersive && away('the window lost the focus'));
  window.addEventListener('pagehide', () => away('the page was left'));
  for (const kind of ['pointerdown', 'pointermove', 'keydown', 'wheel'])
    window.addEventListener(kind, touched, { capture: true, passive: true });
  const watch = () => {
    if (!immersive) frame(performance.now());
    requestAnimationFrame(watch);
  };
  requestAnimationFrame(watch);
}
