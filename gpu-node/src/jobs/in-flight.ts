/** Work under names: two who want the same at once wait for one. */
export class InFlight<T> {
  readonly #underWay = new Map<string, Promise<T>>();

  once(name: string, work: () => Promise<T>): Promise<T> {
    let underWay = this.#underWay.get(name);
    if (!underWay) {
      underWay = work().finally(() => this.#underWay.delete(name));
      this.#underWay.set(name, underWay);
    }
    return underWay;
  }
}
