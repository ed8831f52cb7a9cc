// A secret that is shown this once, in a window that only its own button closes.
import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Copyable } from './copyable.tsx';

interface SecretNoticeProps {
  title: string;
  body: string;
  secret: string;
  /** What the copy button copies, for those who do not see it. */
  label: string;
  done: string;
  onDone: () => void;
  children?: ReactNode;
}

export function SecretNotice({ title, body, secret, label, done, onDone, children }: SecretNoticeProps) {
  return (
    <Modal
      opened
      onClose={onDone}
      title={title}
      size="lg"
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
    >
      <Stack>
        <Text size="sm">{body}</Text>
        <Copyable value={secret} label={label} />
        {children}
        <Group justify="flex-end">
          <Button onClick={onDone}>{done}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
