// What a batch scoring was asked for, and what it took.
import { DataList } from '@mantine/core';
import type { Scoring } from '@tallrec/shared/wire/scorings';
import { WarningAlerts } from '../../parts/alerts.tsx';
import { AdapterLink, DatasetLink } from '../../parts/entity-names.tsx';
import { Fact } from '../../parts/fact.tsx';
import { formatNumber, formatSpan, Time } from '../../parts/formats.tsx';
import { Panel } from '../../parts/panel.tsx';
import { texts } from '../../texts.ts';

const words = texts.scorings.detail;
const fact = words.fact;

export function ScoringFacts({ scoring }: { scoring: Scoring }) {
  const { task, dataset, catalogue, top, model, adapter, template, createdAt, endedAt, tokens } = scoring;
  return (
    <Panel title={words.facts}>
      <WarningAlerts warnings={scoring.warnings} />
      <DataList labelWidth="9em">
        <Fact name={fact.task}>{texts.scorings.form.tasks[task]}</Fact>
        <Fact name={fact.dataset}>
          <DatasetLink id={dataset} />
        </Fact>
        {catalogue && (
          <Fact name={fact.catalogue}>
            <DatasetLink id={catalogue} />
          </Fact>
        )}
        {top !== null && <Fact name={fact.top}>{formatNumber(top)}</Fact>}
        <Fact name={fact.model}>{model}</Fact>
        <Fact name={fact.adapter}>{adapter === null ? texts.scorings.baseModel : <AdapterLink id={adapter} />}</Fact>
        {scoring.items && (
          <Fact name={fact.items}>
            <DatasetLink id={scoring.items.dataset} />
          </Fact>
        )}
        <Fact name={fact.template}>{template}</Fact>
        <Fact name={fact.created}>
          <Time at={createdAt} />
        </Fact>
        {endedAt && (
          <>
            <Fact name={fact.ended}>
              <Time at={endedAt} />
            </Fact>
            <Fact name={fact.duration}>{formatSpan(Date.parse(endedAt) - Date.parse(createdAt))}</Fact>
          </>
        )}
        {tokens !== null && <Fact name={fact.tokens}>{formatNumber(tokens)}</Fact>}
      </DataList>
    </Panel>
  );
}
