// Pieces of work that must not overlap, one after the other in the order they came.

export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** @returns what the work gives; a piece that fails does not keep the next one from its turn */
  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}
