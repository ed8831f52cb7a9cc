// A button whose window makes a secret, which is then shown this once.
import { Button, type ButtonProps, Modal, type ModalProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';

interface SecretButtonProps<T> extends Pick<ButtonProps, 'size' | 'variant'> {
  label: string;
  title: string;
  modalSize?: ModalProps['size'];
  children: (made: (secret: T) => void, close: () => void) => ReactNode;
  notice: (secret: T, done: () => void) => ReactNode;
}

export function SecretButton<T>({ label, title, modalSize = 'md', children, notice, ...button }: SecretButtonProps<T>) {
  const [opened, { open, close }] = useDisclosure(false);
  const [secret, setSecret] = useState<T | null>(null);
  const made = (fresh: T) => {
    close();
    setSecret(() => fresh);
  };
  return (
    <>
      <Button {...button} onClick={open}>
        {label}
      </Button>
      <Modal opened={opened} onClose={close} title={title} size={modalSize}>
        {children(made, close)}
      </Modal>
      {secret !== null && notice(secret, () => setSecret(null))}
    </>
  );
}
