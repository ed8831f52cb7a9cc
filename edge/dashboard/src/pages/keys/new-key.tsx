// A new key: its name, what it may do, and its limits; and then the key itself, shown once.
import { Button, Checkbox, Group, NumberInput, Stack, TagsInput, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { createKeySchema, SCOPES, type Scope } from '@tallrec/shared/wire/keys';
import type { z } from 'zod';
import { refusedFields } from '../../api.ts';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { fieldErrors, filled } from '../../parts/field-errors.ts';
import { SecretButton } from '../../parts/secret-button.tsx';
import { useCreateKey } from '../../queries/keys.ts';
import { texts } from '../../texts.ts';
import { KeyNotice } from './key-notice.tsx';

const words = texts.keys.form;

export function NewKey() {
  return (
    <SecretButton
      label={texts.keys.create}
      title={words.title}
      modalSize="lg"
      notice={(secret: string, done) => <KeyNotice secret={secret} onDone={done} />}
    >
      {(made) => <NewKeyForm onMade={({ key }) => made(key)} />}
    </SecretButton>
  );
}

interface KeyValues {
  name: string;
  scopes: Scope[];
  origins: string[];
  requestsPerMinute: number | string;
  /** As the field of the browser gives it: local, without a zone. */
  expires: string;
}

function requestOf({ expires, origins, ...rest }: KeyValues): z.input<typeof createKeySchema> {
  const fields = filled({ ...rest, name: rest.name.trim(), origins: origins.length > 0 ? origins : null });
  const expiresAt = expires === '' ? {} : { expiresAt: new Date(expires).toISOString() };
  return { ...fields, ...expiresAt } as z.input<typeof createKeySchema>;
}

/** The fields of the form by what the request calls them: of a list, the list is at fault. */
function shownErrors(errors: Record<string, string>): Record<string, string> {
  const fieldOf = (path: string) => (path === 'expiresAt' ? 'expires' : path.replace(/\.\d+$/, ''));
  return Object.fromEntries(Object.entries(errors).map(([path, problem]) => [fieldOf(path), problem]));
}

function NewKeyForm({ onMade }: { onMade: (made: { key: string }) => void }) {
  const create = useCreateKey();
  const form = useForm<KeyValues>({
    initialValues: { name: '', scopes: ['read'], origins: [], requestsPerMinute: 600, expires: '' },
    validate: (values) => shownErrors(fieldErrors(createKeySchema, requestOf(values))),
  });
  const submit = form.onSubmit((values) =>
    create.mutate(
      { body: requestOf(values), idempotencyKey: crypto.randomUUID() },
      { onSuccess: onMade, onError: (error) => form.setErrors(shownErrors(refusedFields(error))) },
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
          {...form.getInputProps('name')}
        />
        <Checkbox.Group label={words.scopes} description={words.scopesHint} {...form.getInputProps('scopes')}>
          <Stack gap="xs" mt="xs">
            {SCOPES.map((scope) => (
              <Checkbox key={scope} value={scope} label={scope} description={words.scopeHints[scope]} />
            ))}
          </Stack>
        </Checkbox.Group>
        <TagsInput label={words.origins} description={words.originsHint} {...form.getInputProps('origins')} />
        <NumberInput
          label={words.requestsPerMinute}
          description={words.requestsPerMinuteHint}
          min={1}
          allowDecimal={false}
          {...form.getInputProps('requestsPerMinute')}
        />
        <TextInput
          type="datetime-local"
          label={words.expires}
          description={words.expiresHint}
          {...form.getInputProps('expires')}
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
