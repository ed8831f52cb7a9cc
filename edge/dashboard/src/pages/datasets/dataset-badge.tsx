// A dataset's state as a word in colour; of one that this page is sending, how far it is.
import { Badge } from '@mantine/core';
import type { Dataset, DatasetState } from '@tallrec/shared/wire/datasets';
import { formatShare } from '../../parts/formats.tsx';
import { texts } from '../../texts.ts';
import type { ShownTransfer } from '../../transfers/transfer.ts';
import { useTransfer, useTransferView } from '../../transfers/transfers.ts';

const COLORS: Record<DatasetState, string> = {
  created: 'orange',
  uploaded: 'blue',
  validating: 'blue',
  ready: 'green',
  rejected: 'red',
  deleting: 'gray',
};

export function DatasetBadge({ id, state }: Pick<Dataset, 'id' | 'state'>) {
  const transfer = useTransfer(id);
  if (state === 'created' && transfer) return <SendingBadge transfer={transfer} />;
  return (
    <Badge component="span" color={COLORS[state]}>
      {texts.datasets.states[state]}
    </Badge>
  );
}

const SENDING_COLORS = { sending: 'blue', paused: 'orange', failed: 'red' };

function SendingBadge({ transfer }: { transfer: ShownTransfer }) {
  const { phase, sentBytes, bytes } = useTransferView(transfer);
  const shown = phase === 'paused' || phase === 'failed' ? phase : 'sending';
  return (
    <Badge component="span" color={SENDING_COLORS[shown]}>
      {texts.datasets.sending[shown](formatShare(Math.floor((100 * sentBytes) / bytes) / 100))}
    </Badge>
  );
}
