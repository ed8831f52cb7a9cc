// What the stories of the dashboard play on: a real Worker, a real node, and a real browser that is listened to.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { type Machine, startMachine } from '../support/machine.ts';

export const CHROMIUM = '/usr/bin/chromium';
export const SCREENSHOTS = fileURLToPath(new URL('../screenshots', import.meta.url));
export const WIDTHS = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } };

const TOO_WIDE = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

export class Stage {
  machine!: Machine;
  browser!: Browser;
  context!: BrowserContext;
  page!: Page;
  /** What the console said that it should not. */
  readonly complaints: string[] = [];

  async open(): Promise<void> {
    this.machine = await startMachine();
    await this.machine.startNode();
    this.browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-background-networking'],
    });
    this.context = await this.browser.newContext({ viewport: WIDTHS.desktop, baseURL: this.origin });
    this.page = await this.context.newPage();
    this.listenTo(this.page);
    await mkdir(SCREENSHOTS, { recursive: true });
  }

  async close(): Promise<void> {
    await this.browser?.close();
    await this.machine?.stop();
  }

  get origin(): string {
    return new URL(this.machine.client.url).origin;
  }

  listenTo(page: Page): void {
    page.setDefaultTimeout(20_000);
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  /** The browser itself tells of each refusal, and of what it could not reach: those of this status were what a story was about. */
  forgive(status: number | 'unreachable'): void {
    const words = status === 'unreachable' ? 'net::ERR_' : `status of ${status}`;
    const kept = this.complaints.filter((text) => !text.includes(words));
    this.complaints.splice(0, this.complaints.length, ...kept);
  }

  /** `throttle` sets the bytes that leave the page in a second; -1 is as fast as they can. */
  async slowUploads(): Promise<{ throttle(bytesPerSecond: number): Promise<void>; detach(): Promise<void> }> {
    const network = await this.context.newCDPSession(this.page);
    await network.send('Network.enable');
    return {
      throttle: async (uploadThroughput) => {
        const rest = { offline: false, latency: 0, downloadThroughput: -1 };
        await network.send('Network.emulateNetworkConditions', { ...rest, uploadThroughput });
      },
      detach: () => network.detach(),
    };
  }

  heading(name: string | RegExp) {
    return this.page.getByRole('heading', { level: 1, name });
  }

  async choose(label: string, option: string | RegExp): Promise<void> {
    await this.page.getByRole('combobox', { name: label, exact: true }).click();
    await this.page.getByRole('option', { name: option }).first().click();
  }

  /** Axe finds nothing and nothing is wider than the window, in both schemes and at two widths; each is photographed. */
  async expectOpenToEveryone(name: string, path: string): Promise<void> {
    await this.page.goto(path);
    await this.expectOpenAsItIs(name);
  }

  /** The same of a page that stands as it is by what people did on it. */
  async expectOpenAsItIs(name: string): Promise<void> {
    const { page } = this;
    await page.getByRole('heading', { level: 1 }).waitFor();
    // Nothing is loading any more; a page that is told of events never is without a request.
    await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const [width, viewport] of Object.entries(WIDTHS)) {
        await page.setViewportSize(viewport);
        // Charts and the frame follow the window a moment later.
        await expect
          .poll(() => page.evaluate(TOO_WIDE), { timeout: 10_000, message: 'wider than the window by' })
          .toBeLessThanOrEqual(0);
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`)).toEqual([]);
        await page.screenshot({ path: join(SCREENSHOTS, `${name}-${colorScheme}-${width}.png`), fullPage: true });
      }
    }
    await page.setViewportSize(WIDTHS.desktop);
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  }
}
