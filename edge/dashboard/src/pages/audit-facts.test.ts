import { expect, it } from 'vitest';
import { actionText, factsOf } from './audit-facts.ts';

it('tells of an action in words, and of one that it has none for as it is', () => {
  expect(['dataset.create', 'key.rotate', 'alias.move'].map(actionText)).toEqual([
    'Dataset made',
    'Key given a new secret',
    'Alias moved',
  ]);
  expect(actionText('session.create')).toBe('Signed in');
  expect(actionText('webhook.ping')).toBe('webhook.ping');
});

it('tells particulars as facts, with their units', () => {
  const facts = factsOf({
    name: 'films',
    kind: 'interactions',
    bytes: 2048,
    scopes: ['read', 'score'],
    overlapSeconds: 3600,
    draining: true,
  });
  expect(Object.fromEntries(facts.map(({ label, value }) => [label, value]))).toEqual({
    Name: 'films',
    Kind: 'Ratings',
    Size: '2 kB',
    Scopes: 'read, score',
    'Old secret holds for': '1 hr',
    Draining: 'yes',
  });
  expect(factsOf({ overlapSeconds: 0, other: { a: 1 }, gone: null })).toEqual([
    { label: 'Old secret holds for', value: 'no longer' },
    { label: 'other', value: '{"a":1}' },
  ]);
});
