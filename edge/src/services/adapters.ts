// Adapters: found by hash or alias, shown, downloaded, and as a node needs them.
import { blendSchema } from '@tallrec/shared/blend';
import { refusedField, TallrecError } from '@tallrec/shared/errors';
import { LIMITS } from '@tallrec/shared/limits';
import type { Grant } from '@tallrec/shared/signing';
import { ADAPTER_FILES, type Adapter, type BlendRecord, blendRecordSchema } from '@tallrec/shared/wire/adapters';
import type { JobAdapter } from '@tallrec/shared/wire/link';
import type { PageQuery } from '@tallrec/shared/wire/page';
import type { Ctx, Deps } from '../deps.ts';
import {
  type AdapterRow,
  type AdapterWithAliases,
  findAdapter,
  listAdapterRows,
  withAliases,
} from '../repo/adapters.ts';
import type { Page } from '../repo/db.ts';
import type { NodeRow } from '../repo/nodes.ts';
import { findRoute } from '../repo/routing.ts';
import { places, signedPath } from '../storage/places.ts';
import { serveObject } from '../storage/serve-object.ts';
import { refusedBase, type Use, usageOf, warningsOf } from './provenance.ts';
import { iso } from './timestamps.ts';

export function noSuchAdapter(ref: string): TallrecError {
  return new TallrecError('NOT_FOUND', `There is no adapter ${ref}.`, {
    fix: 'GET /v1/adapters lists adapters and their aliases.',
  });
}

/** @param field of the request, which names it */
export function noNamedAdapter(field: string, ref: string): TallrecError {
  const fix = 'GET /v1/adapters lists adapters and their aliases.';
  return refusedField('NOT_FOUND', field, `there is no adapter ${ref}.`, { fix });
}

/** Why an adapter that a request names cannot be used with this model; undefined where it can. */
export function refusedAdapter(
  field: string,
  ref: string,
  { adapter, model, force }: { adapter: AdapterRow | undefined } & Pick<Use, 'model' | 'force'>,
  nodes: readonly NodeRow[],
): TallrecError | undefined {
  if (!adapter) return noNamedAdapter(field, ref);
  return refusedBase(field, ref, { adapter, model, force }, nodes);
}

/** What a request asks to be used together. */
export interface AskedUse extends Omit<Use, 'adapter'> {
  /** A content hash or an alias. */
  ref: string | undefined;
  /** Of the request, which names the adapter. */
  field: string;
}

/**
 * The adapter that a request names, if any, and how it is to be used.
 * @throws TallrecError NOT_FOUND, or ADAPTER_INVALID when it is of another model
 */
export async function requireUse(
  deps: Pick<Deps, 'db'>,
  ctx: Ctx,
  { ref, field, ...asked }: AskedUse,
): Promise<ReturnType<typeof usageOf> & { adapter: AdapterRow | undefined }> {
  const { nodes, adapter } = await findRoute(deps.db, ctx.workspace, ref ?? null);
  const refused = ref === undefined ? undefined : refusedAdapter(field, ref, { adapter, ...asked }, nodes);
  if (refused) throw refused;
  return { adapter, ...usageOf({ adapter, ...asked }, nodes) };
}

/**
 * @param ref a content hash or an alias
 * @throws TallrecError NOT_FOUND
 */
export async function resolveAdapter(deps: Pick<Deps, 'db'>, ctx: Ctx, ref: string): Promise<AdapterRow> {
  const adapter = await findAdapter(deps.db, ctx.workspace, ref);
  if (!adapter) throw noSuchAdapter(ref);
  return adapter;
}

export type AdapterFile = (typeof ADAPTER_FILES)[keyof typeof ADAPTER_FILES];

/** Blends of another form, from before an upgrade, are none. */
export function knownBlend({ blend }: Pick<AdapterRow, 'blend'>): BlendRecord | undefined {
  return blendRecordSchema.safeParse(blend).data;
}

function toAdapter(row: AdapterWithAliases): Adapter {
  const { configSha256, weightsSha256, weightsBytes } = row;
  return {
    id: row.id,
    name: row.name,
    model: row.model,
    modelHash: row.modelHash,
    stage: row.stage,
    template: row.template,
    templateAssumed: row.templateAssumed,
    files: { configSha256, weightsSha256, weightsBytes },
    tuning: row.tuning,
    metrics: row.tuning === null ? null : { validAuc: row.validAuc, validLoss: row.validLoss },
    items: row.items,
    blend: blendSchema.safeParse(knownBlend(row)).data ?? null,
    aliases: row.aliases,
    warnings: warningsOf(row),
    createdBy: row.createdBy,
    createdAt: iso(row.createdAt),
  };
}

/**
 * @param ref a content hash or an alias
 * @throws TallrecError NOT_FOUND
 */
export async function getAdapter(deps: Pick<Deps, 'db'>, ctx: Ctx, ref: string): Promise<Adapter> {
  const row = await resolveAdapter(deps, ctx, ref);
  return toAdapter((await withAliases(deps.db, ctx.workspace, [row]))[0]!);
}

export async function listAdapters(deps: Pick<Deps, 'db'>, ctx: Ctx, page: PageQuery): Promise<Page<Adapter>> {
  const rows = await listAdapterRows(deps.db, ctx.workspace, page);
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return {
    items: (await withAliases(deps.db, ctx.workspace, shown)).map(toAdapter),
    nextCursor: rows.length > page.limit && last ? `${last.createdAt}.${last.id}` : null,
  };
}

/**
 * One of an adapter's two files, as PEFT reads them.
 * @throws TallrecError NOT_FOUND, RANGE_NOT_SATISFIABLE, PRECONDITION_FAILED
 */
export async function downloadAdapterFile(
  deps: Pick<Deps, 'db' | 'bucket'>,
  ctx: Ctx,
  { ref, file, headers }: { ref: string; file: AdapterFile; headers: Headers },
): Promise<Response> {
  const { id } = await resolveAdapter(deps, ctx, ref);
  const contentType = file === ADAPTER_FILES.config ? 'application/json' : 'application/octet-stream';
  const key = places.adapterFile(ctx.workspace, id, file);
  return await serveObject(deps.bucket, key, headers, { filename: file, contentType });
}

/**
 * An adapter as a node needs it: by its name, with paths from which it can be fetched just in time.
 * @param run of a job, whose fence guards the paths; without one they hold for a request's time
 */
export async function signedAdapter(
  deps: Pick<Deps, 'clock' | 'signing'>,
  { id, workspace, golden, blend, modelHash }: AdapterRow,
  run?: { job: string; fence: number },
): Promise<JobAdapter> {
  const exp = deps.clock.nowMs() + LIMITS.requestUrlTtlMs;
  const { config, weights } = places.adapterFiles(workspace, id);
  const path = (key: string) => {
    const grant: Grant = run ? { op: 'get-input', key, job: run.job, fence: run.fence } : { op: 'get', key, exp };
    return signedPath(deps, grant);
  };
  const [configPath, weightsPath] = await Promise.all([path(config), path(weights)]);
  const file = knownBlend({ blend })?.file;
  const signedBlend = file ? { path: await path(places.adapterBlend(workspace, id, file.sha256)), ...file } : null;
  return { id, golden, blend: signedBlend, modelHash, configPath, weightsPath };
}

/** For whatever model it is used with, whose scores are not those of where it was made. */
export function forced(adapter: JobAdapter): JobAdapter {
  return { ...adapter, golden: null, modelHash: null };
}
