// How fast bytes go, over the last seconds.

const WINDOW_MS = 10_000;
/** What is told before is no rate yet. */
const LEAST_MS = 1000;

export class RateMeter {
  private points: { at: number; bytes: number }[] = [];

  /** @param bytes all that were sent; where they are fewer than before, it begins anew */
  add(at: number, bytes: number): void {
    const last = this.points.at(-1);
    if (last && bytes < last.bytes) this.points = [];
    this.points.push({ at, bytes });
    while (this.points.length > 2 && this.points[1]!.at <= at - WINDOW_MS) this.points.shift();
  }

  /** Null where it is too early to tell, and where nothing moves. */
  get bytesPerSecond(): number | null {
    const [first, last] = [this.points[0], this.points.at(-1)];
    if (!first || !last || last.at - first.at < LEAST_MS || last.bytes === first.bytes) return null;
    return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
  }
}
