// What a session gets to see that may read nothing, or lacks what a page asks for.
import type { Scope } from '@tallrec/shared/wire/keys';
import { LinkAnchor } from '../parts/links.tsx';
import { Page } from '../parts/page.tsx';
import { texts } from '../texts.ts';

export function NoAccessPage() {
  return (
    <Page title={texts.noAccess.title} lead={texts.noAccess.lead}>
      {null}
    </Page>
  );
}

export function MissingScopePage({ scope }: { scope: Scope }) {
  return (
    <Page title={texts.missingScope.title} lead={texts.missingScope.lead(scope)}>
      <LinkAnchor to="/">{texts.notFound.home}</LinkAnchor>
    </Page>
  );
}
