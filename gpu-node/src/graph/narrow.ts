// float32 rounded to narrower stored formats, to the nearest, ties to even.

/** @returns the numbers as little-endian bytes */
export type Narrow = (values: Float32Array) => Uint8Array;

export const NARROW: Readonly<Record<'F32' | 'F16' | 'BF16', Narrow>> = {
  F32: (values) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  BF16: (values) => {
    const bits = bitsOf(values);
    const narrow = new Uint16Array(bits.length);
    for (let i = 0; i < bits.length; i++) narrow[i] = (bits[i]! + 0x7fff + ((bits[i]! >>> 16) & 1)) >>> 16;
    return new Uint8Array(narrow.buffer);
  },
  F16: (values) => {
    const bits = bitsOf(values);
    const narrow = new Uint16Array(bits.length);
    for (let i = 0; i < bits.length; i++) narrow[i] = halfBits(bits[i]!);
    return new Uint8Array(narrow.buffer);
  },
};

const LARGEST_HALF = 0x7bff;

/** The half-precision number nearest to a float32 by its bits; what is too large becomes the largest one. */
function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 255) - 112;
  const fraction = bits & 0x7fffff;
  if (exponent >= 31) return sign | LARGEST_HALF;
  if (exponent > 0) return sign | Math.min(LARGEST_HALF, roundOff((exponent << 23) | fraction, 13));
  // Subnormal: the fraction with its hidden one, shifted by what the exponent lacks.
  return exponent < -10 ? sign : sign | roundOff(fraction | 0x800000, 14 - exponent);
}

/** `value` without its lowest bits. */
function roundOff(value: number, bits: number): number {
  const half = 2 ** (bits - 1);
  return (value + half - 1 + ((value >>> bits) & 1)) >>> bits;
}

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}
