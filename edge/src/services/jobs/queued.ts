/** What the record of every new job begins with. */
export function queuedJob(nowMs: number) {
  return {
    state: 'queued',
    node: null,
    fence: 0,
    attempts: 0,
    instance: null,
    error: null,
    progress: null,
    createdAt: nowMs,
    updatedAt: nowMs,
  } as const;
}
