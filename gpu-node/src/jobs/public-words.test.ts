import { describe, expect, it } from 'vitest';
import { withoutPaths } from './public-words.ts';

describe('words for users', () => {
  it.each([
    ['/home/me/.tallrec/adapters/ab12/adapter_model.safetensors lacks q.', 'adapter_model.safetensors lacks q.'],
    [
      "ENOENT: no such file or directory, open '/home/me/models/x/config.json'",
      "ENOENT: no such file or directory, open 'config.json'",
    ],
    ['data/jobs: (/srv/node/jobs/j1/rows.jsonl) is cut', 'data/jobs: (rows.jsonl) is cut'],
    ['/srv/my models/tiny/model.safetensors is damaged', 'tiny/model.safetensors is damaged', ['/srv/my models']],
  ])('of %s are %s', (message, words, folders: string[] = []) => {
    expect(withoutPaths(message, folders)).toBe(words);
  });

  it.each([
    'Ask for upload URLs with POST /v1/adapters:upload and PUT both files first.',
    'It was sent to https://edge.test/v1/transfers/x and http://127.0.0.1:8787/a/b.',
    'See and/or 3/4 of it: base_model.model.layers.0, 10/12 rows, /health.',
    'The node has no POST /trial.',
  ])('leave %s as it is', (message) => {
    expect(withoutPaths(message)).toBe(message);
  });
});
