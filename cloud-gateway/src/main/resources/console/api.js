// Requests to the node that served this page. Ordinary requests share a few connections and end after a while;
// the stop does not wait for them (browsers open six connections to a host: two are for these, two for what keeps a lease).

const ORDINARY_AT_ONCE = 2;
const ORDINARY_MS = 8000;
const KEEPALIVE_MS = 2000; // one that is older says nothing about who is at the console
let running = 0;
const waiting = [];

/** A refusal or failure, with its stable code. */
export class ApiError extends Error {
  constructor(status, code, text) {
    super(text);
    this.status = status;
    this.code = code;
  }
}

/** Sends one request and gives the JSON of its answer; the stop uses this directly. */
export async function send(method, path, body, timeoutMs, keepalive = false) {
  const options = { method, signal: AbortSignal.timeout(timeoutMs), cache: 'no-store', keepalive };
  if (body !== undefined) {
    options.headers = { 'Content-Type': 'application/json' };
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch (failure) {
    throw new ApiError(0, 'tandem.console.no-answer', failure.name === 'TimeoutError' ? 'no answer in time' : 'node not reached');
  }
  const text = await response.text();
  const isJson = (response.headers.get('Content-Type') || '').includes('json');
  const value = isJson && text ? JSON.parse(text) : text;
  if (!response.ok)
    throw new ApiError(response.status, value.code || 'tandem.console.status', value.error || `status ${response.status}`);
  return value;
}

async function ordinary(method, path, body) {
  if (running >= ORDINARY_AT_ONCE) await new Promise((go) => waiting.push(go));
  running++;
  try {
    return await send(method, path, body, ORDINARY_MS);
  } finally {
    running--;
    waiting.shift()?.();
  }
}

const twin = (robot) => `api/twins/${encodeURIComponent(robot)}`;

export const api = {
  description: (robot) => ordinary('GET', `${twin(robot)}/description`),
  profile: (robot) => ordinary('GET', `${twin(robot)}/profile`),
  acceptProfile: (robot, by) => ordinary('POST', `${twin(robot)}/profile/accept`, { by }),
  lease: (robot, request) => ordinary('POST', `${twin(robot)}/lease`, request),
  command: (robot, request) => ordinary('POST', `${twin(robot)}/commands`, request),
  playback: (robot, from, to) => ordinary('GET', `api/audit/playback/${encodeURIComponent(robot)}?from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}&hz=25`),
  cancel: (id, by, reason) => ordinary('POST', `api/commands/${encodeURIComponent(id)}/cancel`, { by, reason }),
  release: (robot, by, reason) => ordinary('POST', `${twin(robot)}/stop`, { by, reason, release: true }),
  stop: (robot, by, requestId, timeoutMs) => send('POST', `${twin(robot)}/stop`, { by, requestId, reason: 'stop at the console' }, timeoutMs),
  keepLease: (robot, request) => send('POST', `${twin(robot)}/lease`, { action: 'keepalive', ...request }, KEEPALIVE_MS),
  leaveLease: (robot, by, part) => send('POST', `${twin(robot)}/lease`, { action: 'release', by, part }, 2000, true),
};
