// The start of a session that may read nothing.
import { Page } from '../parts/page.tsx';
import { texts } from '../texts.ts';

export function NoAccessPage() {
  return (
    <Page title={texts.noAccess.title} lead={texts.noAccess.lead}>
      {null}
    </Page>
  );
}
