// What may be done with the whole table: filled, copied, saved.
import { Button, CopyButton, Group } from '@mantine/core';
import type { PaperDomain } from '@tallrec/shared/paper-figures';
import { downloadFile } from '../../parts/download-file.ts';
import { formatNumber } from '../../parts/formats.tsx';
import { texts } from '../../texts.ts';
import type { Cell, ExperimentTable } from './cells.ts';
import { csvRows, markdownOf } from './export-table.ts';

const words = texts.experiments;

interface TableActionsProps {
  table: ExperimentTable;
  domain: PaperDomain | null;
  missing: readonly Cell[];
  onStart: ((cells: readonly Cell[]) => void) | undefined;
}

export function TableActions({ table, domain, missing, onStart }: TableActionsProps) {
  const saveCsv = async () => {
    const { tableCsv } = await import('../../parts/table-csv.ts');
    downloadFile('experiments.csv', tableCsv({ columns: words.csvColumns, rows: csvRows(table, domain) }));
  };
  return (
    <Group gap="sm">
      {onStart && missing.length > 0 && (
        <Button onClick={() => onStart(missing)}>{words.fillTable(formatNumber(missing.length))}</Button>
      )}
      <CopyButton value={markdownOf(table, domain)}>
        {({ copied, copy }) => (
          <Button variant="default" onClick={copy}>
            <span aria-live="polite">{copied ? texts.common.copied : words.copyMarkdown}</span>
          </Button>
        )}
      </CopyButton>
      <Button variant="default" onClick={saveCsv}>
        {words.saveCsv}
      </Button>
    </Group>
  );
}
