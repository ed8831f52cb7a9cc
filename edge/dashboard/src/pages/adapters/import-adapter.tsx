// The button that imports an adapter; the form, which brings much code, comes when it is first asked for.
import { Button, Modal, Skeleton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense } from 'react';
import { texts } from '../../texts.ts';

const ImportForm = lazy(() => import('./import-form.tsx').then((module) => ({ default: module.ImportForm })));

export function ImportAdapter() {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button onClick={open}>{texts.adapters.verbs.import}</Button>
      <Modal opened={opened} onClose={close} title={texts.adapters.import.title} size="lg">
        <Suspense fallback={<Skeleton height={360} />}>
          <ImportForm onCancel={close} />
        </Suspense>
      </Modal>
    </>
  );
}
