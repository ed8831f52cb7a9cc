// The command that starts a node, with the token that is shown this once.
import { Text } from '@mantine/core';
import { Time } from '../../parts/formats.tsx';
import { SecretNotice } from '../../parts/secret-notice.tsx';
import { texts } from '../../texts.ts';

const words = texts.nodes.join;

export interface JoinToken {
  token: string;
  expiresAt: string;
}

export function JoinNotice({ token, expiresAt, onDone }: JoinToken & { onDone: () => void }) {
  return (
    <SecretNotice
      title={words.title}
      body={words.body}
      secret={`npx tallrec serve --edge ${window.location.origin} --token ${token}`}
      label={words.command}
      done={words.done}
      onDone={onDone}
    >
      <Text size="sm">
        {words.expires} <Time at={expiresAt} />
      </Text>
    </SecretNotice>
  );
}
