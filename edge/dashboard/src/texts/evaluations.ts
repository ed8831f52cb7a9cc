// The words of the pages about evaluations.
export const evaluationTexts = {
  title: 'Evaluations',
  lead: 'How well something tells what people will like, on examples that it has not learned from, beside the rules that it has to beat.',
  create: 'New evaluation',
  columns: {
    name: 'Name',
    state: 'Status',
    dataset: 'Judged on',
    auc: 'AUC',
    rule: 'Rule',
    created: 'Created',
  },
  hints: {
    auc: '1 is perfect, 0.5 is guessing; in brackets the 95 % interval.',
    rule: 'What the share of the history that was liked reaches on the same rows.',
  },
  empty: {
    title: 'No evaluations yet',
    body: 'An evaluation judges a model, an adapter or a method of the paper on data that you name. It is the only way to know what a tuning was worth.',
  },
  subjects: {
    base: (model: string) => `${model}, not tuned`,
    shots: (count: string) => `K = ${count}`,
    seed: (seed: string) => `seed ${seed}`,
  },
  phases: { fit: 'Learning', score: 'Scoring', split: 'Cutting up', join: 'Putting together' },
  progress: (phase: string, done: string, total: string) => `${phase}: ${done} of ${total}`,
};
