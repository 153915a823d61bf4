import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import {
  type Browser,
  type ContainerEngine,
  chromiumProgram,
  corpusArchive,
  corpusLayout,
  type DockerRegistry,
  dockerdAvailable,
  dockerRegistryAvailable,
  type StartedHullcheck,
  startBrowser,
  startDockerd,
  startDockerRegistry,
  startHullcheck,
} from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const archives = [corpusArchive('alpine-3.10'), corpusArchive('debian-bullseye-old'), corpusArchive('python-app')];
const available =
  dockerdAvailable &&
  dockerRegistryAvailable &&
  chromiumProgram !== undefined &&
  archives.every((archive) => archive !== undefined);

const password = 'correct horse battery staple';
const registryUser = { username: 'reader', password: 'registry-secret-7f3a' };

describe.skipIf(!available)('the whole story, in a browser', () => {
  let folder: string;
  let engine: ContainerEngine;
  let registry: DockerRegistry;
  let up: StartedHullcheck;
  let browser: Browser;
  let address: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hullcheck-story-'));
    [engine, registry, browser] = await Promise.all([
      startDockerd(),
      startDockerRegistry({ tls: true, htpasswd: registryUser }),
      startBrowser(),
    ]);
    await engine.load(String(corpusArchive('alpine-3.10')));
    await engine.load(String(corpusArchive('debian-bullseye-old')));
    await engine.start('corpus/alpine-3.10', 'web', 'sleep', '3600');
    await registry.push(`oci:${corpusLayout('debian-bookworm')}`, 'team/base:12');
    await registry.push(`oci:${corpusLayout('alpine-3.20')}`, 'team/edge:3.20');
    up = startHullcheck(['up', '--data', folder, '--listen', '127.0.0.1:0', '--offline'], {
      env: { DOCKER_HOST: `unix://${engine.socketPath}` },
    });
  });
  afterAll(async () => {
    await browser?.close();
    await up?.stop();
    await Promise.all([engine?.stop(), registry?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const accessible = async () => {
    const { violations } = await new AxeBuilder({ page: browser.page }).analyze();
    expect(
      violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(' ')}`),
    ).toEqual([]);
  };

  it('makes the first administrator with the link that is printed', async () => {
    const [, link] = await up.until(/(http:\/\/\S+\/setup#token=\S+)/, 60_000);
    address = new URL(String(link)).origin;
    const { page } = browser;
    await page.goto(String(link));
    await accessible();
    await page.getByLabel('E-mail').fill('admin@example.com');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Make administrator and sign in' }).click();
    await page.waitForURL('**/containers');
    // The link works once.
    const again = await fetch(`${address}/api/v1/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: address },
      body: JSON.stringify({ token: String(link).split('token=')[1], email: 'second@example.com', password }),
    });
    expect(again.status).toBeGreaterThanOrEqual(400);
  });

  it('lists the images of this host by itself, assessed, most dangerous first', async () => {
    const { page } = browser;
    // An engine that the machine has besides may bring images of its own.
    const rows = page.getByRole('row').filter({ hasText: /corpus\/(?:alpine-3\.10|debian-bullseye-old)/ });
    await expect.poll(() => rows.count(), { timeout: 60_000 }).toBe(2);
    await expect.poll(() => rows.filter({ hasText: 'Partial' }).count(), { timeout: 90_000 }).toBe(2);
    await page.reload();
    await expect.poll(() => rows.first().textContent(), { timeout: 20_000 }).toContain('debian-bullseye-old');
    expect(await rows.first().textContent()).toMatch(/\b[1-9]\d{2}\b/);
    await accessible();
  });

  it('takes a docker save archive that the host does not have and ranks it among them', async () => {
    const { page } = browser;
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Upload archive' }).click();
    await (await chooser).setFiles(String(corpusArchive('python-app')));
    // The page is left alone: what arrives and how far it is read shows by itself. New rows wait for a word.
    const row = page.getByRole('row').filter({ hasText: 'python-app' });
    await expect
      .poll(
        async () => {
          const changed = page.getByText(/changed · show|new · show/);
          if ((await changed.count()) > 0) await changed.first().click();
          return (await row.count()) === 1 && (await row.textContent())?.includes('Partial');
        },
        { timeout: 120_000 },
      )
      .toBe(true);
  });

  it('says what is wrong with a connection before it is saved', async () => {
    const { page } = browser;
    await page.goto(`${address}/connections`);
    await page.getByText('Add connection').first().click();
    await page.getByLabel('Name', { exact: true }).fill('team registry');
    await page.getByLabel('Address', { exact: true }).fill(registry.origin);
    await page.getByLabel('Sign in as').selectOption({ label: 'User and password' });
    await page.getByLabel('User', { exact: true }).fill(registryUser.username);
    await page.getByLabel('Password', { exact: true }).fill('wrong');
    await page.getByRole('button', { name: 'Test', exact: false }).click();
    // Self-signed and no authority given.
    await page
      .getByText(/certificate/i)
      .first()
      .waitFor({ timeout: 20_000 });
    await page.getByText('Certificates, plain HTTP and private network').click();
    await page.getByLabel('Certificate authority').fill(String(registry.ca));
    await page.getByRole('button', { name: 'Test', exact: false }).click();
    await page
      .getByText(/refused|authori[sz]ation/i)
      .first()
      .waitFor({ timeout: 20_000 });
    await page.getByLabel('Password', { exact: true }).fill(registryUser.password);
    await page.getByRole('button', { name: 'Test', exact: false }).click();
    await page
      .getByText(/connected/i)
      .first()
      .waitFor({ timeout: 20_000 });
    await accessible();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
  });

  it('brings in the repositories of the registry and assesses their images', async () => {
    const { page } = browser;
    await expect
      .poll(
        async () => {
          await page.goto(`${address}/containers`);
          await page.waitForTimeout(1500);
          return page.getByRole('row').filter({ hasText: 'team/' }).filter({ hasText: 'Partial' }).count();
        },
        { timeout: 150_000 },
      )
      .toBe(2);
  });

  it('opens the worst finding and says where it is', async () => {
    const { page } = browser;
    await page.getByRole('row').filter({ hasText: 'debian-bullseye-old' }).click();
    await page
      .getByRole('link', { name: 'Open image' })
      .or(page.getByRole('button', { name: 'Open image' }))
      .click();
    await page.waitForURL('**/images/**');
    await accessible();
    await page.getByText('One list').click();
    const finding = page.getByText(/^CVE-\d{4}-\d+$/).first();
    const id = String(await finding.textContent());
    await finding.click();
    await page.getByText(/CVSS/).first().waitFor({ timeout: 20_000 });
    await page.goto(`${address}/vulnerabilities/${id}`);
    await page.getByText('debian-bullseye-old').first().waitFor({ timeout: 20_000 });
    await accessible();
  });

  it('never complained in the browser', () => {
    expect(browser.complaints).toEqual([]);
  });
});
