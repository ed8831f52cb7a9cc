// The jobs on which a node holds a lease, in the object's own storage. No row, no lease.

export class JobLeases {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS leases (job TEXT PRIMARY KEY, fence INTEGER NOT NULL, announced INTEGER NOT NULL)',
    );
  }

  jobs(): { job: string; fence: number }[] {
    return this.#sql.exec<{ job: string; fence: number }>('SELECT job, fence FROM leases').toArray();
  }

  take(job: string, fence: number): void {
    this.#sql.exec(
      'INSERT INTO leases (job, fence, announced) VALUES (?, ?, 1) ON CONFLICT (job) DO UPDATE SET fence = max(fence, excluded.fence), announced = 1',
      job,
      fence,
    );
  }

  holds(job: string, fence: number): boolean {
    return this.jobs().some((lease) => lease.job === job && lease.fence === fence);
  }

  release(job: string, fence: number): void {
    this.#sql.exec('DELETE FROM leases WHERE job = ? AND fence <= ?', job, fence);
  }

  /** A node that connects says which jobs it still has. */
  expectAnnouncements(): void {
    this.#sql.exec('UPDATE leases SET announced = 0');
  }

  /** @returns the jobs that it no longer has */
  dropUnannounced(): string[] {
    return this.#drop('announced = 0');
  }

  /** @returns all jobs that it had */
  dropAll(): string[] {
    return this.#drop('1');
  }

  #drop(where: 'announced = 0' | '1'): string[] {
    const rows = this.#sql.exec<{ job: string }>(`DELETE FROM leases WHERE ${where} RETURNING job`).toArray();
    return rows.map(({ job }) => job);
  }
}
