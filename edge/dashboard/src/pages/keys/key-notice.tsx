// A key's secret, shown once.
import { SecretNotice } from '../../parts/secret-notice.tsx';
import { texts } from '../../texts.ts';

export function KeyNotice({ secret, onDone }: { secret: string; onDone: () => void }) {
  return <SecretNotice {...texts.keys.secret} secret={secret} onDone={onDone} />;
}
