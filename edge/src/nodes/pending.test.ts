import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PendingRequests } from './pending.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const OK = { status: 200, body: '{}' };

describe('requests on their way', () => {
  it('end each at its own deadline, by one timer', async () => {
    const pending = new PendingRequests({ timeoutMs: 1000, max: 10 });
    const ended: string[] = [];
    const add = (call: string, deadlineMs: number | undefined) =>
      void pending
        .add(call, deadlineMs, () => undefined)
        .then((result) => ended.push(`${call} ${result.ok || result.code}`));
    add('long', undefined);
    add('short', 300);
    await vi.advanceTimersByTimeAsync(100);
    add('later', 300);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(ended).toEqual(['short NODE_TIMEOUT']);
    await vi.advanceTimersByTimeAsync(99);
    expect(ended).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toEqual(['short NODE_TIMEOUT', 'later NODE_TIMEOUT']);
    await vi.advanceTimersByTimeAsync(600);
    expect(ended).toEqual(['short NODE_TIMEOUT', 'later NODE_TIMEOUT', 'long NODE_TIMEOUT']);
    expect([pending.size, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it('keep no timer once all are answered, and tell how many are left', async () => {
    const pending = new PendingRequests({ timeoutMs: 1000, max: 2 });
    const ids: number[] = [];
    const asked = ['a', 'b'].map((call) => pending.add(call, undefined, (id) => ids.push(id)));
    expect(await pending.add('c', undefined, () => ids.push(-1))).toMatchObject({ ok: false, code: 'NODE_BUSY' });
    pending.settle(ids[0]!, OK);
    pending.settle(ids[0]!, OK);
    expect(await asked[0]).toMatchObject({ ok: true, value: { ...OK, inFlight: 1 } });
    expect(vi.getTimerCount()).toBe(1);
    expect(pending.abort('b')).toBe(ids[1]);
    expect(pending.abort('b')).toBeUndefined();
    expect(await asked[1]).toMatchObject({ ok: false, code: 'CANCELLED' });
    expect(vi.getTimerCount()).toBe(0);
  });
});
