// What this isolate has lately found in the record, so that it is not asked again for each request.
export class Known<T> {
  readonly #forMs: number;
  readonly #max: number;
  readonly #found = new Map<string, { value: T; atMs: number }>();
  #forgotten = 0;

  /** @param max of these, those that were found first go */
  constructor(forMs: number, max: number) {
    this.#forMs = forMs;
    this.#max = max;
  }

  /** Taken before a look-up: what was forgotten meanwhile is not remembered. */
  asOf(): number {
    return this.#forgotten;
  }

  remember(name: string, value: T, nowMs: number, asOf: number): void {
    if (asOf !== this.#forgotten) return;
    this.#found.delete(name);
    if (this.#found.size >= this.#max) this.#found.delete(this.#found.keys().next().value!);
    this.#found.set(name, { value, atMs: nowMs });
  }

  recall(name: string, nowMs: number): T | undefined {
    const found = this.#found.get(name);
    return found && nowMs - found.atMs < this.#forMs ? found.value : undefined;
  }

  forget(which: (value: T, name: string) => boolean): void {
    this.#forgotten++;
    for (const [name, { value }] of this.#found) if (which(value, name)) this.#found.delete(name);
  }
}
