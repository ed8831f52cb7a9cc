// An address where nothing is.
import { LinkAnchor } from '../parts/links.tsx';
import { Page } from '../parts/page.tsx';
import { texts } from '../texts.ts';

export function NotFoundPage() {
  return (
    <Page title={texts.notFound.title} lead={texts.notFound.lead}>
      <LinkAnchor to="/">{texts.notFound.home}</LinkAnchor>
    </Page>
  );
}
