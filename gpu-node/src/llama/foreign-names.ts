// Names that other tools give a LoRA's matrices, and how to make PEFT's of them.
import type { LlamaConfig } from './config.ts';
import { excerpt } from './json-file.ts';
import { loraTensorName, modulePath } from './linear-modules.ts';
import { LINEAR_MODULES } from './lora.ts';

const NAMED = /^(?<before>(?:.*\.)?)layers\.(?<layer>\d+)\.(?<module>\w+\.\w+)\.(?<matrix>.+)$/;
const BEFORE = 'base_model.model.model.';
/** Of PEFT, with the adapter's name or without. */
const OWN_MATRIX = /^lora_[AB](?:\.[^.]+)*\.weight$/;
/** Of diffusers and kohya. */
const DOWN_OR_UP = /^(?<stem>lora(?:_linear_layer)?[._])(?:down|up)\.weight$/;

/**
 * What is odd in a name whose module the model has; undefined where it is the module that is strange.
 * @returns a clause on the name, and the command that renames all tensors of the file
 */
export function foreignName(name: string, model: LlamaConfig): { problem: string; fix: string } | undefined {
  const parts = NAMED.exec(name)?.groups as Record<'before' | 'layer' | 'module' | 'matrix', string> | undefined;
  if (!parts) return undefined;
  const layer = Number(parts.layer);
  const module = LINEAR_MODULES.find((each) => modulePath(layer, each) === `model.layers.${layer}.${parts.module}`);
  if (!module || layer >= model.layers) return undefined;
  const own = (matrix: 'A' | 'B') => `PEFT writes ${loraTensorName(layer, module, matrix)}`;
  const moved = `'${BEFORE}layers.' + k.split('layers.', 1)[1]`;
  const stem = DOWN_OR_UP.exec(parts.matrix)?.groups?.stem;
  if (stem) {
    const renamed = `(${moved}).replace('.${stem}down.', '.lora_A.').replace('.${stem}up.', '.lora_B.')`;
    const matrix = parts.matrix.includes('down') ? 'A' : 'B';
    return { problem: `is named as diffusers does, where ${own(matrix)}`, fix: renameBy(renamed) };
  }
  const matrix = /^lora_([AB])/.exec(parts.matrix)?.[1] as 'A' | 'B' | undefined;
  if (!matrix || parts.before === BEFORE) return undefined;
  if (!OWN_MATRIX.test(parts.matrix)) return undefined;
  const begins = parts.before === '' ? 'has nothing before "layers."' : `begins with "${excerpt(parts.before)}"`;
  return { problem: `${begins}, where ${own(matrix)}`, fix: renameBy(moved) };
}

/** Nothing of a stranger's file stands in the command. @param name Python of a key `k` */
function renameBy(name: string): string {
  return `If it was trained on this model, rename its tensors by python -c "from safetensors.torch import load_file, save_file; f = 'adapter_model.safetensors'; save_file({${name}: v for k, v in load_file(f).items()}, f, {'format': 'pt'})" in its directory.`;
}
