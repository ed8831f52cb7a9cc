// What was judged, on what, where and when.
import { DataList } from '@mantine/core';
import { methodNamed } from '@tallrec/shared/methods';
import type { Evaluation } from '@tallrec/shared/wire/evaluations';
import { WarningAlerts } from '../../parts/alerts.tsx';
import { AdapterLink, DatasetLink, NodeName } from '../../parts/entity-names.tsx';
import { Fact } from '../../parts/fact.tsx';
import { formatNumber, formatSpan, Time } from '../../parts/formats.tsx';
import { Panel } from '../../parts/panel.tsx';
import { texts } from '../../texts.ts';

const words = texts.evaluationDetail;
const fact = words.fact;

export function EvaluationFacts({ evaluation }: { evaluation: Evaluation }) {
  const { method, model, adapter: id, dataset, split, limit, template, node, report, createdAt, endedAt } = evaluation;
  const { trainDataset } = evaluation;
  const engine = [report?.provider, report?.precision].filter(Boolean).join(', ');
  return (
    <Panel title={words.facts}>
      <WarningAlerts warnings={evaluation.warnings} />
      <DataList labelWidth="11em">
        {method && <Fact name={fact.method}>{methodNamed(method).title}</Fact>}
        {model && <Fact name={fact.model}>{model}</Fact>}
        {id && (
          <Fact name={fact.adapter}>
            <AdapterLink id={id} />
          </Fact>
        )}
        <Fact name={fact.dataset}>
          <DatasetLink id={dataset} />
        </Fact>
        <Fact name={fact.split}>{words.splits[split]}</Fact>
        {method === null && trainDataset && (
          <Fact name={fact.popularityDataset}>
            <DatasetLink id={trainDataset} />
          </Fact>
        )}
        {evaluation.items && (
          <Fact name={fact.items}>
            <DatasetLink id={evaluation.items.dataset} />
          </Fact>
        )}
        {limit !== null && <Fact name={fact.limit}>{formatNumber(limit)}</Fact>}
        {template && <Fact name={fact.template}>{template}</Fact>}
        {node && (
          <Fact name={fact.node}>
            <NodeName id={node} />
          </Fact>
        )}
        {engine && <Fact name={fact.engine}>{engine}</Fact>}
        {report && report.tokens > 0 && <Fact name={fact.tokens}>{formatNumber(report.tokens)}</Fact>}
        {report && <Fact name={fact.scoreTime}>{formatSpan(report.durationMs)}</Fact>}
        <Fact name={fact.created}>
          <Time at={createdAt} />
        </Fact>
        {endedAt && (
          <Fact name={fact.ended}>
            <Time at={endedAt} />
          </Fact>
        )}
      </DataList>
    </Panel>
  );
}
