import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '@tallrec/shared/random';
import { instructionFor } from '@tallrec/shared/sample';
import { parse } from 'csv-parse/sync';
import { Tokenizer } from 'tokenizers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTokenizer } from '../llama/tokenizer.ts';
import { createRuntime } from '../runtime/onnx-runtime.ts';
import { type MovieLens, partOfUser } from './movielens.ts';
import { labelledRow, textOf } from './passage.ts';
import { pretrain } from './pretrain.ts';
import { drawQuestion } from './questions.ts';
import { drawDrill } from './reading-drill.ts';
import type { Recipe } from './recipe.ts';
import { drawSequence } from './sequences.ts';
import { trainTokenizer } from './tokenizer-file.ts';

const GENRES = ['Comedy', 'Drama', 'Horror'];
const films = Array.from({ length: 60 }, (_, i) => ({
  title: `${['Night', 'Día', 'Le Jour', 'Heat, The'][i % 4]} ${i} (19${40 + i})`,
  genres: GENRES.slice(0, i % 3),
}));
const random = Random.seeded(7);
const user = () =>
  random
    .shuffle(films)
    .slice(0, 40)
    .map((film) => ({ film, stars: random.integer(1, 10) / 2 }));
const movieLens: MovieLens = {
  films,
  learned: Array.from({ length: 12 }, user),
  watched: Array.from({ length: 2 }, user),
  ratingsLeftOut: 0,
};

const mixture = { negated: 0.5, lists: 0.3, reading: 0.1, tallrec: 0 };
const drawn = Array.from({ length: 2000 }, () => drawQuestion(random, movieLens, mixture));

it('learns from no user whose ratings the repository ships for tuning and testing', async () => {
  const path = fileURLToPath(new URL('../../data/movielens/ratings.csv', import.meta.url));
  const rows: { user: string }[] = parse(await readFile(path), { columns: true });
  const users = [...new Set(rows.map(({ user }) => user))];
  expect(users).toHaveLength(124);
  expect(users.map(partOfUser).filter((part) => part !== 'held-out')).toEqual([]);
});

it("asks in TALLRec's own words only where a mixture says so", () => {
  const own = [
    instructionFor('movie'),
    'User Preference',
    'User Unpreference',
    'Whether the user will like the target',
  ];
  const texts = drawn.map(textOf);
  for (const words of own) expect(texts.filter((text) => text.includes(words))).toEqual([]);
  const taught = Array.from({ length: 200 }, () =>
    textOf(drawQuestion(random, movieLens, { ...mixture, tallrec: 0.4 })),
  );
  const inOwn = taught.filter((text) => own.every((words) => text.includes(words)));
  expect(inOwn.length).toBeGreaterThan(40);
  expect(inOwn.length).toBeLessThan(120);
});

it('drills what two lists say: which one a film is in, and how long they are', () => {
  const titles = films.map(({ title }) => title);
  const drills = Array.from({ length: 300 }, () => drawDrill(random, titles, 1));
  const listed = (text: string, name: string) =>
    [...(new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? '').matchAll(/"(.*?)"/g)].map(([, title]) => title);
  let [each, counts] = [0, 0];
  for (const drill of drills) {
    const text = textOf(drill);
    const [liked, disliked] = [listed(text, 'User Preference'), listed(text, 'User Unpreference')];
    const answers = [...text.matchAll(/^"(.*)": (Yes|No)\.$/gm)].map(([, title, answer]) => ({ title, answer }));
    for (const { title, answer } of answers) expect(answer === 'Yes' ? liked : disliked).toContain(title);
    if (answers.length > 0) {
      each++;
      expect(answers).toHaveLength(liked.length + disliked.length);
    } else if (text.includes('How many')) {
      counts++;
      expect(text.endsWith(`\n${liked.length}`)).toBe(true);
    } else expect(text.endsWith(liked.length > disliked.length ? 'Yes.' : 'No.')).toBe(true);
  }
  expect(each).toBeGreaterThan(150);
  expect(counts).toBeGreaterThan(10);
});

it('asks for likes and for dislikes, and the answer to one is not the answer to the other', () => {
  const answers = (pattern: RegExp) =>
    drawn
      .filter((passage) => pattern.test(textOf(passage)) && passage.length === 2)
      .map(([prompt, answer]) => [prompt!.text, answer!.text.trim()]);
  const share = (pairs: string[][]) => pairs.filter(([, answer]) => answer === 'Yes.').length / pairs.length;
  // Three of five ratings here are above three stars.
  const [likes, dislikes] = [answers(/Will they like "/), answers(/Will they dislike "/)];
  expect(likes.length).toBeGreaterThan(20);
  expect(dislikes.length).toBeGreaterThan(20);
  expect(share(likes)).toBeLessThan(0.6);
  expect(share(likes) + share(dislikes)).toBeCloseTo(1, 0);
});

it('tokenises as the library that learned the merges does, title by title, segment by segment', async () => {
  const titles = films.slice(0, 20).map(({ title }) => title);
  const { file, size } = await trainTokenizer({ texts: drawn.slice(0, 300).map(textOf), merges: 200, titles });
  const ours = createTokenizer(file, { eos_token: '</s>' });
  const theirs = Tokenizer.fromString(JSON.stringify(file));
  expect(titles.map((title) => ours.encode(title))).toEqual(titles.map((_, i) => [size - titles.length + i]));
  const passages = [...drawn.slice(300, 400), ...movieLens.learned.map((own) => drawSequence(random, own))];
  for (const passage of passages) {
    const whole = ours.encode(textOf(passage));
    expect((await theirs.encode(textOf(passage), null, { addSpecialTokens: false })).getIds()).toEqual(whole);
    expect(labelledRow(passage, ours).tokens).toEqual(whole);
  }
  const strange = 'Amélie ☃ 映画 </s>\u0000';
  expect(await theirs.decode(ours.encode(strange), false)).toBe(strange);
}, 60_000);

const phase = { steps: 2, warmupSteps: 1, learningRate: 1e-3, sequences: 1, questions: 2, mixture, drills: 0 };
const recipe: Recipe = {
  tokenizer: { questions: 100, merges: 50, titles: 20 },
  phases: [phase, { ...phase, fresh: true, drills: 2 }],
  clipNorm: 1,
  microBatchTokens: 512,
  watchEverySteps: 4,
  checkpointEverySteps: 1,
};

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'default-model-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

it('answers what a history itself says from the history', () => {
  const texts = Array.from({ length: 300 }, () =>
    drawQuestion(random, movieLens, { negated: 0, lists: 0, reading: 0.88, tallrec: 0 }),
  );
  const counted = texts
    .map((passage) => textOf(passage))
    .filter((text) => text.includes('How many of these movies did the user like?'));
  const inParentheses = counted.filter((text) => text.includes(' (liked)') || text.includes(' (disliked)'));
  expect(inParentheses.length).toBeGreaterThan(2);
  for (const text of inParentheses) {
    expect(/(\d+)$/.exec(text)?.[1]).toBe(String(text.split(' (liked)').length - 1));
  }
});

it('goes on bit for bit where it was stopped, and refuses the work of another run', async () => {
  const run = (name: string, { seed = 0, stopAt = Number.POSITIVE_INFINITY } = {}) => {
    const controller = new AbortController();
    return pretrain({
      movieLens,
      recipe,
      seed,
      runtime: createRuntime('cpu'),
      workDir: join(dir, name),
      signal: controller.signal,
      clock: () => 0,
      onStep: ({ step }) => step >= stopAt && controller.abort(),
      onWatch: () => {},
    });
  };
  const whole = await run('whole');
  const stopped = await run('stopped', { stopAt: 2 });
  expect([whole.finished, stopped.finished]).toEqual([true, false]);
  const resumed = await run('stopped');
  expect(resumed.training).toEqual(whole.training);
  expect(whole.training.watched).toHaveLength(1);
  await expect(run('stopped', { seed: 1 })).rejects.toThrow(/another recipe, other data or another seed/);
}, 60_000);
