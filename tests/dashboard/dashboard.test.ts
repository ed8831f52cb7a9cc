// The dashboard in a real browser, before the real Worker and a real node: from a link that signs in to signing out. The stories are told
// in this order, each on what those before it left.
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiPage } from './api-page.ts';
import { data } from './data.ts';
import { firstView } from './first-view.ts';
import { openPages } from './open-pages.ts';
import { running } from './running.ts';
import { signingIn, signingOut } from './signing-in.ts';
import { CHROMIUM, Stage } from './stage.ts';
import { tuning } from './tuning.ts';
import { using } from './using.ts';
import { watching } from './watching.ts';

const lacking = existsSync(CHROMIUM) ? '' : `: skipped, no ${CHROMIUM}`;

describe.skipIf(lacking !== '')(`the dashboard${lacking}`, () => {
  const stage = new Stage();
  beforeAll(() => stage.open());
  afterAll(() => stage.close());

  signingIn(stage);
  data(stage);
  tuning(stage);
  watching(stage);
  using(stage);
  firstView(stage);
  running(stage);
  openPages(stage);
  apiPage(stage);
  signingOut(stage);

  it('said nothing on the console that it should not', () => {
    expect(stage.complaints).toEqual([]);
  });
});
