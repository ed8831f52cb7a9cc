// Distinct strings counted in bounded memory.

/** Public-domain cyrb53: two 32-bit multiply-xor lanes. @returns an integer from 1 to 2^53 */
export function hash53(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0) + 1;
}

const FIRST_SLOTS = 1024;

/**
 * Counts distinct strings exactly in bounded memory: an open-addressed table of 53-bit hashes with a count for each. With half a
 * million entries two of them share a hash with a probability of 1 in 70,000. Memory: 12 bytes a slot, at most half of the slots used.
 */
export class DistinctCounter {
  private hashes: Float64Array;
  private counts: Uint32Array;
  private used: number;
  private readonly maxEntries: number;
  /** Set when there were more than `maxEntries`: new strings are passed over from then on. */
  full = false;

  constructor(maxEntries: number, from?: { hashes: Float64Array; counts: Uint32Array; full: boolean }) {
    this.maxEntries = maxEntries;
    this.hashes = from?.hashes ?? new Float64Array(FIRST_SLOTS);
    this.counts = from?.counts ?? new Uint32Array(FIRST_SLOTS);
    this.full = from?.full ?? false;
    this.used = this.hashes.reduce((sum, hash) => sum + (hash === 0 ? 0 : 1), 0);
  }

  /** Null when there were too many to count. */
  get size(): number | null {
    return this.full ? null : this.used;
  }

  /** @returns how often this string has come, or 0 when the table is full and does not hold it */
  add(text: string): number {
    const hash = hash53(text);
    let slot = this.slotOf(hash);
    if (this.hashes[slot] === 0) {
      if (this.used >= this.maxEntries) {
        this.full = true;
        return 0;
      }
      if (this.used * 2 >= this.hashes.length) {
        this.grow();
        slot = this.slotOf(hash);
      }
      this.hashes[slot] = hash;
      this.used++;
    }
    this.counts[slot]!++;
    return this.counts[slot]!;
  }

  /** The table itself, to be kept and handed to a new counter. */
  get table(): { hashes: Float64Array; counts: Uint32Array; full: boolean } {
    return { hashes: this.hashes, counts: this.counts, full: this.full };
  }

  /** How many strings have come once, twice, three to four times, five to eight and so on; null when there were too many to count. */
  bins(): { from: number; to: number; count: number }[] | null {
    if (this.full) return null;
    const found: number[] = [];
    for (const count of this.counts) {
      if (count === 0) continue;
      const bin = count === 1 ? 0 : 32 - Math.clz32(count - 1);
      found[bin] = (found[bin] ?? 0) + 1;
    }
    return Array.from(found, (count = 0, bin) => ({ from: bin === 0 ? 1 : 2 ** (bin - 1) + 1, to: 2 ** bin, count }));
  }

  private slotOf(hash: number): number {
    const mask = this.hashes.length - 1;
    let slot = (hash >>> 0) & mask;
    while (this.hashes[slot] !== 0 && this.hashes[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  private grow(): void {
    const { hashes, counts } = this;
    this.hashes = new Float64Array(hashes.length * 2);
    this.counts = new Uint32Array(hashes.length * 2);
    for (let at = 0; at < hashes.length; at++) {
      if (hashes[at] === 0) continue;
      const slot = this.slotOf(hashes[at]!);
      this.hashes[slot] = hashes[at]!;
      this.counts[slot] = counts[at]!;
    }
  }
}
