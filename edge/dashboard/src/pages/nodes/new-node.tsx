// A new node: its name, and then the command that starts it.
import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDisclosure } from '@mantine/hooks';
import { createNodeSchema } from '@tallrec/shared/wire/nodes';
import { useState } from 'react';
import { refusedFields } from '../../api.ts';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { fieldErrors } from '../../parts/field-errors.ts';
import { useCreateNode } from '../../queries/nodes.ts';
import { texts } from '../../texts.ts';
import { JoinNotice, type JoinToken } from './join-notice.tsx';

const words = texts.nodes.form;

export function NewNode() {
  const [opened, { open, close }] = useDisclosure(false);
  const [token, setToken] = useState<JoinToken | null>(null);
  const made = (join: JoinToken) => {
    close();
    setToken(join);
  };
  return (
    <>
      <Button onClick={open}>{texts.nodes.create}</Button>
      <Modal
        opened={opened}
        onClose={close}
        title={words.title}
        closeButtonProps={{ 'aria-label': texts.common.close }}
      >
        <NewNodeForm onMade={made} />
      </Modal>
      {token && <JoinNotice {...token} onDone={() => setToken(null)} />}
    </>
  );
}

function NewNodeForm({ onMade }: { onMade: (join: JoinToken) => void }) {
  const create = useCreateNode();
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { name: '' },
    validate: (values) => fieldErrors(createNodeSchema, values),
  });
  const submit = form.onSubmit((values) =>
    create.mutate(
      { body: { name: values.name.trim() }, idempotencyKey: crypto.randomUUID() },
      { onSuccess: onMade, onError: (error) => form.setErrors(refusedFields(error)) },
    ),
  );
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <TextInput
          label={words.name}
          description={words.nameHint}
          required
          data-autofocus
          key={form.key('name')}
          {...form.getInputProps('name')}
        />
        {create.error && <ErrorAlert error={create.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={create.isPending}>
            {words.submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
