// What stands where there is nothing yet: why, and what to do about it.
import { EmptyState, Paper } from '@mantine/core';
import type { ReactNode } from 'react';

export interface EmptyProps {
  title: string;
  children: ReactNode;
  action?: ReactNode;
}

export function EmptyPaper({ title, children, action }: EmptyProps) {
  return (
    <Paper withBorder p="xl">
      <EmptyState title={title} description={children}>
        {action && <EmptyState.Actions>{action}</EmptyState.Actions>}
      </EmptyState>
    </Paper>
  );
}
