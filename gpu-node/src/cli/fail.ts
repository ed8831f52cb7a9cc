// How commands end: 0 done, 1 failed, 2 wrongly called; a failure says what, where and how to mend it.
import { TallrecError } from '@tallrec/shared/errors';
import { CommanderError, InvalidArgumentError } from 'commander';
import type { z } from 'zod';
import { fileFault } from '../file-faults.ts';
import { harmlessForTerminals } from './progress.ts';

/** @returns the exit code */
export function reportFailure(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const known = error instanceof TallrecError ? error : refusedFile(error);
  const code = known?.code ?? 'INTERNAL';
  const message = known?.message ?? (error instanceof Error ? error.message : String(error));
  if (json) process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
  process.stderr.write(`error: ${harmlessForTerminals(message)}\n`);
  if (!known && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return 1;
}

/** What the file system refused. */
function refusedFile(error: unknown): TallrecError | undefined {
  const fault = fileFault(error);
  if (!fault) return undefined;
  const { path = 'A file', words, fix } = fault;
  return new TallrecError('BAD_REQUEST', `${path} cannot be used: ${words}.`, { fix, cause: error });
}

/** An option's value by a schema; what it refuses is a fault of usage. */
export function parsedBy<T>(schema: z.ZodType<T>): (text: string) => T {
  return (text) => {
    const parsed = schema.safeParse(text);
    if (!parsed.success) throw new InvalidArgumentError(`${parsed.error.issues[0]!.message}.`);
    return parsed.data;
  };
}
