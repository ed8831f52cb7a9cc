// Several tunings made one after the other, of which each is made once however often it is tried.
import type { Tuning } from '@tallrec/shared/wire/tunings';
import type { TuningRequest } from './tuning-form.ts';

type Post = (body: TuningRequest, idempotencyKey: string) => Promise<Tuning>;

interface Entry {
  /** Kept until the answer has come: a request that was lost on the way is sent again under it. */
  key: string;
  made: Tuning | undefined;
}

export class Sweep {
  readonly #post: Post;
  readonly #newKey: () => string;
  readonly #entries = new Map<string, Entry>();

  constructor(post: Post, newKey: () => string) {
    this.#post = post;
    this.#newKey = newKey;
  }

  /** Those of the requests that have been made, in their order. */
  madeOf(requests: readonly TuningRequest[]): Tuning[] {
    return requests.flatMap((request) => this.#entries.get(JSON.stringify(request))?.made ?? []);
  }

  /**
   * Makes those that are not made yet.
   * @param onMade called after each
   * @throws what the first that fails throws; those after it are not tried
   */
  async make(requests: readonly TuningRequest[], onMade: () => void = () => {}): Promise<Tuning[]> {
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
