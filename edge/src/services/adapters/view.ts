// An adapter as the API shows it.
import type { Adapter } from '@tallrec/shared/wire/adapters';
import type { AdapterWithAliases } from '../../repo/adapters.ts';

export function toAdapter(row: AdapterWithAliases): Adapter {
  const { id, name, model, modelHash, stage, template, tuning, aliases, configSha256, weightsSha256, weightsBytes } =
    row;
  return {
    id,
    name,
    model,
    modelHash,
    stage,
    template,
    files: { configSha256, weightsSha256, weightsBytes },
    tuning,
    metrics: tuning === null ? null : { validAuc: row.validAuc, validLoss: row.validLoss },
    blend: row.blend,
    aliases,
    createdAt: new Date(row.createdAt).toISOString(),
  };
}
