// An engine process without a model, for tests: what it does is told by the texts or titles it is given.

import { TallrecError } from '@tallrec/shared/errors';
import type { NodeEvent } from '@tallrec/shared/wire/jobs';
import { serveEngine } from './engine-serve.ts';

async function act(words: string[]): Promise<void> {
  if (words.includes('die')) process.kill(process.pid, 'SIGKILL');
  if (words.includes('exit')) process.exit(7);
  if (words.includes('refuse')) throw new TallrecError('ADAPTER_INVALID', 'This adapter is bad.');
  if (words.includes('fault')) throw new Error('something unforeseen');
  const pause = words.find((word) => word.startsWith('wait '));
  if (pause) await new Promise((resolve) => setTimeout(resolve, Number(pause.slice(5))));
}

const note = (message: string): NodeEvent => ({ type: 'note', step: 0, message });

serveEngine({
  probe: async () => {
    const reason = `told ${process.argv.slice(2).join(' ')}`;
    return { provider: 'cpu', compute: 'f32', precision: 'f32', reason };
  },
  async tune({ model, settings, checkpointDir }, { signal, stop, event, checkpoint }) {
    event(note('begun'));
    if (model.name === 'nonsense') process.send?.({ type: 'event', id: 'x' });
    if (model.name === 'stubborn') await new Promise(() => setInterval(() => {}, 1000));
    checkpoint({ step: 4, dir: `${checkpointDir}/00000001` });
    const told = AbortSignal.any([signal, stop]);
    await new Promise<void>((resolve) => {
      if (told.aborted) resolve();
      told.addEventListener('abort', () => resolve());
    });
    if (signal.aborted) throw new TallrecError('CANCELLED', 'stopped as asked');
    const hash = '0'.repeat(64);
    return {
      files: { configSha256: hash, weightsSha256: hash, weightsBytes: 1 },
      golden: { template: settings.template, precision: 'f32', samples: [] },
      blend: null,
      bestValidAuc: null,
      bestValidLoss: null,
      stopReason: 'stopped',
    };
  },
  evaluate: async () => {
    throw new Error('not scripted');
  },
  async score({ samples }) {
    await act(samples.map(({ target }) => target.title));
    return { scores: samples.map(() => ({ score: 0.5, yesLogit: 0, noLogit: 0 })), tokens: samples.length };
  },
  async rank({ candidates }) {
    await act(candidates.map(({ title }) => title));
    return { ranking: [], tokens: 0 };
  },
  plan: async () => {
    throw new Error('not scripted');
  },
  trial: async () => {
    throw new Error('not scripted');
  },
  async tryAdapter({ adapter, template }) {
    if (adapter.id.startsWith('bad')) throw new TallrecError('ADAPTER_INVALID', `${adapter.dir}/${adapter.id} is bad.`);
    const golden = { template, precision: 'f32', samples: [{ prompt: 'p', yesLogit: 1, noLogit: 0 }] };
    return { golden, warnings: [] };
  },
  async tokens({ texts, pieces }) {
    await act(texts);
    const counts = texts.includes('pid') ? [process.pid] : texts.map((text) => text.length);
    return { counts, ...(pieces ? { pieces: texts.map((text) => [...text]) } : {}) };
  },
});
