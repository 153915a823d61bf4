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
import type { Scenario } from './scenario.ts';
import { serveBuilt } from './serve.ts';

const CHROMIUM = '/usr/bin/chromium';
export const chromiumAvailable = existsSync(CHROMIUM);
const web = fileURLToPath(new URL('../..', import.meta.url));
export const nowMs = Date.parse('2026-11-23T12:00:00Z');

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors that the page wrote to the console, policy violations among them. */
  readonly errors: readonly string[];
}

export interface VisitOptions {
  readonly width?: number;
  readonly signedIn?: boolean;
  /** That of a visit before, with its cookies and its cache; the width and the sign-in are that visit's. */
  readonly context?: BrowserContext | undefined;
}

/** The built pages in Chromium, before as many fixtures as a test wants. */
export interface BuiltPages {
  readonly browser: Browser;
  /** A new estate; its origin. */
  serve(scenario?: Partial<Scenario>): Promise<string>;
  /** One estate for all tests that change nothing. */
  shared(): Promise<string>;
  visit(origin: string, path: string, options?: VisitOptions): Promise<Visit>;
  stop(): Promise<void>;
}

/** Into a folder of its own: the checkout's `dist` may be served by a console at this moment. */
async function buildPages(): Promise<string> {
  const dist = await mkdtemp(join(tmpdir(), 'hullcheck-pages-'));
  const vite = fileURLToPath(new URL('../../bin/vite.js', import.meta.resolve('vite')));
  await promisify(execFile)(process.execPath, [vite, 'build', '--logLevel', 'error', '--outDir', dist], { cwd: web });
  return dist;
}

/** `HULLCHECK_BUILT_PAGES` names the folder of pages that were just built for all tests of a run. */
export async function startPages(): Promise<BuiltPages> {
  const built = process.env['HULLCHECK_BUILT_PAGES'];
  const dist = built ?? (await buildPages());
  const browser = await chromium.launch({
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
  const servers: Server[] = [];
  let sharedOrigin: Promise<string> | undefined;

  async function serve(scenario: Partial<Scenario> = {}): Promise<string> {
    const { origin, server } = await serveBuilt(dist, { images: 1_200, nowMs, ...scenario });
    servers.push(server);
    return origin;
  }

  async function visit(origin: string, path: string, options: VisitOptions = {}): Promise<Visit> {
    const { width = 1_440, signedIn = true } = options;
    const context =
      options.context ??
      (await browser.newContext({
        viewport: { width, height: 900 },
        colorScheme: 'light',
        reducedMotion: 'reduce',
      }));
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

  return {
    browser,
    serve,
    shared: () => (sharedOrigin ??= serve()),
    visit,
    async stop() {
      await browser.close();
      for (const server of servers) server.close();
      if (built === undefined) await rm(dist, { recursive: true, force: true });
    },
  };
}

/** What axe finds: of everything, of colours, or of all but those, which take most of its time. */
async function axeFindings(page: Page, of: 'all' | 'colours' | 'all but colours'): Promise<readonly string[]> {
  // The other mode opens a second page for each look, for frames of other origins; these pages have no frames.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  if (of === 'colours') axe.withRules(['color-contrast']);
  if (of === 'all but colours') axe.disableRules(['color-contrast']);
  const { violations } = await axe.analyze();
  return violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${node.target.join(' ')}: ${node.failureSummary ?? ''}`),
  );
}

/**
 * What is wrong with an open page in both themes and on a narrow screen, without loading it again: by axe, and where something is
 * cut off at 320 px, which a page has that is enlarged four times (WCAG 2.2, 1.4.10).
 */
export async function lookThrough(page: Page): Promise<readonly string[]> {
  const found = [...(await axeFindings(page, 'all'))];
  const light = await groundOf(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  if ((await groundOf(page)) === light) found.push('the dark theme is light');
  // What a theme changes is colours.
  found.push(...(await axeFindings(page, 'colours')).map((finding) => `dark: ${finding}`));
  await page.setViewportSize({ width: 320, height: 900 });
  await page.waitForLoadState('networkidle');
  const cut = await overflow(page);
  if (cut > 0) found.push(`${cut} px are cut off at 320 px`);
  found.push(...(await axeFindings(page, 'all but colours')).map((finding) => `320 px: ${finding}`));
  return found;
}

/** The colour on which everything stands. */
export const groundOf = (page: Page): Promise<string> =>
  page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

/** By how many pixels the page is wider than its window. */
async function overflow(page: Page): Promise<number> {
  // A scroll bar of its own makes it narrower.
  return await page.evaluate(() =>
    Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth),
  );
}
