// The words of the form of a new evaluation; settings that tunings have too are named there.
export const evaluationFormTexts = {
  title: 'New evaluation',
  lead: 'Choose what is judged and on which data. The rules that it has to beat are judged beside it by themselves.',
  submit: 'Start evaluation',
  subject: 'What is judged',
  subjects: { model: 'A model or adapter', method: 'A method of the paper’s table' },
  adapter: {
    label: 'Adapter',
    hint: 'What a tuning made, by its name or an alias; left empty, the model is judged as it is.',
  },
  untuned: {
    label: 'Judge the model without it, too',
    hint: 'Says what the tuning changed, and takes twice as long.',
  },
  noAdapter: 'None: the model as it is',
  model: { label: 'Model', hint: 'The language model that answers; connected nodes hold these.' },
  method: {
    label: 'Method',
    hint: 'It is fit anew on the node, on examples drawn by the seed, and then judged.',
  },
  methodKinds: {
    'language-model': 'On a language model',
    conventional: 'Conventional recommenders',
    control: 'Rules and simple controls',
  },
  needsEncoder: 'The node that runs it has to be started with a sentence encoder (TALLREC_ENCODER).',
  dataset: { label: 'Judged on', hint: 'Labelled examples that nothing was learned from.' },
  split: {
    label: 'Part of it',
    hint: 'By the paper’s split, in time: what was tuned on the training part is judged on the test part.',
  },
  splits: { test: 'Test', valid: 'Validation', train: 'Training', all: 'All of it' },
  limit: { label: 'Rows at most', hint: 'The first so many; left empty, all of them.' },
  learn: { label: 'Learns from', hint: 'What the method is fit on. It may not hold the rows that it is judged by.' },
  popularity: {
    label: 'Popularity from',
    hint: 'Where given, the popularity of things in it is judged beside. Usually what the adapter learned from.',
  },
  validDataset: {
    label: 'Validation data',
    hint: 'What it chooses by; left empty, a part of what it learns from is set aside.',
  },
  items: {
    label: 'Facts about items',
    hint: 'Newer counts in place of those that the adapter was tuned with; of a method with a blend, what it weighs. Usually empty.',
  },
  instructionsDataset: { label: 'Instructions', hint: 'What its first stage learns from.' },
  shots: {
    label: 'Examples (K)',
    hint: 'How many examples it learns from, drawn by the seed; left empty, all of them.',
  },
  seed: { label: 'Seed', hint: 'Decides every random choice of the method.' },
  advanced: 'Advanced',
  recipe: 'Advanced: the recipe',
  noDatasets: 'No dataset is ready to judge on.',
  toDatasets: 'Upload one',
  nothing: 'None',
};
