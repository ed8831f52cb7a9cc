// All methods by name: what there is, and those that the options at hand allow.
import { TallrecError } from '@tallrec/shared/errors';
import { inContextMethod } from './in-context.ts';
import { type InContextRemoteOptions, inContextRemoteMethod } from './in-context-remote.ts';
import type { SharedLanguageModel } from './language-model.ts';
import { logisticFeaturesMethod } from './logistic-features.ts';
import { matrixFactorisationMethod } from './matrix-factorisation.ts';
import { METHOD_KINDS, type Method, type MethodKind } from './method.ts';
import { historyPopularityMethod, historyShareMethod, popularityMethod } from './rules.ts';
import { tunedMethods } from './tuned.ts';
import { zeroShotMethod } from './zero-shot.ts';

export const METHOD_NAMES = [
  { name: 'gru4rec', title: 'GRU4Rec', kind: 'conventional' },
  { name: 'caser', title: 'Caser', kind: 'conventional' },
  { name: 'sasrec', title: 'SASRec', kind: 'conventional' },
  { name: 'dros', title: 'DROS', kind: 'conventional' },
  { name: 'gru-bert', title: 'GRU-BERT', kind: 'conventional', needs: 'encoder' },
  { name: 'dros-bert', title: 'DROS-BERT', kind: 'conventional', needs: 'encoder' },
  { name: 'zero-shot', title: 'Zero-shot', kind: 'language-model', needs: 'model' },
  { name: 'in-context', title: 'In-context learning', kind: 'language-model', needs: 'model' },
  { name: 'in-context-remote', title: 'In-context learning, remote', kind: 'language-model', needs: 'remote' },
  { name: 'at', title: 'Alpaca tuning only (AT)', kind: 'language-model', needs: 'instructions' },
  { name: 'rt', title: 'Rec tuning only (RT)', kind: 'language-model', needs: 'model' },
  { name: 'tallrec', title: 'TALLRec', kind: 'language-model', needs: 'instructions' },
  { name: 'tallrec-blend', title: 'TALLRec, blend', kind: 'language-model', needs: 'instructions' },
  { name: 'history-share', title: 'Share of history liked', kind: 'control' },
  { name: 'popularity', title: 'Item popularity', kind: 'control' },
  { name: 'history-popularity', title: 'History + popularity', kind: 'control' },
  { name: 'matrix-factorisation', title: 'Matrix factorisation', kind: 'control' },
  { name: 'logistic-regression', title: 'Logistic regression', kind: 'control' },
] as const satisfies readonly NamedMethod[];
export type MethodName = (typeof METHOD_NAMES)[number]['name'];

interface NamedMethod {
  name: string;
  title: string;
  kind: MethodKind;
  needs?: Need;
}
type Need = 'encoder' | 'model' | 'instructions' | 'remote';
const NEEDS: Record<Need, string> = {
  encoder: 'needs a sentence encoder: name its folder by --encoder',
  model: 'needs a language model: name one by --model',
  instructions: 'needs a language model and instruction data: name them by --model and --instructions',
  remote: 'needs an endpoint: name its model by --remote-model, and set OPENAI_API_KEY',
};

/**
 * Names of methods, or of their kinds; `all` is every method.
 * @throws TallrecError on a name that there is not
 */
export function methodNames(list: readonly string[]): MethodName[] {
  const chosen = new Set<MethodName>();
  for (const word of list) {
    const own = METHOD_NAMES.filter(({ name, kind }) => word === 'all' || word === name || word === kind);
    if (own.length === 0) {
      throw new TallrecError('BAD_REQUEST', `There is no method "${word}".`, {
        fix: `Known: all, ${METHOD_KINDS.join(', ')}, ${METHOD_NAMES.map(({ name }) => name).join(', ')}.`,
      });
    }
    for (const { name } of own) chosen.add(name);
  }
  return METHOD_NAMES.map(({ name }) => name).filter((name) => chosen.has(name));
}

export interface MethodSources {
  languageModel?: SharedLanguageModel | undefined;
  remote?: InContextRemoteOptions | undefined;
  conventional: readonly Method[];
}

/** Every method that these sources allow, in the order of the tables. */
export function methodsFrom({ languageModel, remote, conventional }: MethodSources): Method[] {
  const methods = [
    ...conventional,
    ...(languageModel
      ? [zeroShotMethod(languageModel), inContextMethod(languageModel), ...tunedMethods(languageModel)]
      : []),
    ...(remote ? [inContextRemoteMethod(remote)] : []),
    historyShareMethod,
    popularityMethod,
    historyPopularityMethod,
    matrixFactorisationMethod,
    logisticFeaturesMethod,
  ];
  return METHOD_NAMES.flatMap(({ name }) => methods.filter((method) => method.name === name));
}

/** Why a method is not among those at hand. */
export function whatIsLacking(name: MethodName): string {
  const { needs }: NamedMethod = METHOD_NAMES.find((method) => method.name === name)!;
  return `${name} ${needs ? NEEDS[needs] : 'cannot be run here'}`;
}
