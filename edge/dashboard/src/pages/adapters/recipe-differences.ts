// In what a recipe differs from the paper's.
import { type HyperParameters, hyperParametersSchema } from '@tallrec/shared/tuning';

export interface RecipeDifference {
  name: keyof HyperParameters;
  value: string | number | boolean;
}

export function recipeDifferences(recipe: HyperParameters): RecipeDifference[] {
  const paper = hyperParametersSchema.parse({});
  return (Object.keys(recipe) as (keyof HyperParameters)[]).flatMap((name) => {
    const value = recipe[name];
    if (value === undefined || String(value) === String(paper[name])) return [];
    return [{ name, value: Array.isArray(value) ? value.join(', ') : value }];
  });
}
