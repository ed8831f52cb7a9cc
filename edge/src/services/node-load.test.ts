import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countRequest, inOrderOfLoad, loadOf } from './node-load.ts';

it('keeps every node, each once', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 8 }), (ids) => {
      const nodes = ids.map((id) => ({ id }));
      expect(
        inOrderOfLoad(nodes)
          .map(({ id }) => id)
          .sort(),
      ).toEqual([...ids].sort());
    }),
  );
});

it('shares requests between idle nodes', () => {
  const nodes = [{ id: 'even-1' }, { id: 'even-2' }];
  for (let i = 0; i < 30; i++) countRequest(inOrderOfLoad(nodes)[0]!.id);
  expect([loadOf('even-1'), loadOf('even-2')]).toEqual([15, 15]);
});

it('counts what others have on their way to a node too, as its object tells it with each answer', () => {
  const answered = countRequest('busy');
  answered(7);
  expect(loadOf('busy')).toBe(7);
  expect(inOrderOfLoad([{ id: 'busy' }, { id: 'idle' }])[0]!.id).toBe('idle');
  countRequest('busy')(null);
  expect(loadOf('busy')).toBe(0);
});
