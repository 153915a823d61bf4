import type { Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltPages, chromiumAvailable, startPages } from './testing/browser.ts';
import { uuid } from './testing/estate/ids.ts';

const toEnd = (page: Page) => page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));

/** What is asked of one list; `answer` for its further pages. */
async function further(page: Page, path: string, answer: (route: Route) => Promise<void>): Promise<() => number> {
  let asked = 0;
  await page.route(
    (url) => url.pathname === path && url.searchParams.has('cursor'),
    async (route) => {
      asked += 1;
      await answer(route);
    },
  );
  return () => asked;
}

interface List {
  readonly items: unknown[];
  next: string | null;
  readonly total: { exact: boolean };
}

/** The answer of the fixture, changed. */
async function changed(route: Route, change: (list: List) => void) {
  const response = await route.fetch();
  const list = await response.json();
  change(list);
  await route.fulfill({ response, json: list });
}

const fault = { status: 500, json: { error: { code: 'internal', message: 'the database is away' } } };

describe.skipIf(!chromiumAvailable)('lists that are fetched page by page, in Chromium', () => {
  let pages: BuiltPages;
  beforeAll(async () => {
    pages = await startPages();
  });
  afterAll(() => pages?.stop());

  it.each([
    ['/hosts', '/api/v1/hosts', 'Hosts', 706],
    ['/containers', '/api/v1/images', 'Images', 1_201],
    ['/vulnerabilities', '/api/v1/vulnerabilities', 'Vulnerabilities', undefined],
  ])('%s asks for a page that failed when a person says so, not without end', async (path, api, label, last) => {
    const { page, context } = await pages.visit(await pages.serve({ moreHosts: 700 }), '/settings');
    let broken = true;
    // The estate of the fixture has fewer vulnerabilities than a page takes.
    await page.route(
      (url) => url.pathname === '/api/v1/vulnerabilities' && !url.searchParams.has('cursor'),
      (route) =>
        changed(route, (list) => {
          list.items.length = 5;
          list.next = '5';
        }),
    );
    const asked = await further(page, api, (route) => (broken ? route.fulfill(fault) : route.continue()));
    await page.goto(`${new URL(page.url()).origin}${path}`);
    const table = page.getByRole('table', { name: label });
    await table.locator('tr.table-row a').first().waitFor();
    await toEnd(page);
    const retry = page.getByRole('alert').filter({ hasText: 'Further rows could not be loaded' }).getByRole('button');
    await retry.waitFor();
    const tried = asked();
    for (let times = 0; times < 10; times += 1) {
      await page.evaluate(() => window.scrollTo(0, 0));
      await toEnd(page);
      await page.waitForTimeout(100);
    }
    expect(asked()).toBe(tried);
    // Two tries after the first are the client's own (`createQueryClient`).
    expect(tried).toBeLessThanOrEqual(3);
    expect(await page.getByText('This is what was known').count()).toBe(0);
    const rows = async () => Number(await page.locator('tr.table-row').last().getAttribute('aria-rowindex'));
    const before = await rows();
    broken = false;
    await retry.click();
    await retry.waitFor({ state: 'detached' });
    await toEnd(page);
    await expect.poll(rows).toBeGreaterThan(before);
    for (let tries = 0; last !== undefined && tries < 60 && (await rows()) !== last; tries += 1) {
      await toEnd(page);
      await page.waitForTimeout(100);
    }
    if (last !== undefined) expect(await rows()).toBe(last);
    await context.close();
  });

  it('says that a long list changed until it is shown, also while more of it is fetched', async () => {
    const { page, context } = await pages.visit(await pages.serve({ moreHosts: 1_000 }), '/hosts');
    const asked = await further(page, '/api/v1/hosts', (route) => route.continue());
    await page.getByRole('table', { name: 'Hosts' }).getByText('web-01').waitFor();
    const scrollTo = async (count: number) => {
      for (let tries = 0; tries < 60 && asked() < count; tries += 1) {
        await toEnd(page);
        await page.waitForTimeout(100);
      }
      expect(asked()).toBe(count);
      await page.waitForLoadState('networkidle');
    };
    await scrollTo(3);
    await page.evaluate((id) => fetch(`/api/v1/images/${id}/assess`, { method: 'POST' }), uuid(1));
    const chip = page.getByRole('button', { name: 'The list changed · show' });
    await chip.waitFor({ timeout: 20_000 });
    expect(await page.getByRole('status').getByText('The list changed').count()).toBe(1);
    await scrollTo(4);
    await page.waitForTimeout(500);
    expect(await chip.count()).toBe(1);
    // Neither does looking at something else make it new.
    await page.getByRole('link', { name: 'Vulnerabilities' }).first().click();
    await page.getByRole('heading', { level: 1, name: 'Vulnerabilities' }).waitFor();
    await page.goBack();
    await chip.waitFor();
    await chip.click();
    await chip.waitFor({ state: 'detached' });
    await context.close();
  });

  it('has a row that moved to the next page once, and no number of rows that it does not know', async () => {
    const { page, context } = await pages.visit(await pages.serve({ moreHosts: 300 }), '/settings');
    let first: unknown;
    await page.route(
      (url) => url.pathname === '/api/v1/hosts' && url.searchParams.get('limit') === '200',
      (route) =>
        changed(route, (list) => {
          list.total.exact = false;
          if (new URL(route.request().url()).searchParams.has('cursor')) list.items.unshift(first);
          else first = list.items.at(-1);
        }),
    );
    await page.goto(`${new URL(page.url()).origin}/hosts`);
    const table = page.getByRole('table', { name: 'Hosts' });
    await table.getByText('web-01').waitFor();
    expect(await table.getAttribute('aria-rowcount')).toBe('-1');
    const last = () => page.locator('tr.table-row').last().getAttribute('aria-rowindex');
    for (let tries = 0; tries < 60 && Number(await last()) < 306; tries += 1) {
      await toEnd(page);
      await page.waitForTimeout(100);
    }
    expect(await last()).toBe('306');
    await context.close();
  });

  it('keeps the field and what is known of all hosts while the next search is on its way', async () => {
    const { page, context } = await pages.visit(await pages.serve({ delayMs: 700 }), '/hosts');
    const facts = page.locator('.page-facts');
    await facts.getByText('Reporting').waitFor();
    const field = page.getByRole('searchbox', { name: 'Search hosts' });
    await field.fill('nowhere');
    await page.waitForURL('**/hosts?q=nowhere');
    expect(await facts.getByText('Reporting').count()).toBe(1);
    expect(await page.getByRole('heading', { name: 'No host' }).count()).toBe(0);
    await page.getByRole('heading', { name: 'No host matches' }).waitFor();
    await page.getByRole('status').getByText('No host matches').waitFor();

    await page.goto(`${new URL(page.url()).origin}/hosts/${uuid(8_000)}?tab=images&q=nowhere`);
    await page.getByRole('heading', { name: 'No image matches' }).waitFor();
    const images = page.getByRole('searchbox', { name: /^Search image, package/ });
    await images.fill('');
    await page.waitForURL((url) => !url.searchParams.has('q'));
    await page.getByRole('table', { name: 'Images of the host' }).locator('tr.table-row a').first().waitFor();
    expect(await images.evaluate((element) => element === document.activeElement)).toBe(true);
    await context.close();
  });
});
