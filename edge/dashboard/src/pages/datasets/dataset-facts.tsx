// What a dataset was announced as, and by what it can be told again.
import { Code, DataList } from '@mantine/core';
import { COLUMNS } from '@tallrec/shared/rows/columns/columns';
import type { Dataset } from '@tallrec/shared/wire/datasets';
import { Copyable } from '../../parts/copyable.tsx';
import { Fact } from '../../parts/fact.tsx';
import { formatBytes, formatNumber, Time } from '../../parts/formats.tsx';
import { Panel } from '../../parts/panel.tsx';
import { texts } from '../../texts.ts';

const words = texts.datasetDetail;

const fact = words.fact;

export function DatasetFacts({ dataset }: { dataset: Dataset }) {
  const { id, kind, bytes, sha256, badRows, sampling, columns, createdAt } = dataset;
  return (
    <Panel title={words.facts}>
      <DataList labelWidth="min(16em, 38vw)">
        <Fact name={fact.bytes}>{formatBytes(bytes)}</Fact>
        <Fact name={fact.created}>
          <Time at={createdAt} />
        </Fact>
        {kind === 'interactions' && (
          <>
            <Fact name={fact.liked}>{formatNumber(sampling.likedAbove)}</Fact>
            {sampling.unrated !== undefined && <Fact name={fact.unrated}>{formatNumber(sampling.unrated)}</Fact>}
            <Fact name={fact.historyLength}>{formatNumber(sampling.historyLength)}</Fact>
            <Fact name={fact.noun}>{sampling.noun}</Fact>
            <Fact name={fact.parts}>{sampling.parts.map(formatNumber).join(' : ')}</Fact>
          </>
        )}
        {badRows === 'leave-out' && <Fact name={fact.badRows}>{words.badRowsLeftOut}</Fact>}
        {columns && Object.keys(columns).length > 0 && (
          <Fact name={fact.columns}>
            {COLUMNS.filter((column) => columns[column] !== undefined).map((column) => (
              <div key={column}>
                {texts.datasets.columnNames[column]}: <Code>{columns[column]}</Code>
              </div>
            ))}
          </Fact>
        )}
        <Fact name={fact.id}>
          <Copyable value={id} label={fact.id} />
        </Fact>
        {sha256 && (
          <Fact name={fact.sha256}>
            <Copyable value={sha256} label={fact.sha256} />
          </Fact>
        )}
      </DataList>
    </Panel>
  );
}
