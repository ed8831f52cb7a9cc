import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WholeBlend } from '@tallrec/shared/blend';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LoadedBlends } from './loaded-blends.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'loaded-blends-'));
});
afterEach(() => rm(dir, { recursive: true }));

const HASH = 'ab'.repeat(32);
const items = { likes: 1, ratings: 2, items: [['Heat\u0000', 1, 2] as [string, number, number]] };
const newer = { likes: 9, ratings: 9, items: [['Heat\u0000', 9, 9] as [string, number, number]] };
const weighed: WholeBlend = {
  rank: { logit: 1, fans: 0, itemMean: 0, factFans: 1, factMean: 0 },
  score: { bias: 0, rank: 1, historyShare: 0 },
  samples: 10,
  users: 1,
  items,
  facts: items,
};

async function placeOf(name: string, blend: WholeBlend) {
  const path = join(dir, `${name}.json`);
  await writeFile(path, JSON.stringify({ adapter: HASH, ...blend }));
  return { id: HASH, dir, golden: null, blend: path, modelHash: null };
}
async function factsAt(name: string, document: unknown) {
  const path = join(dir, name);
  await writeFile(path, JSON.stringify(document));
  return path;
}

describe('blends of adapters', () => {
  it('have their own facts, or others in their place', async () => {
    const blends = new LoadedBlends();
    const place = await placeOf('weighed', weighed);
    expect(await blends.of(place)).toEqual(weighed);
    const facts = await factsAt('newer', newer);
    expect(await blends.of(place, facts)).toEqual({ ...weighed, facts: newer });
    await rm(facts);
    expect((await blends.of(place, facts))?.facts).toEqual(newer);
    expect((await blends.of(place))?.facts).toEqual(items);
  });

  it('without weights for facts take none, and neither does an adapter without a blend', async () => {
    const blends = new LoadedBlends();
    const facts = await factsAt('newer', newer);
    const { facts: _, ...unweighed } = { ...weighed, rank: { logit: 1, fans: 0, itemMean: 0 } };
    const place = await placeOf('unweighed', unweighed);
    await expect(blends.of(place, facts)).rejects.toMatchObject({ code: 'VALIDATION_FAILED', message: /no weights/ });
    await expect(blends.of({ ...place, blend: null }, facts)).rejects.toMatchObject({ message: /has no blend/ });
    await expect(blends.of(place, await factsAt('broken', { likes: -1 }))).rejects.toMatchObject({
      message: /are damaged/,
    });
  });
});
