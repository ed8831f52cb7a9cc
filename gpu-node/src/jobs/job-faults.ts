// What went wrong with a job, and what that means for it.
import { TallrecError } from '@tallrec/shared/errors';
import type { JobOutcome } from '@tallrec/shared/wire/link';
import { fileFault } from '../file-faults.ts';
import { describeFault } from './engine-calls.ts';

/** Trying again may help. */
export function isPassing(error: unknown): boolean {
  return error instanceof TallrecError && error.retryable && error.code !== 'ENGINE_FAILED';
}

/** Nobody waits under this fence any more. */
export function isStale(error: unknown): boolean {
  return error instanceof TallrecError && (error.code === 'STALE_FENCE' || error.code === 'NOT_FOUND');
}

export function failureOf(error: unknown): JobOutcome {
  if (fileFault(error)) return { status: 'failed', error: { code: 'ENGINE_FAILED', message: wordsOf(error) } };
  return { status: 'failed', error: describeFault(error) };
}

/** Why this machine could not do something. */
export function wordsOf(error: unknown): string {
  const fault = fileFault(error);
  if (fault) return `A file on the node cannot be used: ${fault.words}. ${fault.fix}`;
  return error instanceof Error ? error.message : String(error);
}
