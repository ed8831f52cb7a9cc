// How commands end: 0 done, 1 failed, 2 wrongly called; a failure says what, where and how to mend it.
import { TallrecError } from '@tallrec/shared/errors';
import { CommanderError, InvalidArgumentError } from 'commander';
import type { z } from 'zod';

/** @returns the exit code */
export function reportFailure(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const known = error instanceof TallrecError ? error : fileFault(error);
  const code = known?.code ?? 'INTERNAL';
  const message = known?.message ?? (error instanceof Error ? error.message : String(error));
  if (json) process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
  process.stderr.write(`error: ${message}\n`);
  if (!known && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return 1;
}

const FILE_FAULTS: Record<string, string> = {
  EACCES: 'permission is denied',
  EISDIR: 'it is a directory',
  ENOENT: 'there is no such file or directory',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of it is no directory',
  EROFS: 'the file system cannot be written',
};

/** What the file system refused, in words. */
function fileFault(error: unknown): TallrecError | undefined {
  const { code = '', path } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  const words = FILE_FAULTS[code];
  if (!words) return undefined;
  return new TallrecError('BAD_REQUEST', `${path ?? 'A file'} cannot be used: ${words}.`, {
    fix: 'Check the path.',
    cause: error,
  });
}

/** An option's value by a schema; what it refuses is a fault of usage. */
export function parsedBy<T>(schema: z.ZodType<T>): (text: string) => T {
  return (text) => {
    const parsed = schema.safeParse(text);
    if (!parsed.success) throw new InvalidArgumentError(`${parsed.error.issues[0]!.message}.`);
    return parsed.data;
  };
}
