// Checkpoints of a training run on disk: adapter, optimizer, best adapter so far, and the state of the loop.
import { join } from 'node:path';
import { TallrecError } from '@tallrec/shared/errors';
import { Random } from '@tallrec/shared/random';
import { tuningEventSchema } from '@tallrec/shared/tuning';
import { z } from 'zod';
import { writeFileSynced } from '../atomic-file.ts';
import type { LoraAdapter } from '../llama/lora.ts';
import { encodeSafetensors, readSafetensorsHeader, readTensor } from '../llama/safetensors.ts';
import type { Moments } from './adamw.ts';
import {
  changedSince,
  newestCheckpoint,
  type RunIdentity,
  readState,
  STATE_FILE,
  writeCheckpointFolder,
  writeState,
} from './checkpoint-folder.ts';
import type { TrainingState } from './state.ts';

export { installCheckpoint, localCheckpoint } from './checkpoint-folder.ts';

const stateSchema = z.object({
  version: z.literal(1),
  /** What the run was made of; a run with another identity must not go on from here. */
  identity: z.record(z.string(), z.string()),
  step: z.int().nonnegative(),
  epoch: z.int().nonnegative(),
  cursor: z.int().nonnegative(),
  epochSeed: z.int().nonnegative(),
  randomState: z.array(z.int()).length(4),
  lossScale: z.object({ scale: z.number().positive(), goodSteps: z.int().nonnegative() }).optional(),
  best: z
    .object({
      step: z.int(),
      auc: z.number().nullable(),
      perUserAuc: z.number().nullable().default(null),
      loss: z.number(),
    })
    .optional(),
  evaluatedStep: z.int().nonnegative(),
  evaluationsWithoutGain: z.int().nonnegative(),
  tokens: z.int().nonnegative(),
  durationMs: z.number().nonnegative(),
  events: z.array(tuningEventSchema),
});

/**
 * Writes the next checkpoint into `dir` and drops the ones before it.
 * @returns its folder
 * @throws TallrecError when the file system refuses; the checkpoint before is then still there
 */
export function writeCheckpoint(dir: string, state: TrainingState, identity: RunIdentity): Promise<string> {
  const what = `The checkpoint of step ${state.step}`;
  return writeCheckpointFolder(dir, (folder) => writeFiles(folder, state, identity), what);
}

async function writeFiles(folder: string, state: TrainingState, identity: RunIdentity): Promise<void> {
  const { adapter, optimizer, best } = state;
  const write = (name: string, tensors: LoraAdapter['tensors']) =>
    writeFileSynced(join(folder, name), encodeSafetensors(tensors));
  await write('adapter.safetensors', adapter.tensors);
  await write('first-moments.safetensors', momentTensors(state, 'first'));
  await write('second-moments.safetensors', momentTensors(state, 'second'));
  if (best) await write('best.safetensors', best.adapter.tensors);
  const {
    step,
    epoch,
    cursor,
    epochSeed,
    lossScale,
    evaluatedStep,
    evaluationsWithoutGain,
    tokens,
    durationMs,
    events,
  } = state;
  if (optimizer.step !== step) throw new RangeError(`the optimizer did ${optimizer.step} of ${step} steps`);
  const file: z.input<typeof stateSchema> = {
    version: 1,
    identity,
    step,
    epoch,
    cursor,
    epochSeed,
    randomState: [...state.random.state()],
    lossScale,
    ...(best ? { best: { step: best.step, auc: best.auc, perUserAuc: best.perUserAuc, loss: best.loss } } : {}),
    evaluatedStep,
    evaluationsWithoutGain,
    tokens,
    durationMs,
    events,
  };
  await writeState(folder, file);
}

/**
 * The newest whole checkpoint in `dir`.
 * @param template an adapter of the run's configuration: names, shapes and order of its tensors
 * @returns undefined where there is none
 * @throws TallrecError when it belongs to a run with other settings, another model or other data
 */
export async function readCheckpoint(
  dir: string,
  template: LoraAdapter,
  identity: RunIdentity,
): Promise<TrainingState | undefined> {
  const path = await newestCheckpoint(dir);
  if (!path) return undefined;
  const stateFile = join(path, STATE_FILE);
  const read = await readState(path);
  if ('fault' in read) throw unusable(`${stateFile} ${read.fault}.`, read.cause);
  const parsed = stateSchema.safeParse(read.json);
  if (!parsed.success) throw unusable(`${stateFile} is damaged or not of this version.`);
  const file = parsed.data;
  const changed = changedSince(file.identity, identity);
  if (changed.length > 0) {
    throw new TallrecError('VALIDATION_FAILED', `The checkpoint ${path} was made with other: ${changed.join(', ')}.`, {
      fix: 'Resume with what the run was started with, or start anew without --resume.',
    });
  }
  const tensorsOf = async (name: string) => readTensors(join(path, name), template);
  const [adapter, first, second] = await Promise.all([
    tensorsOf('adapter.safetensors'),
    tensorsOf('first-moments.safetensors'),
    tensorsOf('second-moments.safetensors'),
  ]);
  const moments = new Map<string, Moments>();
  for (const [name, { data }] of first.tensors)
    moments.set(name, { first: data, second: second.tensors.get(name)!.data });
  const { randomState, best, version: _, identity: __, ...rest } = file;
  return {
    ...rest,
    random: Random.restored(randomState),
    adapter,
    optimizer: { step: file.step, moments },
    best: best ? { ...best, adapter: await tensorsOf('best.safetensors') } : undefined,
  };
}

async function readTensors(path: string, template: LoraAdapter): Promise<LoraAdapter> {
  const { tensors: locations } = await readSafetensorsHeader(path);
  const tensors: LoraAdapter['tensors'] = new Map();
  for (const [name, { shape }] of template.tensors) {
    const location = locations.get(name);
    if (location?.shape.join() !== shape.join()) {
      throw unusable(`${path} lacks ${name} of [${shape}].`);
    }
    tensors.set(name, { shape, data: await readTensor(location) });
  }
  return { config: template.config, tensors };
}

function momentTensors({ adapter, optimizer }: TrainingState, which: keyof Moments): LoraAdapter['tensors'] {
  return new Map(
    [...adapter.tensors].map(([name, { shape }]) => [name, { shape, data: optimizer.moments.get(name)![which] }]),
  );
}

function unusable(message: string, cause?: unknown): TallrecError {
  return new TallrecError('VALIDATION_FAILED', message, { fix: 'Start anew without --resume.', cause });
}
