// Binary messages of the live channel. The byte picture is in docs/api.md and in JointFrame.java.

const KIND_JOINTS = 1;
const VERSION = 1;
const HEADER_BYTES = 64;
const BYTES_PER_JOINT = 16;

/**
 * Reads one joint frame.
 * @param {ArrayBuffer} buffer not kept, not modified
 * @returns {{layout: number, sequence: number, ageMs: number, position: Float64Array, orientation: Float32Array,
 *   positions: Float64Array, velocities: Float32Array, efforts: Float32Array}} rad, rad/s, Nm, m; NaN: not known
 * @throws {RangeError} naming what was expected and found
 */
export function readJoints(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < HEADER_BYTES)
    throw new RangeError(`joint frame: expected at least ${HEADER_BYTES} bytes, found ${buffer.byteLength}`);
  const kind = view.getUint8(0);
  const version = view.getUint8(1);
  if (kind !== KIND_JOINTS || version !== VERSION)
    throw new RangeError(`joint frame: expected kind 1 version 1, found ${kind} version ${version}`);
  const n = view.getUint16(2, true);
  const expected = HEADER_BYTES + n * BYTES_PER_JOINT;
  if (buffer.byteLength !== expected)
    throw new RangeError(`joint frame of ${n} joints: expected ${expected} bytes, found ${buffer.byteLength}`);
  const frame = {
    layout: view.getUint32(4, true),
    sequence: Number(view.getBigUint64(8, true)),
    ageMs: view.getFloat64(16, true),
    position: new Float64Array(3),
    orientation: new Float32Array(4),
    positions: new Float64Array(n),
    velocities: new Float32Array(n),
    efforts: new Float32Array(n),
  };
  for (let i = 0; i < 3; i++) frame.position[i] = view.getFloat64(24 + 8 * i, true);
  for (let i = 0; i < 4; i++) frame.orientation[i] = view.getFloat32(48 + 4 * i, true);
  for (let i = 0; i < n; i++) {
    frame.positions[i] = view.getFloat64(HEADER_BYTES + 8 * i, true);
    frame.velocities[i] = view.getFloat32(HEADER_BYTES + 8 * n + 4 * i, true);
    frame.efforts[i] = view.getFloat32(HEADER_BYTES + 12 * n + 4 * i, true);
  }
  return frame;
}
