// What each setting of a tuning is, in one sentence for someone who never tuned a model.

interface SettingText {
  label: string;
  hint: string;
}

export const settingTexts = {
  name: { label: 'Name', hint: 'How you will find it again; left empty, it is named after the dataset.' },
  stage: { label: 'Kind', hint: 'Recommendation learns from likes; instructions teach general answers first.' },
  stages: { rec: 'Recommendation (what you most likely want)', alpaca: 'Instructions (a first stage before it)' },
  stageNames: { rec: 'Recommendation', alpaca: 'Instructions' },
  model: { label: 'Model', hint: 'The language model that learns; connected nodes hold these.' },
  dataset: { label: 'Dataset', hint: 'What it learns from.' },
  validDataset: {
    label: 'Validation data',
    hint: 'What it is judged by while it learns; left empty, a part of the dataset is set aside.',
  },
  items: {
    label: 'Facts about items',
    hint: 'What is known of items from elsewhere; the adapter’s ranking weighs them. Usually empty.',
  },
  initAdapter: { label: 'Start from adapter', hint: 'Go on from an earlier tuning of the same model; usually empty.' },
  shots: {
    label: 'Examples (K)',
    hint: 'How many it learns from; empty means all. Several numbers make several tunings.',
  },
  seeds: {
    label: 'Seeds',
    hint: 'Decides every random choice. Several seeds make several tunings.',
  },
  seed: { label: 'Seed', hint: 'Decides every random choice: the same seed gives the same tuning.' },
  template: { label: 'Prompt template', hint: 'How an example is put into words for the model.' },
  templates: {
    clean: 'clean: the paper’s words',
    tallrec: 'tallrec: as the paper’s code sent them, with its slip',
    alpaca: 'alpaca: for instruction data',
  },
  priority: { label: 'Priority', hint: 'Among waiting jobs the higher goes first; −10 to 10.' },
  wait: { label: 'Wait for a node', hint: 'Accept it even though no connected node holds the model now.' },
  learningRate: {
    label: 'Learning rate',
    hint: 'How far each step goes; too high and it forgets, too low and it crawls.',
  },
  warmupSteps: {
    label: 'Warm-up steps',
    hint: 'Steps at the start over which the learning rate grows to its full value.',
  },
  weightDecay: { label: 'Weight decay', hint: 'Pulls what is learned towards zero; 0 turns it off.' },
  clipNorm: { label: 'Gradient clipping', hint: 'No single step may pull harder than this.' },
  batchSize: { label: 'Batch size', hint: 'Examples per step.' },
  microBatchTokens: {
    label: 'Tokens at once',
    hint: 'How much the node reads in one go: less needs less memory and changes nothing that is learned.',
  },
  cutoffTokens: { label: 'Longest prompt', hint: 'In tokens; what is longer is cut.' },
  epochs: { label: 'Epochs', hint: 'How often it goes through all examples, at most.' },
  maxSteps: { label: 'Most steps', hint: 'It ends after so many; left empty, the epochs decide.' },
  evaluateEverySteps: {
    label: 'Judge every … steps',
    hint: 'How often it is judged on the validation data; left empty, a rule chooses.',
  },
  patience: { label: 'Patience', hint: 'It ends after being judged so many times without getting better.' },
  loraRank: { label: 'LoRA rank', hint: 'How much the adapter can hold; larger learns more and needs more examples.' },
  loraAlpha: { label: 'LoRA alpha', hint: 'How strongly the adapter speaks beside the model.' },
  loraDropout: { label: 'LoRA dropout', hint: 'The share of the adapter that is left out at random while it learns.' },
  loraModules: { label: 'LoRA modules', hint: 'Which parts of the model get an adapter.' },
  rankStabilized: { label: 'Rank-stabilized LoRA', hint: 'Keeps the strength alike for large ranks.' },
  lossOn: { label: 'Learn from', hint: 'The answer alone, or the whole prompt too, as the paper’s script does.' },
  lossPairs: {
    label: 'Loss on pairs',
    hint: 'How much it counts that a user’s liked films come before their disliked ones; 0 leaves it out, as the paper does.',
  },
  lossOns: { answer: 'The answer', all: 'The whole prompt' },
} satisfies Record<string, SettingText | Record<string, string>>;
