// What went wrong, in words, with the request's id and a way to try again; and that there is no connection.
import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { ApiError } from '../api.ts';
import { texts } from '../texts.ts';

interface ErrorAlertProps {
  error: Error;
  title?: string;
  onRetry?: () => void;
}

export function ErrorAlert({ error, title = texts.states.failed, onRetry }: ErrorAlertProps) {
  const requestId = error instanceof ApiError ? error.requestId : null;
  return (
    <Alert color="red" title={title} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{error.message}</Text>
        {requestId && (
          <Text size="xs">
            {texts.states.requestId}: {requestId}
          </Text>
        )}
        {onRetry && (
          <Group>
            <Button size="xs" variant="default" onClick={onRetry}>
              {texts.states.retry}
            </Button>
          </Group>
        )}
      </Stack>
    </Alert>
  );
}

export function OfflineAlert() {
  return (
    <Alert color="yellow" title={texts.states.offlineTitle} role="status">
      {texts.states.offline}
    </Alert>
  );
}

/** What the API says beside its answer. */
export function WarningAlerts({ warnings }: { warnings: readonly string[] }) {
  return warnings.map((warning) => (
    <Alert key={warning} color="yellow">
      {warning}
    </Alert>
  ));
}
