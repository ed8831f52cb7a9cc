// Several things made one after the other, of which each is made once however often it is tried.

type Post<R, T> = (body: R, idempotencyKey: string) => Promise<T>;

interface Entry<T> {
  /** Kept until the answer has come: a request that was lost on the way is sent again under it. */
  key: string;
  made: T | undefined;
}

/** @typeParam R a request @typeParam T what it makes */
export class Sweep<R, T extends object> {
  readonly #post: Post<R, T>;
  readonly #newKey: () => string;
  readonly #entries = new Map<string, Entry<T>>();

  constructor(post: Post<R, T>, newKey: () => string) {
    this.#post = post;
    this.#newKey = newKey;
  }

  /** Those of the requests that have been made, in their order. */
  madeOf(requests: readonly R[]): T[] {
    return requests.flatMap((request) => this.#entries.get(JSON.stringify(request))?.made ?? []);
  }

  /**
   * Makes those that are not made yet.
   * @param onMade called after each
   * @throws what the first that fails throws; those after it are not tried
   */
  async make(requests: readonly R[], onMade: () => void = () => {}): Promise<T[]> {
    for (const request of requests) {
      const name = JSON.stringify(request);
      const entry = this.#entries.get(name) ?? { key: this.#newKey(), made: undefined };
      this.#entries.set(name, entry);
      if (entry.made) continue;
      entry.made = await this.#post(request, entry.key);
      onMade();
    }
    return this.madeOf(requests);
  }
}
