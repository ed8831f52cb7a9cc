import { expect, it } from 'vitest';
import { type KeptProcess, keepRunning } from './keep-running.ts';

/** @param lives how long each process runs, in ms; the last is ended by whoever started all this */
async function pausesOf(lives: number[]): Promise<{ pauses: number[]; started: number }> {
  let [nowMs, started, stopped] = [0, 0, false];
  const pauses: number[] = [];
  const start = (): KeptProcess => {
    const life = lives[started++]!;
    return {
      get exited() {
        nowMs += life;
        stopped = started === lives.length;
        return Promise.resolve('was ended by SIGKILL');
      },
    };
  };
  await keepRunning(start(), {
    start,
    onEnd: (how, pauseMs) => {
      expect(how).toBe('was ended by SIGKILL');
      pauses.push(pauseMs);
    },
    pause: async () => {},
    nowMs: () => nowMs,
    stopped: () => stopped,
  });
  return { pauses, started };
}

it('is started again after pauses that grow to a minute', async () => {
  const { pauses, started } = await pausesOf(Array.from({ length: 10 }, () => 5));
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => 1000 * seconds));
  expect(started).toBe(10);
});

it('is started again soon where it had stayed for a while', async () => {
  expect((await pausesOf([5, 5, 90_000, 5, 5])).pauses).toEqual([1000, 2000, 1000, 2000]);
});

it('is left alone where it was stopped', async () => {
  expect(await pausesOf([5])).toEqual({ pauses: [], started: 1 });
});
