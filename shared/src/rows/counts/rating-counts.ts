// How often each rating was given, in bounded memory: by value while there are few, then by bins that widen as they have to.

const MAX_BINS = 100;

export interface RatingCountsState {
  /** Null while values are counted. */
  width: number | null;
  /** By value, or by the number of the bin. */
  counts: [number, number][];
}

export interface RatingBin {
  from: number;
  to: number;
  count: number;
  liked: boolean;
}

const finite = (value: number) => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));

/** Bins count from where likes begin, so that none holds both; their widths are powers of two, so that two of one width make one. */
export class RatingCounts {
  private readonly likedAbove: number;
  private width: number | null;
  private counts: Map<number, number>;

  constructor(likedAbove: number, from?: RatingCountsState) {
    this.likedAbove = likedAbove;
    this.width = from?.width ?? null;
    this.counts = new Map(from?.counts);
  }

  add(rating: number): void {
    const key = this.width === null ? rating : this.binOf(rating, this.width);
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    if (this.counts.size > MAX_BINS) this.widen();
  }

  get state(): RatingCountsState {
    return { width: this.width, counts: [...this.counts] };
  }

  /** Ascending; those that hold nothing are left out. */
  bins(): RatingBin[] {
    const { likedAbove, width } = this;
    return [...this.counts]
      .sort(([a], [b]) => a - b)
      .map(([key, count]) =>
        width === null
          ? { from: key, to: key, count, liked: key > likedAbove }
          : {
              from: finite(likedAbove + key * width),
              to: finite(likedAbove + (key + 1) * width),
              count,
              liked: key >= 0,
            },
      );
  }

  /** Bin `n` holds what lies above `likedAbove + n · width`, up to and with the end of it. */
  private binOf(rating: number, width: number): number {
    return finite(Math.ceil((rating - this.likedAbove) / width) - 1);
  }

  private widen(): void {
    const { width } = this;
    if (width === null) this.beginBins();
    else {
      this.width = width * 2;
      this.regroup((bin) => Math.floor(bin / 2));
    }
    if (this.counts.size > MAX_BINS) this.widen();
  }

  /** As narrow as the closest two values. */
  private beginBins(): void {
    const values = [...this.counts.keys()].sort((a, b) => a - b);
    const gap = Math.min(...values.slice(1).map((value, at) => value - values[at]!));
    const width = 2 ** Math.floor(Math.log2(gap));
    this.width = width;
    this.regroup((value) => this.binOf(value, width));
  }

  private regroup(keyOf: (key: number) => number): void {
    const regrouped = new Map<number, number>();
    for (const [key, count] of this.counts) {
      const other = keyOf(key);
      regrouped.set(other, (regrouped.get(other) ?? 0) + count);
    }
    this.counts = regrouped;
  }
}
