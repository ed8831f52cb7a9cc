// How what was judged had been made: a method by its fit, an adapter by its tuning.
import { DataList } from '@mantine/core';
import type { Evaluation } from '@tallrec/shared/wire/evaluations';
import { useQuery } from '@tanstack/react-query';
import { AdapterLink, DatasetLink } from '../../parts/entity-names.tsx';
import { Fact } from '../../parts/fact.tsx';
import { formatAuc, formatNumber, formatSpan } from '../../parts/formats.tsx';
import { LinkAnchor } from '../../parts/links.tsx';
import { Panel } from '../../parts/panel.tsx';
import { useAdapter } from '../../queries/adapters.ts';
import { newestTuningsQuery, tuningQuery } from '../../queries/tunings.ts';
import { useListed } from '../../queries/use-listed.ts';
import { texts } from '../../texts.ts';

const words = texts.evaluationDetail;
const fact = words.fact;

export function MakingFacts({ evaluation }: { evaluation: Evaluation }) {
  const { method, adapter } = evaluation;
  if (method !== null) return <FitFacts evaluation={evaluation} />;
  return adapter === null ? null : <TuningFacts adapter={adapter} />;
}

function TuningFacts({ adapter: id }: { adapter: string }) {
  const { adapter } = useAdapter(id);
  const made = adapter?.tuning ?? null;
  const [tuning] = useListed(made === null ? [] : [made], useQuery(newestTuningsQuery), tuningQuery);
  if (!tuning) return null;
  return (
    <Panel title={words.fit}>
      <DataList labelWidth="11em">
        <Fact name={fact.tuning}>
          <LinkAnchor to="/tunings/$id" params={{ id: tuning.id }}>
            {tuning.name}
          </LinkAnchor>
        </Fact>
        <Fact name={fact.trainDataset}>
          <DatasetLink id={tuning.dataset} />
        </Fact>
        {tuning.initAdapter && (
          <Fact name={fact.initAdapter}>
            <AdapterLink id={tuning.initAdapter} />
          </Fact>
        )}
        <Fact name={fact.shots}>
          {tuning.settings.shots === undefined ? words.allShots : formatNumber(tuning.settings.shots)}
        </Fact>
        <Fact name={fact.seed}>{tuning.settings.seed}</Fact>
        <Fact name={fact.validAuc}>{formatAuc(tuning.bestValidAuc)}</Fact>
      </DataList>
    </Panel>
  );
}

function FitFacts({ evaluation }: { evaluation: Evaluation }) {
  const { trainDataset, validDataset, instructionsDataset, shots, seed, hyperParameters, report } = evaluation;
  const fit = report?.fit;
  return (
    <Panel title={words.fit}>
      <DataList labelWidth="11em">
        {trainDataset && (
          <Fact name={fact.trainDataset}>
            <DatasetLink id={trainDataset} />
          </Fact>
        )}
        {validDataset && (
          <Fact name={fact.validDataset}>
            <DatasetLink id={validDataset} />
          </Fact>
        )}
        {instructionsDataset && (
          <Fact name={fact.instructionsDataset}>
            <DatasetLink id={instructionsDataset} />
          </Fact>
        )}
        {trainDataset && <Fact name={fact.shots}>{shots === null ? words.allShots : formatNumber(shots)}</Fact>}
        {seed !== null && <Fact name={fact.seed}>{seed}</Fact>}
        {hyperParameters?.maxSteps !== undefined && (
          <Fact name={texts.settings.maxSteps.label}>{formatNumber(hyperParameters.maxSteps)}</Fact>
        )}
        {fit && (
          <>
            <Fact name={fact.fitSamples}>
              {fact.sampleCounts(formatNumber(fit.trainSamples), formatNumber(fit.validSamples))}
            </Fact>
            {Object.entries(fit.chosen).map(([name, value]) => (
              <Fact key={name} name={fact.chosenNamed(name)}>
                {typeof value === 'number' ? Number(value.toPrecision(4)).toString() : String(value)}
              </Fact>
            ))}
            <Fact name={fact.fitTime}>{formatSpan(fit.durationMs)}</Fact>
          </>
        )}
      </DataList>
    </Panel>
  );
}
