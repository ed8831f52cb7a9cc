// The dashboard in a real browser, before the real Worker and a real node: from a link that signs in to signing out. The stories are told
// in this order, each on what those before it left.
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiPage } from './api-page.ts';
import { comparing } from './comparing.ts';
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

  describe('signing in', () => signingIn(stage));
  describe('data', () => data(stage));
  describe('tuning', () => tuning(stage));
  describe('watching', () => watching(stage));
  describe('comparing', () => comparing(stage));
  describe('using', () => using(stage));
  describe('the first view', () => firstView(stage));
  describe('running', () => running(stage));
  describe('every page', () => openPages(stage));
  describe('the page of the API', () => apiPage(stage));
  describe('signing out', () => signingOut(stage));

  it('said nothing on the console that it should not', () => {
    expect(stage.complaints).toEqual([]);
  });
});
