// All methods by name: what there is, and those that the options at hand allow.
import { TallrecError } from '@tallrec/shared/errors';
import { METHOD_KINDS, METHODS, type MethodName, type MethodNeed, methodNamed } from '@tallrec/shared/methods';
import { blendMethods } from './blend-methods.ts';
import { easeMethod } from './ease.ts';
import { inContextMethod } from './in-context.ts';
import { type InContextRemoteOptions, inContextRemoteMethod } from './in-context-remote.ts';
import type { SharedLanguageModel } from './language-model.ts';
import { logisticFeaturesMethod } from './logistic-features.ts';
import { matrixFactorisationMethod } from './matrix-factorisation.ts';
import type { Method } from './method.ts';
import { historyPopularityMethod, historyShareMethod, popularityMethod } from './rules.ts';
import { tunedMethods } from './tuned.ts';
import { zeroShotMethod } from './zero-shot.ts';

export { METHODS as METHOD_NAMES, type MethodName } from '@tallrec/shared/methods';

const NEEDS: Record<MethodNeed, string> = {
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
    const own = METHODS.filter(({ name, kind }) => word === 'all' || word === name || word === kind);
    if (own.length === 0) {
      throw new TallrecError('BAD_REQUEST', `There is no method "${word}".`, {
        fix: `Known: all, ${METHOD_KINDS.join(', ')}, ${METHODS.map(({ name }) => name).join(', ')}.`,
      });
    }
    for (const { name } of own) chosen.add(name);
  }
  return METHODS.map(({ name }) => name).filter((name) => chosen.has(name));
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
      ? [
          zeroShotMethod(languageModel),
          ...blendMethods(languageModel),
          inContextMethod(languageModel),
          ...tunedMethods(languageModel),
        ]
      : []),
    ...(remote ? [inContextRemoteMethod(remote)] : []),
    historyShareMethod,
    popularityMethod,
    historyPopularityMethod,
    easeMethod,
    matrixFactorisationMethod,
    logisticFeaturesMethod,
  ];
  return METHODS.flatMap(({ name }) => methods.filter((method) => method.name === name));
}

/** Why a method is not among those at hand. */
export function whatIsLacking(name: MethodName): string {
  const { needs } = methodNamed(name);
  return `${name} ${needs ? NEEDS[needs] : 'cannot be run here'}`;
}
