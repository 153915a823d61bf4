import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltPages, chromiumAvailable, lookThrough, startPages } from '../../testing/browser.ts';

describe.skipIf(!chromiumAvailable)('agents of a cluster on the pages, in Chromium', () => {
  let pages: BuiltPages;
  beforeAll(async () => {
    pages = await startPages();
  });
  afterAll(() => pages?.stop());

  it('say through which cluster they enrolled; an administrator lets no more enrol, and some again', async () => {
    const { page, context, errors } = await pages.visit(await pages.serve({ images: 1 }), '/settings/agents');
    const table = page.getByRole('table', { name: 'Agents' });
    await table.getByText('through').first().waitFor();
    const place = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Settings' });
    expect(await place.getAttribute('aria-current')).toBe('page');
    expect(await table.getByText('through').count()).toBe(2);
    await table.getByRole('button', { name: /2 nodes, more may enrol/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Agents that have enrolled go on.').waitFor();
    expect(await lookThrough(page)).toEqual([]);
    const sent = page.waitForRequest((request) => request.method() === 'PATCH');
    await dialog.getByRole('button', { name: 'Let no more enrol' }).click();
    expect((await sent).postDataJSON()).toEqual({ nodesMayEnroll: false });
    await table.getByRole('button', { name: /2 nodes, no more/ }).click();
    await dialog.getByText('can make up hosts').waitFor();
    await dialog.getByRole('button', { name: 'Let nodes enrol' }).click();
    await table.getByRole('button', { name: /2 nodes, more may enrol/ }).waitFor();
    expect(errors).toEqual([]);
    await context.close();
  });

  it('are revoked with the agent of their cluster, and its dialog says so', async () => {
    const { page, context } = await pages.visit(await pages.shared(), '/settings/agents');
    await page
      .getByRole('button', { name: /^Revoke/ })
      .first()
      .click();
    await page.getByText('The agents of 2 nodes enrolled through it and are revoked too.').waitFor();
    await context.close();
  });

  it('nobody else changes who may enrol', async () => {
    const { page, context } = await pages.visit(await pages.serve({ images: 1, role: 'operator' }), '/settings/agents');
    await page.getByText('2 nodes, more may enrol').waitFor();
    expect(await page.getByRole('button', { name: /nodes/ }).count()).toBe(0);
    await context.close();
  });

  it('are added by two commands and a token that says what it is for', async () => {
    const { page, context, errors } = await pages.visit(await pages.shared(), '/hosts');
    await page.getByRole('button', { name: 'Add host' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('hullcheck-install.sh').first().waitFor();
    const sent = page.waitForRequest((request) => request.url().endsWith('/agents/enrollments'));
    await dialog.getByLabel('What is added').selectOption('A Kubernetes cluster and its nodes');
    expect((await sent).postDataJSON()).toEqual({ nodes: true });
    await dialog.getByText('helm upgrade --install').waitFor();
    await dialog.getByText('--from-file=token=/dev/stdin').waitFor();
    expect(await dialog.getByText('hullcheck-install.sh').count()).toBe(0);
    expect(await dialog.getByText('docker run').count()).toBe(0);
    expect(await lookThrough(page)).toEqual([]);
    await dialog.getByLabel('What is added').selectOption('A Linux host');
    await dialog.getByText('hullcheck-install.sh').first().waitFor();
    expect(errors).toEqual([]);
    await context.close();
  });

  it('of a host whose Docker runs them are enrolled by one command and run by another', async () => {
    const { page, context, errors } = await pages.visit(await pages.shared(), '/hosts');
    await page.getByRole('button', { name: 'Add host' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText("As a container, by the host's Docker").click();
    await dialog.getByText('docker run --rm --interactive').waitFor();
    await dialog.getByText('docker run --detach').waitFor();
    expect(await lookThrough(page)).toEqual([]);
    expect(errors).toEqual([]);
    await context.close();
  });
});
