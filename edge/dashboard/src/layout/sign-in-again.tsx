// Over the page on which a session ended: whoever signs in again goes on where they were.
import { Button, Modal, Stack, Text } from '@mantine/core';
import type { Session } from '@tallrec/shared/wire/session';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef } from 'react';
import { ByKey } from '../pages/sign-in.tsx';
import { sessionEndedQuery, sessionQuery } from '../queries/session.ts';
import { texts } from '../texts.ts';
import { forgetTransfers } from '../transfers/transfers.ts';

const words = texts.signIn.again;

export function SignInAgain() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { data: session } = useQuery(sessionQuery);
  const before = useRef(session?.workspace.id);
  /** What is of another workspace is not shown to this one. */
  const goOn = ({ workspace }: Session) => {
    if (workspace.id !== before.current) leave('/');
  };
  const leave = (to: '/' | '/sign-in') => {
    forgetTransfers();
    return navigate({ to });
  };
  const leaveAll = async () => {
    client.setQueryData(sessionQuery.queryKey, null);
    await leave('/sign-in');
    client.setQueryData(sessionEndedQuery.queryKey, false);
  };
  return (
    <Modal opened onClose={() => undefined} withCloseButton={false} closeOnEscape={false} title={words.title}>
      <Stack>
        <Text size="sm">{words.why}</Text>
        <ByKey onDone={goOn} />
        <Button variant="subtle" onClick={leaveAll}>
          {words.leave}
        </Button>
      </Stack>
    </Modal>
  );
}
