// A text that is there to be copied, with its button.
import { Button, Code, CopyButton, Group, VisuallyHidden } from '@mantine/core';
import { texts } from '../texts.ts';

interface CopyableProps {
  value: string;
  /** What the button copies, for those who do not see it. */
  label: string;
}

export function Copyable({ value, label }: CopyableProps) {
  return (
    <Group gap="xs" wrap="nowrap" align="center">
      <Code style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>{value}</Code>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Button size="compact-xs" variant="default" onClick={copy} style={{ flexShrink: 0 }}>
            <span aria-live="polite">{copied ? texts.common.copied : texts.common.copy}</span>
            <VisuallyHidden>&nbsp;{label}</VisuallyHidden>
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}
