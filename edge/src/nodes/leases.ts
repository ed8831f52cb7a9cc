// The leases of a node: on which jobs, in the object's own storage, and when they are over.

export interface Lease {
  job: string;
  fence: number;
}

export class JobLeases {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS leases (job TEXT PRIMARY KEY, fence INTEGER NOT NULL, accept_by INTEGER, announced INTEGER NOT NULL)',
    );
  }

  jobs(): Lease[] {
    return this.#sql.exec<{ job: string; fence: number }>('SELECT job, fence FROM leases').toArray();
  }

  /** @param acceptByMs until when the node has to say that it takes the job; null where it has said so */
  take(job: string, fence: number, acceptByMs: number | null): void {
    this.#sql.exec(
      `INSERT INTO leases (job, fence, accept_by, announced) VALUES (?, ?, ?, 1)
       ON CONFLICT (job) DO UPDATE SET fence = max(fence, excluded.fence), accept_by = excluded.accept_by, announced = 1`,
      job,
      fence,
      acceptByMs,
    );
  }

  holds(job: string, fence: number): boolean {
    return this.jobs().some((lease) => lease.job === job && lease.fence === fence);
  }

  release(job: string, fence: number): void {
    this.#sql.exec('DELETE FROM leases WHERE job = ? AND fence <= ?', job, fence);
  }

  /** The next moment at which a job ought to have been accepted. */
  nextAcceptByMs(): number | null {
    return this.#sql.exec<{ at: number | null }>('SELECT min(accept_by) AS at FROM leases').one().at;
  }

  /** @returns the jobs that were not accepted in time */
  dropUnaccepted(nowMs: number): Lease[] {
    return this.#drop('accept_by <= ?', nowMs);
  }

  /** A node that connects says which jobs it still has. */
  expectAnnouncements(): void {
    this.#sql.exec('UPDATE leases SET announced = 0');
  }

  /** @returns the jobs that it no longer has */
  dropUnannounced(): Lease[] {
    return this.#drop('announced = ?', 0);
  }

  /** @returns all jobs that it had */
  dropAll(): Lease[] {
    return this.#drop('1 = ?', 1);
  }

  #drop(where: string, value: number): Lease[] {
    return this.#sql
      .exec<{ job: string; fence: number }>(`DELETE FROM leases WHERE ${where} RETURNING job, fence`, value)
      .toArray();
  }
}

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
