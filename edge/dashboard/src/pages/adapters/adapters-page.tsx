// All adapters, newest first: what each learned from, how good it is, and what it is used as.
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { Empty } from '../../parts/empty.tsx';
import { Page } from '../../parts/page.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { adaptersPageQuery } from '../../queries/adapters.ts';
import { useMay } from '../../queries/session.ts';
import { texts } from '../../texts.ts';
import { AdaptersTable } from './adapters-table.tsx';
import { AdaptersTabs } from './adapters-tabs.tsx';
import { ImportAdapter } from './import-adapter.tsx';

const words = texts.adapters;

export function AdaptersPage() {
  const { cursor } = useSearch({ from: '/app/adapters' });
  const query = useQuery(adaptersPageQuery(cursor));
  const mayImport = useMay('adapters:write');
  return (
    <Page title={words.title} lead={words.lead} actions={mayImport && <ImportAdapter />}>
      <AdaptersTabs at="adapters" />
      <PagedList query={query} cursor={cursor} empty={<Empty title={words.empty.title}>{words.empty.body}</Empty>}>
        {(adapters) => <AdaptersTable adapters={adapters} />}
      </PagedList>
    </Page>
  );
}
