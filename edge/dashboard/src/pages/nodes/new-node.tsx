// A new node: its name, and then the command that starts it.
import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { createNodeSchema } from '@tallrec/shared/wire/nodes';
import { refusedFields } from '../../api.ts';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { fieldErrors } from '../../parts/field-errors.ts';
import { SecretButton } from '../../parts/secret-button.tsx';
import { useCreateNode } from '../../queries/nodes.ts';
import { texts } from '../../texts.ts';
import { JoinNotice, type JoinToken } from './join-notice.tsx';

const words = texts.nodes.form;

export function NewNode() {
  return (
    <SecretButton
      label={texts.nodes.create}
      title={words.title}
      notice={(join: JoinToken, done) => <JoinNotice {...join} onDone={done} />}
    >
      {(made) => <NewNodeForm onMade={made} />}
    </SecretButton>
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
