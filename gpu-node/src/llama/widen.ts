// Stored floating-point formats widened to float32, exactly.

/** Writes the numbers of `bytes` (little-endian) into `into`, from element `at` on. */
export type Widen = (bytes: Buffer, into: Float32Array, at: number) => void;

export const WIDEN: Readonly<Record<string, Widen>> = {
  F32: (bytes, into, at) => new Uint8Array(into.buffer, at * 4, bytes.length).set(bytes),
  BF16: (bytes, into, at) => {
    const bits = new Uint32Array(into.buffer, at * 4, bytes.length / 2);
    for (let i = 0; i < bits.length; i++) bits[i] = bytes.readUInt16LE(2 * i) << 16;
  },
  F16: (bytes, into, at) => {
    const table = halfTable();
    for (let i = 0; i < bytes.length / 2; i++) into[at + i] = table[bytes.readUInt16LE(2 * i)]!;
  },
};

let halves: Float32Array | undefined;
/** All 65,536 half-precision numbers as float32: [sign, 5 bits of exponent, 10 bits of fraction]. */
function halfTable(): Float32Array {
  if (halves) return halves;
  halves = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) halves[bits] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else if (exponent === 0) halves[bits] = sign * fraction * 2 ** -24;
    else halves[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return halves;
}
