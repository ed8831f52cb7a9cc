import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const { url, key } = JSON.parse(readFileSync('/tmp/w2/live.json', 'utf8'));
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-background-networking'],
});
const context = await browser.newContext({
  viewport: { width: Number(process.env.W ?? 1280), height: Number(process.env.H ?? 860) },
  baseURL: new URL(url).origin,
  colorScheme: (process.env.SCHEME ?? 'light') as 'light',
});
const page = await context.newPage();
page.setDefaultTimeout(20_000);
page.on('console', (m) => ['error', 'warning'].includes(m.type()) && console.log('console', m.text().slice(0, 600)));
page.on('pageerror', (e) => console.log('pageerror', String(e).slice(0, 1500)));
await page.goto('/sign-in');
await page.getByLabel('API key').fill(key);
await page.getByRole('button', { name: 'Sign in' }).click();
await page.getByRole('heading', { level: 1, name: 'Tunings' }).waitFor();
const steps = (await import(process.argv[2]!)).default;
try {
  await steps(page, { url, key, context });
} catch (e) {
  console.log(String(e));
  await page.screenshot({ path: '/tmp/w2/fail.png', fullPage: true });
}
await browser.close();
