// Evaluations started one after the other; what was started is not started again when the rest is tried anew.
import type { createEvaluationSchema, Evaluation } from '@tallrec/shared/wire/evaluations';
import { useState } from 'react';
import type { z } from 'zod';
import { Sweep } from '../../parts/sweep.ts';
import { createEvaluation, useRefreshEvaluations } from '../../queries/evaluations.ts';

type Request = z.input<typeof createEvaluationSchema>;

export interface StartMany {
  /** @returns whether all were started */
  start: (requests: readonly Request[]) => Promise<boolean>;
  running: boolean;
  done: number;
  total: number;
  /** Of the one that was refused, at which it stopped. */
  error: Error | null;
}

const newSweep = () =>
  new Sweep<Request, Evaluation>(
    (body, idempotencyKey) => createEvaluation({ body, idempotencyKey }),
    () => crypto.randomUUID(),
  );

export function useStartMany(): StartMany {
  const refresh = useRefreshEvaluations();
  const [sweep] = useState(newSweep);
  const [state, setState] = useState({ running: false, done: 0, total: 0, error: null as Error | null });
  const start = async (requests: readonly Request[]) => {
    const count = () => setState((before) => ({ ...before, done: sweep.madeOf(requests).length }));
    setState({ running: true, done: sweep.madeOf(requests).length, total: requests.length, error: null });
    try {
      await sweep.make(requests, count);
      return true;
    } catch (error) {
      setState((before) => ({ ...before, error: error as Error }));
      return false;
    } finally {
      setState((before) => ({ ...before, running: false }));
      await refresh();
    }
  };
  return { start, ...state };
}
