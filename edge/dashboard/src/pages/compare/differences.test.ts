import { describe, expect, it } from 'vitest';
import { evaluationOf, idOf, tuningOf } from '../../testing/examples.ts';
import { texts } from '../../texts.ts';
import { curveTable, numberFormat } from './curve-table.ts';
import { keyWithout, namesApart, settingRows, settingsOf } from './differences.ts';
import { runsOf } from './runs.ts';

const nameOf = (id: string) => (id === idOf('ds', 1) ? 'films' : id);
const settings = (numbers: Record<number, object>, methods: object[] = []) =>
  runsOf({
    tunings: Object.entries(numbers).map(([number, own]) => tuningOf(Number(number), { settings: own })),
    evaluations: methods.map((method, at) => evaluationOf(at, { trainDataset: idOf('ds', 1), ...method })),
    others: [],
    makerOf: () => undefined,
    stageOf: () => undefined,
  }).map((run) => settingsOf(run, nameOf));
const differing = (all: ReturnType<typeof settings>) =>
  settingRows(all).flatMap(({ key, differs, values }) => (differs ? [[key, values]] : []));

describe('settings', () => {
  it('differ where two runs that have them disagree', () => {
    const all = settings({ 1: { shots: 16 }, 2: { shots: 64, hyperParameters: { learningRate: 1e-3 } } });
    expect(differing(all)).toEqual([
      ['shots', ['16', '64']],
      ['learningRate', ['0.0001', '0.001']],
    ]);
  });

  it('do not differ because a run has no use for them', () => {
    const all = settings({ 1: { shots: 16, seed: 0 } }, [{ method: 'sasrec', shots: 16, seed: 0 }]);
    expect(differing(all).map(([key]) => key)).toEqual(['kind', 'method']);
  });

  it('say of what learns from everything that it is all, and name data and adapters', () => {
    const [own] = settings({ 1: {} });
    expect([own!.get('shots'), own!.get('trainDataset')]).toEqual([texts.compare.settings.allShots, 'films']);
    const [rule] = settings({}, [{ method: 'history-share', trainDataset: null, seed: 0 }]);
    expect([rule!.has('shots'), rule!.has('trainDataset')]).toEqual([false, false]);
  });

  it('have words for people', () => {
    for (const { key, label } of settingRows(settings({ 1: { shots: 4 } }))) expect(label).not.toBe(key);
  });

  it('name runs of one kind alike, whatever was drawn, and others apart by what differs', () => {
    const all = settings({ 1: { seed: 0 }, 2: { seed: 1 }, 3: { seed: 0, hyperParameters: { loraRank: 16 } } });
    const keys = all.map((own) => keyWithout(own, ['seed']));
    expect([keys[0] === keys[1], keys[0] === keys[2]]).toEqual([true, false]);
    const names = namesApart(all, ['seed']);
    expect(names[0]).toBe(names[1]);
    expect(names[2]).toBe(`${names[0]!.replace(/ 8$/, ' 16')}`);
    expect(names[2]).toMatch(/16$/);
  });
});

it('numbers of curves have the decimals that tell them apart', () => {
  expect(numberFormat([1.41502, 1.41498, null])(1.41502)).toBe('1.415020');
  expect(numberFormat([8.1, 7.2])(7.2)).toBe('7.200');
  expect(numberFormat([0.5, 0.5])(0.5)).toBe('0.500');
});

it('curves of several runs become one table over the steps of all', () => {
  const { keys, rows } = curveTable([
    {
      name: 'a',
      points: [
        { step: 1, value: 0.5 },
        { step: 3, value: 0.6 },
      ],
    },
    {
      name: 'b',
      points: [
        { step: 2, value: null },
        { step: 1, value: 0.4 },
      ],
    },
  ]);
  expect(rows).toEqual([
    { step: 1, [keys[0]!]: 0.5, [keys[1]!]: 0.4 },
    { step: 2, [keys[0]!]: null, [keys[1]!]: null },
    { step: 3, [keys[0]!]: 0.6, [keys[1]!]: null },
  ]);
});
