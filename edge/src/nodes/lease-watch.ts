// When a node's lease is over: by when it was last heard, unless it was the edge that could not hear.

export class LeaseWatch {
  readonly #storage: DurableObjectStorage;
  readonly #leaseMs: number;

  constructor(storage: DurableObjectStorage, leaseMs: number) {
    this.#storage = storage;
    this.#leaseMs = leaseMs;
  }

  /** Sets the alarm at which to look next: within half a lease, or when a job ought to have been accepted. */
  async arm(nowMs: number, acceptByMs: number | null): Promise<void> {
    const alarmAtMs = Math.min(nowMs + this.#leaseMs / 2, Math.max(nowMs, acceptByMs ?? Number.POSITIVE_INFINITY));
    this.#storage.kv.put('alarmAtMs', alarmAtMs);
    await this.#storage.setAlarm(alarmAtMs);
  }

  /** Called by the alarm. One that comes late tells that the edge was away: then nodes get a lease to be heard again. */
  isOver(nowMs: number, heardAtMs: number): boolean {
    const kv = this.#storage.kv;
    if (nowMs - (kv.get<number>('alarmAtMs') ?? nowMs) > this.#leaseMs / 4)
      kv.put('graceUntilMs', nowMs + this.#leaseMs);
    return nowMs - heardAtMs > this.#leaseMs && nowMs >= (kv.get<number>('graceUntilMs') ?? 0);
  }
}
