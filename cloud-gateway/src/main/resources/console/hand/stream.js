// One held control on its way to the guard: a command with a stream, then setpoints over its own WebSocket, each with a
// rising number and the newest token that was told. Letting go is said several times; closing the connection is letting
// go, too. Nothing is queued: what cannot be sent now is not sent.

import { api } from '../api.js';
import { isFinal, store } from '../store.js';

const LAPSE_MS = 250;
const LET_GO_TIMES = 3;
const LET_GO_GAP_MS = 50;
const SILENT_MS = 800; // the node tells its state every 100 ms
const REFUSED_IN_A_ROW = 5;
const NOT_A_REFUSAL = new Set(['tandem.teleop.replaced', 'tandem.teleop.let-go']);
const KEPT = 64; // setpoints whose answer is waited for

export class HoldStream {
  phase = 'asking'; // asking | opening | live | letting-go | over
  command = null;
  number = 0;
  token = null;
  accepted = 0;
  refused = 0;
  replaced = 0;
  clamped = 0;
  inARow = 0;
  why = '';
  answer = ''; // accepted | clamped | refused: the newest
  roundTripMs = null;
  ageMs = null; // of what the person saw, as the node reckons
  guardRoundTripMs = null;
  speedFactor = 1;
  sent = new Map();

  /** @param {(why: string) => void} onEnd once, when the stream ended though the control is held */
  constructor(robot, kind, onEnd) {
    this.robot = robot;
    this.kind = kind;
    this.onEnd = onEnd;
    this.#open();
  }

  get live() {
    return this.phase === 'live' && this.token !== null;
  }

  async #open() {
    let view;
    try {
      view = await api.command(this.robot, { by: store.operator, expiresSeconds: 2, stream: { kind: this.kind, lapseMillis: LAPSE_MS },
        token: store.robot(this.robot).guardTime() });
    } catch (failure) {
      this.#over(failure.status === 0 ? `no answer to the opening command (${failure.message})` : failure.message);
      return;
    }
    this.command = view.id;
    if (isFinal(view.state)) this.#over(`${view.state}${view.why ? `: ${view.why}` : ''}`);
    else if (this.phase === 'asking') this.#connect();
    else this.#cancel(); // let go before it was open
  }

  #connect() {
    this.phase = 'opening';
    this.heardMs = performance.now();
    const address = new URL('api/teleop', document.baseURI);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    address.searchParams.set('robot', this.robot);
    address.searchParams.set('command', this.command);
    this.socket = new WebSocket(address);
    this.socket.onmessage = (event) => this.#told(JSON.parse(event.data));
    this.socket.onclose = () => this.#over(this.why || 'the connection of the held control ended');
  }

  #told(state) {
    const now = performance.now();
    this.heardMs = now;
    if (state.token?.bootId) this.token = state.token;
    if (this.phase === 'opening' && this.token) this.phase = 'live';
    if (state.guardRoundTripMs) this.guardRoundTripMs = state.guardRoundTripMs;
    if (state.speedFactor > 0) this.speedFactor = Math.min(1, state.speedFactor);
    if (state.ageMs !== null && state.ageMs !== undefined) this.ageMs = state.ageMs;
    if (state.number > 0) this.#answered(state, now);
    else if (state.code) this.why = state.why || state.code;
    if (isFinal(state.state)) this.#over(`${state.state}${state.why ? `: ${state.why}` : ''}`);
  }

  /** How long answers take: the newest measured, or the one waited for where that is longer. */
  lateMs(now = performance.now()) {
    const [oldest] = this.sent.values();
    if (oldest === undefined) return this.roundTripMs;
    return Math.max(this.roundTripMs ?? 0, now - oldest);
  }

  #answered(state, now) {
    if (NOT_A_REFUSAL.has(state.code)) {
      // It went no further than the node: it says nothing about the way, nor about those ahead of it.
      this.sent.delete(state.number);
      this.replaced++;
      return;
    }
    const sentMs = this.sent.get(state.number);
    if (sentMs !== undefined) this.roundTripMs = now - sentMs;
    for (const number of [...this.sent.keys()]) if (number <= state.number) this.sent.delete(number);
    if (state.accepted) {
      this.accepted++;
      this.answer = state.clamped > this.clamped ? 'clamped' : 'accepted';
      this.clamped = Math.max(this.clamped, state.clamped ?? 0);
      this.why = this.answer === 'clamped' ? state.why : '';
      this.inARow = 0;
    } else {
      this.refused++;
      this.answer = 'refused';
      this.why = state.why || state.code;
      if (++this.inARow >= REFUSED_IN_A_ROW && this.phase === 'live') this.#over(`refused: ${this.why}`);
    }
  }

  /** Sends one reading of the control. */
  send(target) {
    if (!this.live || this.socket.readyState !== WebSocket.OPEN) return;
    this.#say(true, target);
  }

  #say(held, target) {
    this.number++;
    this.sent.set(this.number, performance.now());
    if (this.sent.size > KEPT) this.sent.delete(this.sent.keys().next().value);
    this.socket.send(JSON.stringify({ number: this.number, held, token: this.token, ...target }));
  }

  /** Why the stream can no longer be trusted; null: it can. */
  whyDead(now) {
    if (this.phase === 'over') return this.why;
    if ((this.phase === 'opening' || this.phase === 'live') && now - this.heardMs > SILENT_MS)
      return `no word from the node for ${Math.round(now - this.heardMs)} ms`;
    return null;
  }

  /** The control is no longer held: says so at once, again twice, then closes. @param {?object} rest target at rest @param {string} why the rule that ended it */
  letGo(rest, why = '') {
    const before = this.phase;
    if (before === 'letting-go' || before === 'over') return;
    this.phase = 'letting-go';
    if (this.socket?.readyState !== WebSocket.OPEN || !this.token) {
      this.socket?.close();
      if (before !== 'asking') this.#cancel();
      return;
    }
    let times = 0;
    const say = () => {
      if (this.socket.readyState !== WebSocket.OPEN) return;
      this.#say(false, { ...rest, why });
      if (++times < LET_GO_TIMES) setTimeout(say, LET_GO_GAP_MS);
      else setTimeout(() => this.socket.close(), 4 * LET_GO_GAP_MS);
    };
    say();
  }

  #cancel() {
    api.cancel(this.command, store.operator, 'the control was let go before it was open').catch((failure) => {
      // Unopened it starts nothing: without a setpoint the guard lets it lapse.
      console.warn(`${this.command} not cancelled: ${failure.message}`);
    });
    this.#over('let go before it was open');
  }

  #over(why) {
    const held = this.phase !== 'letting-go' && this.phase !== 'over';
    this.phase = 'over';
    this.why = why;
    this.socket?.close();
    if (held) this.onEnd(why);
  }
}
