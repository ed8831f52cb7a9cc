// A button whose deed is asked about first.
import { Button, type ButtonProps, Group, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { texts } from '../texts.ts';
import { ErrorAlert } from './alerts.tsx';

interface ConfirmButtonProps {
  label: string;
  title: string;
  /** On the button that does it; the same as `label` when left out. */
  confirmLabel?: string;
  /** What will happen, and whether it can be undone. */
  children: ReactNode;
  error: Error | null;
  /** The question stays open where it throws. */
  onConfirm: () => Promise<unknown>;
  pending: boolean;
  size?: ButtonProps['size'];
  /** Red, unless it takes nothing away. */
  color?: ButtonProps['color'];
}

export function ConfirmButton(props: ConfirmButtonProps) {
  const { label, title, confirmLabel = label, children, error, onConfirm, pending, size = 'xs', color = 'red' } = props;
  const [opened, { open, close }] = useDisclosure(false);
  const confirm = () => onConfirm().then(close, () => undefined);
  return (
    <>
      <Button size={size} variant="default" onClick={open}>
        {label}
      </Button>
      <Modal opened={opened} onClose={close} title={title}>
        <Stack>
          <Text size="sm">{children}</Text>
          {error && <ErrorAlert error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close} data-autofocus>
              {texts.common.back}
            </Button>
            <Button color={color} loading={pending} onClick={confirm}>
              {confirmLabel}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
