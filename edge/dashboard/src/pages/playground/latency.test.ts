import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latencyParts, parseServerTiming } from './latency.ts';

const HEADER = 'queue;dur=1.5, engine;dur=20.0, node;dur=25.0, edge;dur=30.5';

describe('the parts of an answer’s time', () => {
  it('are read from the header that the edge writes', () => {
    expect([...parseServerTiming(HEADER)]).toEqual([
      ['queue', 1.5],
      ['engine', 20],
      ['node', 25],
      ['edge', 30.5],
    ]);
    expect(parseServerTiming('cache;desc="Cache Read";dur=23.2,total').get('cache')).toBe(23.2);
  });

  it('are each without those inside it, and the whole together', () => {
    expect(latencyParts(40, HEADER)).toEqual([
      { part: 'network', ms: 9.5 },
      { part: 'edge', ms: 5.5 },
      { part: 'node', ms: 3.5 },
      { part: 'queue', ms: 1.5 },
      { part: 'engine', ms: 20 },
    ]);
    const part = fc.integer({ min: 0, max: 10_000 });
    fc.assert(
      fc.property(part, part, part, part, part, (network, edge, node, queue, engine) => {
        const inNode = node + queue + engine;
        const header = `queue;dur=${queue}.0, engine;dur=${engine}.0, node;dur=${inNode}.0, edge;dur=${edge + inNode}.0`;
        const parts = latencyParts(network + edge + inNode, header).map(({ ms }) => ms);
        expect(parts).toEqual([network, edge, node, queue, engine]);
      }),
    );
  });

  it('are never less than nothing, and not there where the edge says nothing', () => {
    expect(latencyParts(20, HEADER).every(({ ms }) => ms >= 0)).toBe(true);
    expect(latencyParts(20, null)).toEqual([]);
    expect(latencyParts(20, 'node;dur=3.0')).toEqual([]);
  });
});
