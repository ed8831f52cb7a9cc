// What a model will read: prompts formatted from a dataset's first rows.
/** Tokens of each text by this model's own tokenizer; null where no connected node holds the model. */
export type CountTokens = (
  model: string | undefined,
  texts: string[],
) => Promise<{ model: string; counts: number[] } | null>;
