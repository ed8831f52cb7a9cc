// One whole example of what people send and get most, by the schema's name in the document: a page can send it as it stands, but for ids.
import { formatPrompt } from '@tallrec/shared/prompt';
import { inputOf, instructionFor } from '@tallrec/shared/sample';

const ids = {
  dataset: 'ds_01jd3x6k8w5v0e9s2m4q7r1tza',
  catalogue: 'ds_01jd3x9q2t7y4b6n8c1v3m5k0p',
  adapter: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
};
const history = [
  { title: 'Toy Story (1995)', liked: true },
  { title: 'Heat (1995)', liked: true },
  { title: 'Speed (1994)', liked: false },
];
const target = { title: 'Fargo (1996)' };
const [likely, unlikely] = [
  { score: 0.81, yesLogit: 2.1, noLogit: 0.65 },
  { score: 0.34, yesLogit: 0.2, noLogit: 0.86 },
];
const answeredBy = {
  model: 'tallrec-movies',
  adapter: ids.adapter,
  tokens: 214,
  template: 'clean' as const,
  warnings: [],
};

export const EXAMPLES: Record<string, unknown> = {
  Error: {
    error: {
      code: 'VALIDATION_FAILED',
      message: 'body.samples: expected array, received undefined',
      requestId: 'req_01jd3x6k8w5v0e9s2m4q7r1tza',
      retryable: false,
      details: { issues: [{ path: 'body.samples', problem: 'expected array, received undefined' }] },
    },
  },
  SignIn: { key: 'tlr_…' },
  CreateWorkspace: { name: 'films' },
  CreateKey: { name: 'shop', scopes: ['read', 'score'], requestsPerMinute: 600 },
  CreateNode: { name: 'desk' },
  CreateDataset: { name: 'ratings of spring', kind: 'interactions', format: 'csv', bytes: 1_048_576 },
  CompleteDataset: {},
  CreateTuning: { name: '64 shots', model: 'tallrec-movies', dataset: ids.dataset, shots: 64, seed: 0 },
  CreateEvaluation: {
    name: '64 shots, judged',
    model: 'tallrec-movies',
    adapter: 'production',
    dataset: ids.dataset,
    split: 'test',
  },
  CreateScoring: {
    name: 'ten for everyone',
    model: 'tallrec-movies',
    adapter: 'production',
    dataset: ids.dataset,
    task: 'rank',
    catalogue: ids.catalogue,
    top: 10,
  },
  SetAlias: { adapter: ids.adapter },
  FormatRequest: { samples: [{ history, target }] },
  FormatResponse: {
    prompts: [
      formatPrompt(
        { instruction: instructionFor('movie'), input: inputOf({ noun: 'movie', history, target }) },
        'clean',
      ),
    ],
    template: 'clean',
  },
  ScoreRequest: { model: 'tallrec-movies', adapter: 'production', samples: [{ history, target }] },
  ScoreResponse: { scores: [likely], ...answeredBy },
  RankRequest: {
    model: 'tallrec-movies',
    adapter: 'production',
    history,
    candidates: [target, { title: 'Twister (1996)' }],
  },
  RankResponse: {
    ranking: [
      { ...likely, index: 0, candidate: target },
      { ...unlikely, index: 1, candidate: { title: 'Twister (1996)' } },
    ],
    ...answeredBy,
  },
};
