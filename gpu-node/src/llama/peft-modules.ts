// Which linear modules an adapter_config.json chooses, and the rank and alpha of each: PEFT's rules (check_target_module_exists and
// get_pattern_key of its tuners).
import { modulePath } from './linear-modules.ts';
import { LINEAR_MODULES, type LinearModule } from './lora.ts';
import { withinTime } from './time-limit.ts';

export interface ModuleChoice {
  /** A list matches a module's full name or its end, a string is a regular expression of the full name or `all-linear`; none: all. */
  target_modules?: string | readonly string[] | null | undefined;
  exclude_modules?: string | readonly string[] | null | undefined;
  /** Of a list of targets, only in these layers. */
  layers_to_transform?: number | readonly number[] | null | undefined;
  /** What stands before a layer's number: regular expressions; any name when left out. */
  layers_pattern?: string | readonly string[] | null | undefined;
  r: number;
  lora_alpha: number;
  /** By regular expressions of the end of a module's name. */
  rank_pattern?: Readonly<Record<string, number>> | null | undefined;
  alpha_pattern?: Readonly<Record<string, number>> | null | undefined;
}

export interface ChosenModule {
  layer: number;
  module: LinearModule;
  rank: number;
  alpha: number;
}

/** The expressions are a stranger's: backtracking without end is ended. */
const MATCH_LIMIT_MS = 1000;

/**
 * The modules that get LoRA matrices, layer by layer in the order of the forward pass.
 * @throws Error when an expression cannot be read, or takes too long
 */
export function chosenModules(choice: ModuleChoice, layers: number): ChosenModule[] {
  return withinTime(MATCH_LIMIT_MS, () => {
    const isTarget = targetRule(choice);
    const isExcluded = excludeRule(choice.exclude_modules);
    const rankOf = patternRule(choice.rank_pattern, choice.r);
    const alphaOf = patternRule(choice.alpha_pattern, choice.lora_alpha);
    return Array.from({ length: layers }, (_, layer) => layer).flatMap((layer) =>
      LINEAR_MODULES.flatMap((module) => {
        const path = modulePath(layer, module);
        if (!isTarget(path) || isExcluded(path)) return [];
        return [{ layer, module, rank: rankOf(path), alpha: alphaOf(path) }];
      }),
    );
  });
}

/** Modules that PEFT adapts too where they are named. */
const BESIDE_LAYERS = ['model.embed_tokens', 'lm_head'];

/**
 * Those of embeddings and head that are chosen by name or by an expression; `all-linear` leaves the head out.
 * @throws Error as `chosenModules`
 */
export function chosenBesideLayers(choice: ModuleChoice): string[] {
  const { target_modules: targets, exclude_modules } = choice;
  if (targets === null || targets === undefined) return [];
  if (typeof targets === 'string' && targets.toLowerCase() === 'all-linear') return [];
  return withinTime(MATCH_LIMIT_MS, () => {
    const [isTarget, isExcluded] = [targetRule(choice), excludeRule(exclude_modules)];
    return BESIDE_LAYERS.filter((path) => isTarget(path) && !isExcluded(path));
  });
}

type Rule = (path: string) => boolean;

function targetRule({ target_modules: targets, layers_to_transform, layers_pattern }: ModuleChoice): Rule {
  if (targets === null || targets === undefined) return () => true;
  if (typeof targets === 'string') {
    if (targets.toLowerCase() === 'all-linear') return () => true;
    const pattern = fullMatch(targets);
    return (path) => pattern.test(path);
  }
  const isNamed = nameRule(targets);
  const isInLayers = layerRule(listOf(layers_to_transform), listOf(layers_pattern));
  return (path) => targets.includes(path) || (isNamed(path) && isInLayers(path));
}

function excludeRule(excluded: ModuleChoice['exclude_modules']): Rule {
  if (!excluded?.length) return () => false;
  if (typeof excluded !== 'string') return nameRule(excluded);
  const pattern = fullMatch(excluded);
  return (path) => pattern.test(path);
}

function nameRule(names: readonly string[]): Rule {
  return (path) => names.some((name) => path === name || path.endsWith(`.${name}`));
}

function layerRule(layers: readonly number[], patterns: readonly string[]): Rule {
  if (layers.length === 0) return () => true;
  const names = patterns.length > 0 ? patterns : ['[^.]*'];
  const expressions = names.map((name) => expression(`^.*?\\.(?:${name})\\.(?<layer>\\d+)\\.`));
  return (path) => {
    const found = expressions.map((pattern) => pattern.exec(path)).find((match) => match !== null);
    return found !== undefined && layers.includes(Number(found.groups!.layer));
  };
}

function patternRule(patterns: ModuleChoice['rank_pattern'], otherwise: number): (path: string) => number {
  const rules = Object.entries(patterns ?? {}).map(
    ([pattern, value]) => [expression(`^(?:.*\\.)?(?:${pattern})$`), value] as const,
  );
  return (path) => rules.find(([pattern]) => pattern.test(path))?.[1] ?? otherwise;
}

function listOf<T>(value: T | readonly T[] | null | undefined): readonly T[] {
  if (value === null || value === undefined || value === '') return [];
  return Array.isArray(value) ? value : [value as T];
}

const fullMatch = (pattern: string): RegExp => expression(`^(?:${pattern})$`);

/** A regular expression of Python as JavaScript writes it. */
function expression(pattern: string): RegExp {
  const flags = /^(\^?(?:\(\?:)?)\(\?([aimsu]+)\)/.exec(pattern);
  const [source, options] = flags
    ? [flags[1] + pattern.slice(flags[0].length), flags[2]!.replace(/[au]/g, '')]
    : [pattern, ''];
  const translated = source
    .replace(/\(\?P<(?=[A-Za-z_])/g, '(?<')
    .replace(/\(\?P=(\w+)\)/g, '\\k<$1>')
    .replace(/(?<!\\)((?:\\\\)*)\\A/g, '$1^')
    .replace(/(?<!\\)((?:\\\\)*)\\Z/g, '$1$$');
  return new RegExp(translated, options);
}
