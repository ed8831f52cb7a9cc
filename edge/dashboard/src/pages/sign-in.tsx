// Signing in, with a key or by a link that holds once.
import { Button, Container, Paper, PasswordInput, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { Session } from '@tallrec/shared/wire/session';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useRef, useState } from 'react';
import { ErrorAlert } from '../parts/alerts.tsx';
import { Page } from '../parts/page.tsx';
import { Loading } from '../parts/query-view.tsx';
import { useSignIn } from '../queries/session.ts';
import { texts } from '../texts.ts';

export function SignInPage() {
  const search = useSearch({ from: '/sign-in' });
  const { back } = search;
  const navigate = useNavigate();
  const [link] = useState(search.link);
  // It holds once: it is worth nothing in the address, nor in what the browser remembers of it.
  useEffect(() => {
    if (search.link !== undefined) void navigate({ to: '/sign-in', search: { back }, replace: true });
  }, [search.link, navigate, back]);
  const goOn = useCallback(() => navigate({ href: back ?? '/', replace: true }), [navigate, back]);
  return (
    <Container component="main" size={460} py={64}>
      <Page title={texts.signIn.title} lead={texts.signIn.lead}>
        <Stack>
          {link !== undefined && <ByLink link={link} onDone={goOn} />}
          <ByKey onDone={goOn} />
          <Text size="sm" c="dimmed">
            {texts.signIn.whence}
          </Text>
        </Stack>
      </Page>
    </Container>
  );
}

interface WayInProps {
  onDone: (session: Session) => void;
}

function ByLink({ link, onDone }: WayInProps & { link: string }) {
  const { mutate, error, isPending } = useSignIn();
  const sent = useRef(false);
  useEffect(() => {
    // It holds once, and effects may run twice.
    if (sent.current) return;
    sent.current = true;
    mutate({ link }, { onSuccess: onDone });
  }, [mutate, link, onDone]);
  if (error) return <ErrorAlert error={error} title={texts.signIn.linkUsed} />;
  return isPending ? <Loading /> : null;
}

export function ByKey({ onDone }: WayInProps) {
  const signIn = useSignIn();
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { key: '' },
    validate: { key: (value) => (value.trim() === '' ? texts.signIn.keyMissing : null) },
  });
  const submit = form.onSubmit(({ key }) => signIn.mutate({ key: key.trim() }, { onSuccess: onDone }));
  return (
    <Paper withBorder p="lg">
      <form onSubmit={submit} noValidate>
        <Stack>
          <PasswordInput
            label={texts.signIn.key}
            description={texts.signIn.keyHint}
            autoComplete="current-password"
            required
            key={form.key('key')}
            {...form.getInputProps('key')}
          />
          {signIn.error && <ErrorAlert error={signIn.error} />}
          <Button type="submit" loading={signIn.isPending}>
            {texts.signIn.submit}
          </Button>
        </Stack>
      </form>
    </Paper>
  );
}
