import type { Tuning } from '@tallrec/shared/wire/tunings';
import { describe, expect, it } from 'vitest';
import { initialValues, requestsOf } from '../pages/tunings/tuning-form.ts';
import { Sweep } from './sweep.ts';

const requests = requestsOf({ ...initialValues(), model: 'm', dataset: 'd', shots: ['16', '64'], seeds: ['0', '1'] });

/** An API that refuses what it is told to, and makes nothing twice under one key. */
function api() {
  const made = new Map<string, Tuning>();
  const sent: [string | undefined, string][] = [];
  let fails: (name: string | undefined, tries: number) => 'refused' | 'lost' | undefined = () => undefined;
  const post = async ({ name }: { name?: string | undefined }, key: string) => {
    sent.push([name, key]);
    const failure = fails(name, sent.filter(([one]) => one === name).length);
    if (failure === 'refused') throw new Error(`refused ${name}`);
    if (!made.has(key)) made.set(key, { id: `tun_${made.size}`, name } as Tuning);
    // It was made, and nobody heard of it.
    if (failure === 'lost') throw new Error(`lost ${name}`);
    return made.get(key)!;
  };
  let keys = 0;
  const sweep = new Sweep(post, () => `key ${keys++}`);
  return { sweep, sent, made, failWhere: (where: typeof fails) => (fails = where) };
}

describe('a sweep', () => {
  it('makes each request once, in order, under a key of its own', async () => {
    const { sweep, sent } = api();
    const heard: number[] = [];
    const made = await sweep.make(requests, () => heard.push(sweep.madeOf(requests).length));
    expect(made.map(({ name }) => name)).toEqual(requests.map(({ name }) => name));
    expect(new Set(sent.map(([, key]) => key)).size).toBe(4);
    expect(heard).toEqual([1, 2, 3, 4]);
    await sweep.make(requests);
    expect(sent).toHaveLength(4);
  });

  it('stops where one is refused, and goes on with that one and the rest', async () => {
    const { sweep, sent, failWhere } = api();
    failWhere((name, tries) => (name === requests[2]!.name && tries === 1 ? 'refused' : undefined));
    await expect(sweep.make(requests)).rejects.toThrow(`refused ${requests[2]!.name}`);
    expect(sweep.madeOf(requests).map(({ name }) => name)).toEqual([requests[0]!.name, requests[1]!.name]);
    expect(await sweep.make(requests)).toHaveLength(4);
    expect(sent.map(([name]) => name)).toEqual([0, 1, 2, 2, 3].map((at) => requests[at]!.name));
  });

  it('sends one whose answer was lost again under its key, so that there is one of it', async () => {
    const { sweep, sent, made, failWhere } = api();
    failWhere((name, tries) => (name === requests[0]!.name && tries < 3 ? 'lost' : undefined));
    await expect(sweep.make(requests)).rejects.toThrow('lost');
    await expect(sweep.make(requests)).rejects.toThrow('lost');
    await sweep.make(requests);
    expect(new Set(sent.slice(0, 3).map(([, key]) => key)).size).toBe(1);
    expect(made.size).toBe(4);
  });

  it('makes what was changed meanwhile anew', async () => {
    const { sweep, made } = api();
    await sweep.make(requests);
    const changed = requests.map((request) => ({ ...request, template: 'tallrec' as const }));
    expect(sweep.madeOf(changed)).toEqual([]);
    await sweep.make(changed);
    expect(made.size).toBe(8);
  });
});
