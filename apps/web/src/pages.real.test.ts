import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EMAIL, PASSWORD, type Scenario, SETUP_TOKEN } from './testing/handlers.ts';
import { uuid } from './testing/images.ts';
import { serveBuilt } from './testing/serve.ts';

const CHROMIUM = '/usr/bin/chromium';
const available = existsSync(CHROMIUM);
const web = fileURLToPath(new URL('..', import.meta.url));
const nowMs = Date.parse('2026-11-23T12:00:00Z');
const image = uuid(1);
const host = uuid(8_002);

let browser: Browser | undefined;
let dist = '';
const servers: Server[] = [];

function started(): Browser {
  if (browser === undefined) throw new Error('Chromium did not start');
  return browser;
}

async function serve(scenario: Partial<Scenario> = {}): Promise<string> {
  const { origin, server } = await serveBuilt(dist, { images: 1_200, nowMs, ...scenario });
  servers.push(server);
  return origin;
}

interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors that the page wrote to the console, policy violations among them. */
  readonly errors: readonly string[];
}

async function visit(
  origin: string,
  path: string,
  options: { readonly theme?: 'light' | 'dark'; readonly width?: number; readonly signedIn?: boolean } = {},
): Promise<Visit> {
  const { theme = 'light', width = 1_440, signedIn = true } = options;
  const context = await started().newContext({
    viewport: { width, height: 900 },
    colorScheme: theme,
    reducedMotion: 'reduce',
  });
  if (signedIn) await context.addCookies([{ name: 'hullcheck_session', value: 'fixture', url: origin }]);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    // The browser itself notes every answer above 399; tests that want one ask for it.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      errors.push(message.text());
  });
  await page.goto(`${origin}${path}`);
  return { page, context, errors };
}

const signedInPages: readonly (readonly [name: string, path: string, heading: string])[] = [
  ['containers', '/containers', 'Containers'],
  ['containers with panel', `/containers?image=${image}`, 'Containers'],
  ['image', `/images/${image}`, 'shop/checkout'],
  ['image flat', `/images/${image}?view=flat`, 'shop/checkout'],
  ['image packages', `/images/${image}?tab=packages`, 'shop/checkout'],
  ['image layers', `/images/${image}?tab=layers`, 'shop/checkout'],
  ['image history', `/images/${image}?tab=history`, 'shop/checkout'],
  ['image hosts', `/images/${image}?tab=hosts`, 'shop/checkout'],
  ['image not assessable', `/images/${uuid(4)}`, 'legacy/erp'],
  ['hosts', '/hosts', 'Hosts'],
  ['host', `/hosts/${host}`, 'build-03'],
  ['host images', `/hosts/${host}?tab=images`, 'build-03'],
  ['repositories', '/repositories', 'Repositories'],
  ['vulnerabilities', '/vulnerabilities', 'Vulnerabilities'],
  ['overview', '/overview', 'Overview'],
  ['where', '/where', 'Where is this?'],
  ['where a package is', '/where?package=libssl1.1&version=%3C2', 'libssl1.1'],
  ['vulnerability', '/vulnerabilities/CVE-2023-44487', 'CVE-2023-44487'],
  ['connections', '/connections', 'Connections'],
  ['connection form', '/connections?edit=new', 'Connections'],
  [
    'connection form of ECR',
    '/connections?edit=new&registry=123456789012.dkr.ecr.eu-west-1.amazonaws.com',
    'Connections',
  ],
  ['connection form with credentials of repositories', `/connections?edit=${uuid(9_003)}`, 'Connections'],
  ['repository', `/repositories?repository=${uuid(12_000)}`, 'Repositories'],
  ['database', '/settings/database', 'Settings'],
  ['work', '/settings/jobs', 'Settings'],
  ['agents', '/settings/agents', 'Settings'],
  ['tokens', '/settings/tokens', 'Settings'],
  ['audit', '/settings/audit', 'Settings'],
  ['no such page', '/nowhere', ''],
];

describe.skipIf(!available)('the built pages in Chromium', () => {
  beforeAll(async () => {
    // Into a folder of its own: the checkout's `dist` may be served by a console at this moment.
    dist = await mkdtemp(join(tmpdir(), 'hullcheck-pages-'));
    const vite = fileURLToPath(new URL('../../bin/vite.js', import.meta.resolve('vite')));
    await promisify(execFile)(process.execPath, [vite, 'build', '--logLevel', 'error', '--outDir', dist], { cwd: web });
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--headless=new',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
  });
  afterAll(async () => {
    await browser?.close();
    for (const server of servers) server.close();
    if (dist !== '') await rm(dist, { recursive: true, force: true });
  });

  describe.each(['light', 'dark'] as const)('%s', (theme) => {
    it.each(signedInPages)('%s: axe finds nothing, the policy is kept', async (_, path, heading) => {
      const { page, context, errors } = await visit(await shared(), path, { theme });
      if (heading !== '') await page.getByRole('heading', { level: 1, name: heading }).first().waitFor();
      await page.waitForLoadState('networkidle');
      expect(violations(await new AxeBuilder({ page }).analyze())).toEqual([]);
      expect(errors).toEqual([]);
      await context.close();
    });

    it('states and sign-in: axe finds nothing', async () => {
      const empty = await serve({ images: 0, empty: true });
      const broken = await serve({ failing: ['images.list', 'hosts.list', 'connections.list', 'database.get'] });
      const fresh = await serve({ images: 0, empty: true, setup: true });
      for (const [origin, path, text, signedIn] of [
        [empty, '/containers', 'No images yet', true],
        [empty, '/hosts', 'No host reports yet', true],
        [empty, '/connections', 'No registry is connected', true],
        [empty, '/settings/database', 'starter database', true],
        [broken, '/containers', "The images can't be shown", true],
        [broken, '/hosts', "The hosts can't be shown", true],
        [fresh, '/containers', 'No administrator yet', false],
        [fresh, `/setup#token=${SETUP_TOKEN}`, 'Make the first administrator', false],
        [await shared(), '/containers', 'Sign in', false],
      ] as const) {
        const { page, context, errors } = await visit(origin, path, { theme, signedIn });
        await page.getByText(text).first().waitFor();
        expect({ path, found: violations(await new AxeBuilder({ page }).analyze()) }).toEqual({ path, found: [] });
        expect(errors).toEqual([]);
        await context.close();
      }
    });
  });

  it.each(signedInPages)('%s: nothing is cut off at 380 px', async (_, path) => {
    const { page, context } = await visit(await shared(), path, { width: 380 });
    await page.waitForLoadState('networkidle');
    const [scroll, client] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ]);
    expect(scroll).toBeLessThanOrEqual(client ?? 0);
    await context.close();
  });

  it('draws only the rows near the window of 1,200, and numbers them all', async () => {
    const { page, context } = await visit(await shared(), '/containers');
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
    const { page, context } = await visit(await shared(), '/containers');
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
    const { page, context } = await visit(await shared(), '/hosts');
    await page.getByRole('heading', { level: 1, name: 'Hosts' }).waitFor();
    await page.keyboard.press('/');
    await page.getByRole('combobox', { name: /^Search/ }).fill('cve-2023-44487');
    await page.getByRole('option', { name: /CVE-2023-44487/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/vulnerabilities/CVE-2023-44487');
    await page.getByText(/containers? runs? it on/).waitFor();
    await context.close();
  });

  it('lists two hundred places of a widespread flaw, and a thousand when asked', async () => {
    const { page, context } = await visit(await serve({ images: 3_000 }), '/vulnerabilities/CVE-2023-44487');
    await page.getByText('The 200 of the highest risk are listed').waitFor();
    await page.getByRole('button', { name: 'List up to 1,000' }).click();
    await page.getByRole('button', { name: 'List up to 1,000' }).waitFor({ state: 'detached' });
    await page.getByText('The 200 of the highest risk are listed').waitFor({ state: 'detached' });
    await context.close();
  });

  it('a person signs in where they wanted to go, and signs out', async () => {
    const { page, context } = await visit(await serve(), '/hosts', { signedIn: false });
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
    const origin = await serve({ images: 0, empty: true, setup: true });
    const context = await started().newContext();
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
    const { page, context } = await visit(await serve({ images: 20 }), '/containers');
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
    const { page, context } = await visit(await serve({ images: 5 }), '/connections?edit=new');
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
    const { page, context } = await visit(await shared(), '/containers?q=spoof');
    await page.getByText('U+202E').first().waitFor();
    expect(await page.locator('main').textContent()).not.toContain('\u202e');
    await page.goto(`${await shared()}/containers?state=not-assessable`);
    const row = page.getByRole('row', { name: /legacy\/erp/ });
    await row.waitFor();
    expect(await row.getByRole('cell').first().textContent()).toContain('–');
    expect(await row.getByRole('link', { name: /^Connect/ }).count()).toBe(1);
    expect(await row.getByRole('button', { name: /^Upload/ }).count()).toBe(1);
    await context.close();
  });

  it('the theme is switched by hand and stays', async () => {
    const { page, context } = await visit(await shared(), '/hosts');
    const ground = (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await ground();
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitemradio', { name: 'Dark' }).click();
    expect(await ground()).not.toBe(light);
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Hosts' }).waitFor();
    expect(await ground()).not.toBe(light);
    await context.close();
  });
});

let sharedOrigin: Promise<string> | undefined;
/** One estate for all tests that change nothing. */
function shared(): Promise<string> {
  sharedOrigin ??= serve();
  return sharedOrigin;
}

function violations(results: Awaited<ReturnType<AxeBuilder['analyze']>>): readonly string[] {
  return results.violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${node.target.join(' ')}: ${node.failureSummary ?? ''}`),
  );
}
