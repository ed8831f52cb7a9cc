// Who answers in the playground: as the address says, and where it says nothing, what is most likely meant.
import { factsProblem } from '@tallrec/shared/blend';
import { TEMPLATES, type Template } from '@tallrec/shared/prompt';
import type { Adapter } from '@tallrec/shared/wire/adapters';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { findByRef } from '../../parts/adapter-options.ts';
import { adapterQuery, adaptersQuery } from '../../queries/adapters.ts';
import { modelsQuery } from '../../queries/models.ts';
import type { Choice } from './trial.ts';

/** In the address: no adapter, where none of the likely ones is meant. */
const NO_ADAPTER = '';

export interface ChoiceView {
  /** Null until it is known which models there are. */
  choice: Choice | null;
  /** What the choice calls by its name or its hash. */
  adapter: Adapter | undefined;
  /** Whether its blend has weights for facts about items. */
  weighsFacts: boolean;
  adapters: readonly Adapter[];
  models: readonly string[];
  isPending: boolean;
  error: Error | null;
  chooseModel: (model: string) => void;
  /** It brings its model and its template along. */
  chooseAdapter: (ref: string | null) => void;
  chooseTemplate: (template: Template) => void;
  chooseItems: (dataset: string | null) => void;
}

export function useChoice(): ChoiceView {
  const asked = useSearch({ from: '/app/playground' });
  const navigate = useNavigate({ from: '/playground' });
  const models = useQuery(modelsQuery);
  const listed = useQuery(adaptersQuery);
  const names = [...new Set(models.data?.items.map(({ name }) => name))];
  const adapters = listed.data?.items ?? [];
  const ref = asked.adapter ?? likelyAdapter(adapters, asked.model, names) ?? NO_ADAPTER;
  const known = findByRef(adapters, ref);
  const other = useQuery({ ...adapterQuery(ref), enabled: ref !== NO_ADAPTER && listed.isSuccess && !known });
  const adapter = known ?? (ref === NO_ADAPTER ? undefined : other.data);
  const model = asked.model ?? adapter?.model ?? names[0];
  const template = TEMPLATES.find((name) => name === asked.template) ?? adapter?.template ?? 'clean';
  const weighsFacts = adapter !== undefined && factsProblem(adapter.blend) === null;
  const items = weighsFacts ? asked.items : undefined;
  const isPending = models.isPending || listed.isPending || other.isLoading;
  const put = (changed: typeof asked) =>
    navigate({ search: (before) => ({ ...before, ...changed }), replace: true, resetScroll: false });
  return {
    choice:
      isPending || model === undefined ? null : { model, adapter: ref === NO_ADAPTER ? null : ref, template, items },
    adapter,
    weighsFacts,
    adapters,
    models: names,
    isPending,
    error: models.error ?? listed.error ?? other.error,
    chooseModel: (chosen) =>
      put({ model: chosen, adapter: adapter?.model === chosen ? asked.adapter : undefined, template: undefined }),
    chooseAdapter: (chosen) =>
      put({ adapter: chosen ?? NO_ADAPTER, model: chosen === null ? model : undefined, template: undefined }),
    chooseTemplate: (chosen) => put({ template: chosen }),
    chooseItems: (chosen) => put({ items: chosen ?? undefined }),
  };
}

const USUAL_ALIAS = 'production';

/** Of a model that is there: what is in production, else what has any alias, else the newest. */
function likelyAdapter(adapters: readonly Adapter[], model: string | undefined, names: readonly string[]) {
  const able = adapters.filter((adapter) =>
    model === undefined ? names.includes(adapter.model) : adapter.model === model,
  );
  const aliases = able.flatMap((adapter) => adapter.aliases).sort();
  return aliases.find((alias) => alias === USUAL_ALIAS) ?? aliases[0] ?? able[0]?.id;
}
