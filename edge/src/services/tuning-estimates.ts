// What a tuning would take: counted from its datasets, and asked of every node that could take it.
import { TallrecError } from '@tallrec/shared/errors';
import { type TuningSettings, tuningSettingsSchema } from '@tallrec/shared/tuning';
import { type CountedData, tuningSamples } from '@tallrec/shared/tuning-samples';
import { tuningSteps } from '@tallrec/shared/tuning-steps';
import {
  NODE_PATHS,
  type NodeEstimate,
  type NodeEstimateRequest,
  nodeEstimateSchema,
} from '@tallrec/shared/wire/node-api';
import type { Node } from '@tallrec/shared/wire/nodes';
import type { TuningEstimate, TuningNodeEstimate } from '@tallrec/shared/wire/tuning-estimates';
import type { CreateTuning } from '@tallrec/shared/wire/tunings';
import type { Ctx, Deps } from '../deps.ts';
import type { DatasetRow } from '../repo/datasets.ts';
import { type NodeRow, nodesServing } from '../repo/nodes.ts';
import { holdsModel } from './models.ts';
import { readAnswer } from './node-answer.ts';
import { toNode } from './nodes.ts';
import { promptsOf } from './preview.ts';
import { requireTuningData } from './tunings.ts';

/** How long samples are is told from so many of the first: those of one user, which stand together, are more alike than others. */
const COUNTED_SAMPLES = 32;
const FIRST_SAMPLES = 256;
/** More characters than the longest prompt has tokens say nothing more; all of them fit into a frame many times. */
const TEXT_CHARACTERS = 16_384;
/** A node that begins to plan a large model needs some seconds. */
const DEADLINE_MS = 30_000;

/** @throws TallrecError NOT_FOUND, ILLEGAL_STATE, DATASET_REJECTED, VALIDATION_FAILED; what a node says or does not say is no fault */
export async function estimateTuning(
  deps: Pick<Deps, 'db' | 'bucket' | 'links'>,
  ctx: Ctx,
  { model, dataset, validDataset, ...rest }: CreateTuning,
  signal?: AbortSignal,
): Promise<TuningEstimate> {
  const settings = tuningSettingsSchema.parse(rest);
  const { train, valid } = await requireTuningData(deps, ctx, { stage: settings.stage, dataset, validDataset });
  const [nodes, texts] = await Promise.all([
    nodesServing(deps.db, ctx.workspace),
    textsOf(deps.bucket, train, settings),
  ]);
  const samples = samplesOf(train, valid, settings.shots);
  const steps = samples && samples.train > 0 ? tuningSteps(settings.hyperParameters, samples.train) : null;
  const request: NodeEstimateRequest = { model, settings, samples, texts };
  return {
    samples,
    steps: steps && { total: steps.total, least: samples!.valid > 0 ? steps.least : steps.total },
    nodes: await Promise.all(nodes.map((row) => estimateOf(deps, row, request, signal))),
  };
}

function samplesOf(train: DatasetRow, valid: DatasetRow | null, shots: number | undefined) {
  const [learned, judged] = [countedData(train), valid && countedData(valid)];
  if (!learned || judged === undefined) return null;
  return tuningSamples(learned, judged, shots);
}

/** @returns undefined for interactions that were uploaded before their samples were counted, or were too many to count */
function countedData({ kind, sampling, stats }: DatasetRow): CountedData | undefined {
  if (!stats) return undefined;
  if (kind !== 'interactions') return { kind, sampling, samples: kind === 'samples' ? stats.labelled : stats.rows };
  const split = stats.profile?.split;
  if (!split) return undefined;
  return { kind, sampling, samples: split.unused + split.train + split.valid + split.test };
}

async function textsOf(bucket: R2Bucket, row: DatasetRow, { template }: TuningSettings): Promise<string[]> {
  const first = await promptsOf(bucket, row, FIRST_SAMPLES, template);
  const every = Math.max(1, first.length / COUNTED_SAMPLES);
  const counted = first.filter((_, at) => Math.floor(at / every) > Math.floor((at - 1) / every));
  return counted.map(({ prompt, answer }) => `${prompt}${answer ?? ''}`.slice(0, TEXT_CHARACTERS));
}

async function estimateOf(
  { links }: Pick<Deps, 'links'>,
  row: NodeRow,
  request: NodeEstimateRequest,
  signal: AbortSignal | undefined,
): Promise<TuningNodeEstimate> {
  const { id, name, shared, state, draining, status } = toNode(row);
  const holds = holdsModel(row, request.model);
  const seen = { id, name, shared, state, draining, holdsModel: holds, busy: (status?.runningJob ?? null) !== null };
  const problem = problemOf({ state, draining }, holds, request.model);
  if (state !== 'online' || !holds) return { ...seen, estimate: null, problem };
  try {
    const body = JSON.stringify(request);
    const asked = { method: 'POST', path: NODE_PATHS.estimate, body, deadlineMs: DEADLINE_MS } as const;
    const estimate: NodeEstimate = readAnswer(await links.request(id, asked, signal), nodeEstimateSchema);
    const needs = estimate.memory?.fits === false ? 'It has too little memory for this.' : null;
    return { ...seen, estimate, problem: problem ?? needs };
  } catch (error) {
    if (!(error instanceof TallrecError)) throw error;
    // A node without this question has no other reason to say so.
    const words =
      error.code === 'NOT_FOUND' ? 'Its version cannot tell: update it to see what it would take.' : error.message;
    return { ...seen, estimate: null, problem: problem ?? words };
  }
}

const AWAY: Record<Exclude<Node['state'], 'online'>, string> = {
  joining: 'It has not joined yet.',
  offline: 'It is not connected.',
  upgrade: 'It is too old for this service: update it and start it again.',
};

function problemOf(
  { state, draining }: Pick<Node, 'state' | 'draining'>,
  holds: boolean,
  model: string,
): string | null {
  if (state !== 'online') return AWAY[state];
  if (!holds) return `It does not hold the model ${model}.`;
  return draining ? 'It is being drained: it takes no new job.' : null;
}
