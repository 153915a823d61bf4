import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltPages, chromiumAvailable, groundOf, lookThrough, startPages } from './testing/browser.ts';
import { hex, uuid } from './testing/estate/ids.ts';
import { SETUP_TOKEN } from './testing/scenario.ts';

const image = uuid(1);
const host = uuid(8_002);
const container = hex(300, 64);

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
  ['inactive hosts', '/hosts?inactive=true', 'Hosts'],
  ['hosts that match nothing', '/hosts?q=nowhere', 'Hosts'],
  ['host', `/hosts/${host}`, 'build-03'],
  ['host with the panel of a container', `/hosts/${host}?container=docker%2F${container}`, 'build-03'],
  ['host of which no container matches', `/hosts/${host}?q=nowhere&running=true`, 'build-03'],
  ['silent host', `/hosts/${uuid(8_003)}`, 'edge-frankfurt-1'],
  ['inactive host', `/hosts/${uuid(8_005)}`, 'spot-7f3a'],
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
  ['no such page', '/nowhere', 'There is no such page'],
];

describe.skipIf(!chromiumAvailable)('every page in Chromium', () => {
  let pages: BuiltPages;
  /** One for all that are signed in: a browser compiles the program of the pages once for it. */
  let context: BrowserContext | undefined;
  beforeAll(async () => {
    pages = await startPages();
  });
  afterAll(() => pages?.stop());

  it.each(signedInPages)(
    '%s: axe finds nothing in both themes, nothing is cut off, the policy is kept',
    async (_, path, heading) => {
      const { page, errors, ...visit } = await pages.visit(await pages.shared(), path, { context });
      context = visit.context;
      await page.getByRole('heading', { level: 1, name: heading }).first().waitFor();
      await page.waitForLoadState('networkidle');
      expect(await lookThrough(page)).toEqual([]);
      expect(errors).toEqual([]);
      await page.close();
    },
  );

  it('states and sign-in: axe finds nothing', async () => {
    const empty = await pages.serve({ images: 0, empty: true });
    const broken = await pages.serve({ failing: ['images.list', 'hosts.list', 'connections.list', 'database.get'] });
    const alarmed = await pages.serve({ images: 20, alarmed: true });
    const fresh = await pages.serve({ images: 0, empty: true, setup: true });
    for (const [origin, path, text, signedIn] of [
      [empty, '/containers', 'No images yet', true],
      [empty, '/hosts', 'No host reports yet', true],
      [empty, '/connections', 'No registry is connected', true],
      [empty, '/settings/database', 'starter database', true],
      [broken, '/containers', "The images can't be shown", true],
      [broken, '/hosts', "The hosts can't be shown", true],
      [alarmed, '/overview', 'Agents whose readings differ', true],
      [alarmed, '/containers', 'Agents whose readings differ', true],
      [fresh, '/containers', 'No administrator yet', false],
      [fresh, `/setup#token=${SETUP_TOKEN}`, 'Make the first administrator', false],
      [await pages.shared(), '/containers', 'Sign in', false],
    ] as const) {
      const { page, context, errors } = await pages.visit(origin, path, { signedIn });
      await page.getByText(text).first().waitFor();
      expect(await lookThrough(page)).toEqual([]);
      expect(errors).toEqual([]);
      await context.close();
    }
  });

  it('what an agent read is marked wherever it is shown', async () => {
    const origin = await pages.shared();
    const read = uuid(13);
    for (const path of [
      '/containers?q=node-app',
      `/containers?q=node-app&image=${read}`,
      `/images/${read}`,
      `/images/${read}?tab=layers`,
      `/hosts/${host}`,
      `/hosts/${host}?tab=images`,
      `/repositories?repository=${uuid(12_000)}`,
      '/where?package=openssl',
      '/vulnerabilities/CVE-2023-44487',
    ]) {
      const { page, ...visit } = await pages.visit(origin, path, { context });
      context = visit.context;
      const mark = page.getByRole('img', { name: 'Read by the agent build-03, not by the console' });
      await expect.poll(() => mark.count(), { message: path, timeout: 10_000 }).toBeGreaterThan(0);
      await page.close();
    }
    const { page } = await pages.visit(origin, `/images/${image}`, { context });
    await page.getByRole('heading', { level: 1, name: 'shop/checkout' }).waitFor();
    await page.waitForLoadState('networkidle');
    expect(await page.getByRole('img', { name: /^Read by/ }).count()).toBe(0);
    await page.close();
  });

  it('the theme is switched by hand and stays', async () => {
    const { page, context } = await pages.visit(await pages.shared(), '/hosts');
    const light = await groundOf(page);
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('menuitemradio', { name: 'Dark' }).click();
    expect(await groundOf(page)).not.toBe(light);
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Hosts' }).waitFor();
    expect(await groundOf(page)).not.toBe(light);
    await context.close();
  });
});
