// An address where nothing is.

import { Container } from '@mantine/core';
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

/** Where there is no frame around it. */
export function NotFoundAlone() {
  return (
    <Container component="main" size={460} py={64}>
      <NotFoundPage />
    </Container>
  );
}
