// A button that moves while it is held: by pointer, or by Enter where it has the focus. (Space stays the stop.)

import { el, flag } from '../dom.js';
import { hand } from './hand.js';

let buttons = 0;

/**
 * @param {string} what tag and classes as in `el`
 * @param {object} attributes an aria-label among them
 * @param {string} words on the button
 * @param {() => ?object} aim a new aim for each hold
 */
export function holdButton(what, attributes, words, aim) {
  const source = `button ${++buttons}`;
  let pointer = null;
  const button = el(what, { type: 'button', ...attributes }, words);
  const end = () => {
    pointer = null;
    flag(button, 'data-held', false);
    hand.drop(source);
  };
  const begin = () => {
    const wanted = aim();
    if (wanted && hand.take(source, wanted)) flag(button, 'data-held', true);
  };
  button.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || button.disabled || pointer !== null) return;
    pointer = event.pointerId;
    button.setPointerCapture(pointer);
    begin();
  });
  for (const kind of ['pointerup', 'pointercancel', 'lostpointercapture'])
    button.addEventListener(kind, (event) => event.pointerId === pointer && end());
  button.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    if (!event.repeat && !button.disabled) begin();
  });
  button.addEventListener('keyup', (event) => event.key === 'Enter' && end());
  button.addEventListener('blur', end);
  button.addEventListener('contextmenu', (event) => event.preventDefault());
  /** Shut with the reason, or open; a hold that a rule ended is no longer shown as one. */
  button.shut = (why, title) => {
    if (button.disabled !== (why !== null) && !hand.holds(source)) button.disabled = why !== null;
    const words = why ?? title;
    if (button.title !== words) button.title = words;
    if (!hand.holds(source)) flag(button, 'data-held', false);
  };
  return button;
}
