// The jobs on which a node holds a lease, in the object's own storage. No row, no lease.

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
