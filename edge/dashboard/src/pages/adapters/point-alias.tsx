// Pointing an alias, an old or a new one, at an adapter.
import { Autocomplete, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDisclosure } from '@mantine/hooks';
import { type Adapter, aliasSchema } from '@tallrec/shared/wire/adapters';
import { useQuery } from '@tanstack/react-query';
import { ErrorAlert } from '../../parts/alerts.tsx';
import { AdapterLink } from '../../parts/entity-names.tsx';
import { aliasesQuery, usePointAlias } from '../../queries/aliases.ts';
import { texts } from '../../texts.ts';

const words = texts.adapters.point;

export function PointAlias({ adapter }: { adapter: Adapter }) {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button variant="default" onClick={open}>
        {texts.adapters.verbs.point}
      </Button>
      <Modal opened={opened} onClose={close} title={words.title}>
        <PointAliasForm adapter={adapter} onDone={close} />
      </Modal>
    </>
  );
}

function PointAliasForm({ adapter, onDone }: { adapter: Adapter; onDone: () => void }) {
  const point = usePointAlias();
  const { data: aliases } = useQuery(aliasesQuery);
  const form = useForm({
    initialValues: { alias: '' },
    validate: { alias: (value) => aliasSchema.safeParse(value.trim()).error?.issues[0]?.message },
  });
  const named = aliases?.items.find(({ alias }) => alias === form.values.alias.trim());
  const submit = form.onSubmit(({ alias }) =>
    point.mutate({ alias: alias.trim(), adapter: adapter.id }, { onSuccess: onDone }),
  );
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <Text size="sm">{words.body}</Text>
        <Autocomplete
          label={words.alias}
          description={words.aliasHint}
          required
          data-autofocus
          data={aliases?.items.map(({ alias }) => alias) ?? []}
          {...form.getInputProps('alias')}
        />
        {named && (
          <Text size="sm" role="status">
            {named.adapter === adapter.id ? (
              words.isHere
            ) : (
              <>
                {words.movesFrom} <AdapterLink id={named.adapter} />
              </>
            )}
          </Text>
        )}
        {point.error && <ErrorAlert error={point.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            {texts.common.back}
          </Button>
          <Button type="submit" loading={point.isPending}>
            {words.submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
