// What the readers found odd in data that they can use.
import { Alert, List } from '@mantine/core';
import { texts } from '../../texts.ts';

export function Warnings({ warnings }: { warnings: readonly string[] }) {
  if (warnings.length === 0) return null;
  return (
    <Alert color="yellow" title={texts.datasetDetail.warnings}>
      <List size="sm" spacing={4}>
        {warnings.map((warning) => (
          <List.Item key={warning}>{warning}</List.Item>
        ))}
      </List>
    </Alert>
  );
}
