// Which column of the file holds what: guessed, and corrected by people.
import { Select, SimpleGrid, Stack, Text } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { DatasetKind } from '@tallrec/shared/wire/datasets';
import { texts } from '../../texts.ts';
import { columnsOf, type Look } from './beginning.ts';
import { type DatasetValues, namedBy } from './dataset-form.ts';

const words = texts.datasetForm.columns;
const names = texts.datasets.columnNames;

const HINTS: Partial<Record<DatasetKind, Partial<Record<string, string>>>> = {
  items: words.itemHints,
  'item-facts': words.factHints,
};

interface ColumnFieldsProps {
  form: UseFormReturnType<DatasetValues>;
  look: Look;
}

export function ColumnFields({ form, look }: ColumnFieldsProps) {
  const { kind, columns: named } = form.values;
  const known = columnsOf(look.header, kind, named);
  if (!known) return null;
  const { columns, optional, missing } = known;
  const hints: Partial<Record<string, string>> = HINTS[kind] ?? words.hints;
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {words.lead}
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
        {columns.map((column) => (
          <Select
            key={column}
            label={names[column]}
            description={hints[column]}
            withAsterisk={!optional.includes(column)}
            placeholder={optional.includes(column) ? words.unused : words.choose}
            data={[...new Set(look.header)].filter((name) => name !== '')}
            searchable={look.header.length > 10}
            allowDeselect={false}
            value={known.names[column] ?? null}
            onChange={(name) =>
              name !== null && form.setFieldValue('columns', namedBy(known.names, named, column, name))
            }
            error={missing.includes(column) && form.errors[`columns.${column}`]}
          />
        ))}
      </SimpleGrid>
    </Stack>
  );
}
