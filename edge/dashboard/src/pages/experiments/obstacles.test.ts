import { describe, expect, it } from 'vitest';
import { mayEncode, obstacleOf } from './obstacles.ts';

const all = { examples: 124, hasModel: true, hasEncoder: true, hasInstructions: true };

describe('what stands in the way of a cell', () => {
  it('is that there are fewer examples than K', () => {
    expect(obstacleOf({ method: 'caser', shots: 64 }, all)).toBeNull();
    expect(obstacleOf({ method: 'caser', shots: 256 }, all)).toMatch(/124 examples/);
    expect(obstacleOf({ method: 'caser', shots: null }, all)).toBeNull();
    expect(obstacleOf({ method: 'caser', shots: 256 }, { ...all, examples: undefined })).toBeNull();
  });

  it('is that no node has what the method needs', () => {
    expect(obstacleOf({ method: 'gru-bert', shots: 16 }, { ...all, hasEncoder: false })).toMatch(/encoder/);
    expect(obstacleOf({ method: 'rt', shots: 16 }, { ...all, hasModel: false })).toMatch(/model/);
    expect(obstacleOf({ method: 'tallrec', shots: 16 }, { ...all, hasInstructions: false })).toMatch(/instructions/);
    expect(obstacleOf({ method: 'rt', shots: 16 }, { ...all, hasInstructions: false })).toBeNull();
    expect(obstacleOf({ method: 'caser', shots: 16 }, { ...all, hasModel: false, hasEncoder: false })).toBeNull();
  });

  it('is no sentence encoder only where every connected node says so', () => {
    const status = { encoder: false } as never;
    expect(mayEncode({ connected: true, status })).toBe(false);
    expect(mayEncode({ connected: true, status: { encoder: true } as never })).toBe(true);
    expect(mayEncode({ connected: true, status: {} as never })).toBe(true);
    expect(mayEncode({ connected: false, status: {} as never })).toBe(false);
  });
});
