// Weights that are not read, in the words of what to do about them.
import { readdir } from 'node:fs/promises';
import { TallrecError } from '@tallrec/shared/errors';
import { excerpt } from './json-file.ts';

/** By what else is there; the first that fits. */
const OTHER_WEIGHTS: readonly [pattern: RegExp, what: string, fix: (dir: string) => string][] = [
  [
    /^model-\d+-of-\d+\.safetensors$/,
    'weight files, but no model.safetensors.index.json that says what is in them',
    () => 'Download model.safetensors.index.json too.',
  ],
  [
    /^adapter_model\.(safetensors|bin)$/,
    'an adapter, not a model',
    () => 'Name the model that it was tuned on (base_model_name_or_path in its adapter_config.json).',
  ],
  [/\.bin$/, 'PyTorch weights (.bin), which are not read: such a file may run any code', convertByTransformers],
  [
    /\.(pth|pt|ckpt)$/,
    'PyTorch weights (.pth), which are not read: such a file may run any code',
    () => 'Use the checkpoint in the Hugging Face format, with config.json and *.safetensors.',
  ],
  [
    /\.gguf$/,
    'weights of llama.cpp (.gguf), which are not read',
    () => 'Use the checkpoint they were made of, with config.json and *.safetensors.',
  ],
  [
    /\.safetensors$/,
    'no model.safetensors, but *.safetensors of other names',
    () => 'Use the files that transformers saves: model.safetensors, or shards with model.safetensors.index.json.',
  ],
];

/** @param dir shown in the command */
export function convertByTransformers(dir: string): string {
  return `Convert them: python -c "from transformers import AutoModelForCausalLM as M, AutoTokenizer as T; M.from_pretrained('${dir}').save_pretrained('converted'); T.from_pretrained('${dir}').save_pretrained('converted')", and name the directory converted.`;
}

/** What is wrong with a directory without safetensors weights. */
export async function noWeights(dir: string): Promise<TallrecError> {
  const names = (await readdir(dir).catch(() => [])).sort();
  for (const [pattern, what, fix] of OTHER_WEIGHTS) {
    const name = names.find((entry) => pattern.test(entry));
    if (name === undefined) continue;
    return new TallrecError('MODEL_UNSUPPORTED', `${dir} holds ${what} (${excerpt(name)}).`, { fix: fix(dir) });
  }
  return new TallrecError(
    'MODEL_UNSUPPORTED',
    `${dir} holds neither model.safetensors nor model.safetensors.index.json.`,
    { fix: 'Name a Hugging Face checkpoint with safetensors weights.' },
  );
}
