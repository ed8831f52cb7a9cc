// Adapters as the API shows them, and their files.
import { ADAPTER_FILES, type Adapter } from '@tallrec/shared/wire/adapters';
import type { PageQuery } from '@tallrec/shared/wire/page';
import type { Ctx, Deps } from '../../deps.ts';
import { type AdapterWithAliases, listAdapterRows, withAliases } from '../../repo/adapters.ts';
import type { Page } from '../../repo/db.ts';
import { places } from '../../storage/places.ts';
import { serveObject } from '../../storage/serve-object.ts';
import { iso } from '../timestamps.ts';
import { resolveAdapter } from './resolve.ts';

export type AdapterFile = (typeof ADAPTER_FILES)[keyof typeof ADAPTER_FILES];

function toAdapter(row: AdapterWithAliases): Adapter {
  const { configSha256, weightsSha256, weightsBytes } = row;
  return {
    id: row.id,
    name: row.name,
    model: row.model,
    modelHash: row.modelHash,
    stage: row.stage,
    template: row.template,
    files: { configSha256, weightsSha256, weightsBytes },
    tuning: row.tuning,
    metrics: row.tuning === null ? null : { validAuc: row.validAuc, validLoss: row.validLoss },
    blend: row.blend,
    aliases: row.aliases,
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
