// Work that a file describes, such as its regular expressions, ended when it takes too long.
import { createContext, Script } from 'node:vm';

/** No sandbox: of a context only the timeout is wanted, which ends loops and backtracking alike. */
const context = createContext({ work: (): unknown => undefined });
const script = new Script('work()');

/** @throws Error when `limitMs` are over; what `work` throws */
export function withinTime<T>(limitMs: number, work: () => T): T {
  context.work = work;
  try {
    return script.runInContext(context, { timeout: limitMs }) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException | undefined)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new Error(`it takes longer than ${limitMs} ms`);
  } finally {
    context.work = undefined;
  }
}
