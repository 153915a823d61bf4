import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltPages, chromiumAvailable, startPages } from './testing/browser.ts';
import { uuid } from './testing/estate/ids.ts';
import { EMAIL, PASSWORD, SETUP_TOKEN } from './testing/scenario.ts';

const image = uuid(1);

describe.skipIf(!chromiumAvailable)('what people do on the pages, in Chromium', () => {
  let pages: BuiltPages;
  beforeAll(async () => {
    pages = await startPages();
  });
  afterAll(() => pages?.stop());

  it('draws only the rows near the window of 1,200, and numbers them all', async () => {
    const { page, context } = await pages.visit(await pages.shared(), '/containers');
    const table = page.getByRole('table', { name: 'Images' });
    await table.getByText('shop/checkout').waitFor();
    expect(await table.getAttribute('aria-rowcount')).toBe('1201');
    expect(await page.locator('tr.table-row').count()).toBeLessThan(80);
    for (let tries = 0; tries < 40; tries += 1) {
      await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
      await page.waitForTimeout(150);
      if ((await page.locator('tr.table-row').last().getAttribute('aria-rowindex')) === '1201') break;
    }
    expect(await page.locator('tr.table-row').last().getAttribute('aria-rowindex')).toBe('1201');
    expect(await page.locator('tr.table-row').count()).toBeLessThan(80);
    await context.close();
  });

  it('the list works by keyboard: j, k, Escape, Enter, and the address follows', async () => {
    const { page, context } = await pages.visit(await pages.shared(), '/containers');
    await page.getByRole('link', { name: 'shop/checkout' }).waitFor();
    await page.keyboard.press('j');
    const panel = page.getByRole('complementary', { name: 'Image' });
    await panel.getByRole('heading', { name: 'shop/checkout' }).waitFor();
    expect(new URL(page.url()).searchParams.get('image')).toBe(image);
    await page.keyboard.press('j');
    await panel.getByRole('heading', { name: 'shop/catalogue' }).waitFor();
    await page.keyboard.press('k');
    await panel.getByRole('heading', { name: 'shop/checkout' }).waitFor();
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    await page.keyboard.press('j');
    await panel.waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/images/${image}`);
    await context.close();
  });

  it('searches from everywhere and leads to a vulnerability', async () => {
    const { page, context } = await pages.visit(await pages.shared(), '/hosts');
    await page.getByRole('heading', { level: 1, name: 'Hosts' }).waitFor();
    await page.keyboard.press('/');
    await page.getByRole('combobox', { name: /^Search/ }).fill('cve-2023-44487');
    await page.getByRole('option', { name: /CVE-2023-44487/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/vulnerabilities/CVE-2023-44487');
    await page.getByText(/containers? runs? it on/).waitFor();
    await context.close();
  });

  it('lists hosts that were not heard from apart, and shows what they had as what it was', async () => {
    const { page, context } = await pages.visit(await pages.shared(), '/hosts');
    const table = page.getByRole('table', { name: 'Hosts' });
    await table.getByText('edge-frankfurt-1').waitFor();
    expect(await table.getByText('silent', { exact: true }).count()).toBe(1);
    expect(await table.getByText('spot-7f3a').count()).toBe(0);
    await page.getByRole('link', { name: /^Inactive/ }).click();
    await table.getByRole('link', { name: 'spot-7f3a' }).waitFor();
    expect(new URL(page.url()).searchParams.get('inactive')).toBe('true');
    const current = page.getByRole('navigation', { name: /^Hosts by/ }).locator('[aria-current=page]');
    expect(await current.allInnerTexts()).toEqual([expect.stringMatching(/^Inactive/)]);
    expect(await table.getByText('edge-frankfurt-1').count()).toBe(0);
    await table.getByRole('link', { name: 'spot-7f3a' }).click();
    await page.getByText(/nothing of it counts as running/).waitFor();
    const containers = page.getByRole('table', { name: 'Containers' });
    await containers.getByText('was running').first().waitFor();
    expect(await containers.getByText('was running').count()).toBe(5);
    expect(await containers.getByText('running', { exact: true }).count()).toBe(0);
    await page.goto(`${new URL(page.url()).origin}/images/${image}?tab=hosts`);
    await page.getByText(/^had it/).waitFor();
    await context.close();
  });

  it('lists hosts the most dangerous first, page by page, and narrows them where the console does', async () => {
    const { page, context } = await pages.visit(await pages.serve({ moreHosts: 700 }), '/hosts');
    const asked: URLSearchParams[] = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.pathname === '/api/v1/hosts') asked.push(url.searchParams);
    });
    const table = page.getByRole('table', { name: 'Hosts' });
    await table.getByText('web-01').waitFor();
    expect(await table.getAttribute('aria-rowcount')).toBe('706');
    expect(await page.locator('tr.table-row').first().innerText()).toContain('web-01');
    // One page as long as nobody scrolls.
    expect(asked.filter((query) => query.has('cursor'))).toEqual([]);
    const last = () => page.locator('tr.table-row').last().getAttribute('aria-rowindex');
    for (let tries = 0; tries < 60 && (await last()) !== '706'; tries += 1) {
      await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
      await page.waitForTimeout(100);
    }
    expect(await last()).toBe('706');
    expect(asked.filter((query) => query.has('cursor')).length).toBe(3);
    // The estate changes: four pages are not fetched again behind the reader's back, and then only the first.
    const before = asked.length;
    await page.evaluate((id) => fetch(`/api/v1/images/${id}/assess`, { method: 'POST' }), image);
    await page.getByRole('button', { name: 'The list changed · show' }).click({ timeout: 20_000 });
    await expect.poll(() => asked.slice(before).some((query) => query.get('limit') === '200')).toBe(true);
    expect(asked.slice(before).filter((query) => query.has('cursor'))).toEqual([]);
    await page.getByRole('searchbox', { name: 'Search hosts' }).fill('node-0123');
    await table.getByText('node-0123.shop.example').waitFor();
    expect(await page.locator('tr.table-row').count()).toBe(1);
    expect(new URL(page.url()).searchParams.get('q')).toBe('node-0123');
    await page.getByRole('searchbox', { name: 'Search hosts' }).fill('nowhere');
    await page.getByRole('heading', { name: 'No host matches' }).waitFor();
    await page.getByRole('link', { name: 'Show all hosts' }).click();
    await page.getByRole('combobox', { name: 'Order' }).selectOption('Silent for longest first');
    await expect.poll(() => page.locator('tr.table-row').first().innerText()).toContain('edge-frankfurt-1');
    expect(await page.locator('tr.table-row').first().innerText()).toContain('clock 12 min behind');
    await page.getByRole('button', { name: 'Silent', exact: true }).click();
    await expect.poll(() => page.locator('tr.table-row').count()).toBe(1);
    await context.close();
  });

  it('opens a container beside its list by keyboard, and narrows the list', async () => {
    const { page, context } = await pages.visit(await pages.shared(), `/hosts/${uuid(8_000)}`);
    const table = page.getByRole('table', { name: 'Containers' });
    await table.getByRole('link').first().waitFor();
    const risks = await table.locator('tr.table-row td:first-child').allInnerTexts();
    expect(risks.map(Number)).toEqual(risks.map(Number).toSorted((a, b) => b - a));
    await page.keyboard.press('j');
    const panel = page.getByRole('complementary', { name: 'Container' });
    await panel.getByRole('heading', { name: 'Published ports' }).waitFor();
    const opened = await panel.getByRole('heading', { level: 2 }).innerText();
    expect(new URL(page.url()).searchParams.get('container')).toMatch(/^docker\/[0-9a-f]{64}$/);
    await page.keyboard.press('j');
    await expect.poll(() => panel.getByRole('heading', { level: 2 }).innerText()).not.toBe(opened);
    await page.keyboard.press('k');
    await expect.poll(() => panel.getByRole('heading', { level: 2 }).innerText()).toBe(opened);
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Running now' }).click();
    await expect.poll(() => table.getAttribute('aria-rowcount')).toBe('39');
    await page.getByRole('combobox', { name: 'State' }).selectOption('exited');
    await expect.poll(() => table.getAttribute('aria-rowcount')).toBe('7');
    expect(new URL(page.url()).searchParams.get('running')).toBeNull();
    await table.getByRole('link').first().click();
    await panel.getByText('137 (SIGKILL, as when memory runs out)').or(panel.getByText('Exit code')).first().waitFor();
    await panel.getByRole('link', { name: 'Open image' }).click();
    await page.waitForURL('**/images/**');
    await context.close();
  });

  it('lists two hundred places of a widespread flaw, and a thousand when asked', async () => {
    const { page, context } = await pages.visit(
      await pages.serve({ images: 3_000 }),
      '/vulnerabilities/CVE-2023-44487',
    );
    await page.getByText('The 200 of the highest risk are listed').waitFor();
    await page.getByRole('button', { name: 'List up to 1,000' }).click();
    await page.getByRole('button', { name: 'List up to 1,000' }).waitFor({ state: 'detached' });
    await page.getByText('The 200 of the highest risk are listed').waitFor({ state: 'detached' });
    await context.close();
  });

  it('a person signs in where they wanted to go, and signs out', async () => {
    const { page, context } = await pages.visit(await pages.serve(), '/hosts', { signedIn: false });
    await page.getByLabel('E-mail').fill(EMAIL);
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('is not right').waitFor();
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Hosts' }).waitFor();
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    await context.close();
  });

  it('the one-time token makes the administrator and never stands in a URL that is sent', async () => {
    const origin = await pages.serve({ images: 0, empty: true, setup: true });
    const context = await pages.browser.newContext();
    const page = await context.newPage();
    const sent: string[] = [];
    page.on('request', (request) => sent.push(request.url()));
    await page.goto(`${origin}/setup#token=${SETUP_TOKEN}`);
    await page.getByLabel('E-mail').fill(EMAIL);
    await page.getByLabel('Password').fill('short');
    await page.getByRole('button', { name: /^Make administrator/ }).click();
    await page.getByText('7 more characters').waitFor();
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: /^Make administrator/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Containers' }).waitFor();
    expect(sent.filter((url) => url.includes(SETUP_TOKEN) && !url.includes('#'))).toEqual([]);
    expect(page.url()).not.toContain(SETUP_TOKEN);
    await context.close();
  });

  it('uploads: a broken archive says why and can be retried, a whole one becomes a row', async () => {
    const { page, context } = await pages.visit(await pages.serve({ images: 20 }), '/containers');
    const pick = async (name: string, bytes: number): Promise<void> => {
      const chooser = page.waitForEvent('filechooser');
      await page.getByRole('button', { name: 'Upload archive' }).click();
      await (await chooser).setFiles({ name, mimeType: 'application/x-tar', buffer: Buffer.alloc(bytes) });
    };
    await pick('broken.tar', 10);
    const tray = page.getByRole('region', { name: 'Uploads' });
    await tray.getByText('ends before its manifest').waitFor();
    await tray.getByRole('button', { name: 'Retry' }).waitFor();
    await pick('whole.tar', 200_000);
    await tray.getByText('its assessment follows by itself').waitFor();
    await page.getByRole('button', { name: /row changed · show/ }).click();
    await page.getByRole('link', { name: 'uploaded/app' }).waitFor();
    await context.close();
  });

  it('a connection is tested, saved and deleted', async () => {
    const { page, context } = await pages.visit(await pages.serve({ images: 5 }), '/connections?edit=new');
    await page.getByLabel('Name', { exact: true }).fill('staging');
    await page.getByLabel('Address').fill('https://registry.staging.example');
    await page.getByLabel('User', { exact: true }).fill('reader');
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Test' }).click();
    await page.getByText('Authorization failed.').waitFor();
    await page.getByLabel('Password').fill('right');
    await page.getByRole('button', { name: 'Test' }).click();
    await page.getByText('It lists 12 repositories').waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'staging' }).waitFor();
    await page.getByRole('button', { name: 'Delete staging' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('heading', { name: 'staging' }).waitFor({ state: 'detached' });
    await context.close();
  });

  it('foreign text can neither hide nor turn, and what is not known is not zero', async () => {
    const { page, context } = await pages.visit(await pages.shared(), '/containers?q=spoof');
    await page.getByText('U+202E').first().waitFor();
    expect(await page.locator('main').textContent()).not.toContain('\u202e');
    await page.goto(`${await pages.shared()}/containers?state=not-assessable`);
    const row = page.getByRole('row', { name: /legacy\/erp/ });
    await row.waitFor();
    expect(await row.getByRole('cell').first().textContent()).toContain('–');
    expect(await row.getByRole('link', { name: /^Connect/ }).count()).toBe(1);
    expect(await row.getByRole('button', { name: /^Upload/ }).count()).toBe(1);
    await context.close();
  });
});
