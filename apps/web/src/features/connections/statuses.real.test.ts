import type { ConnectionRow } from '@hullcheck/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltPages, chromiumAvailable, lookThrough, startPages } from '../../testing/browser.ts';
import { makeConnections } from '../../testing/estate/connections.ts';

const states: readonly (readonly [Pick<ConnectionRow['status'], 'status' | 'partial'>, string, RegExp | null])[] = [
  [{ status: 'connected', partial: null }, 'Connected', null],
  [{ status: 'connected', partial: 'list_only' }, 'list only', /somebody who may pull/],
  [{ status: 'connected', partial: 'pull_only' }, 'pull only', /Name every repository/],
  [{ status: 'authorization_failed', partial: null }, 'Authorization failed', /Change the user, password or token/],
  [{ status: 'not_found', partial: null }, 'Not found', /Check the address and what is named/],
  [{ status: 'ssl_handshake', partial: null }, 'SSL handshake', /Add the authority/],
  [{ status: 'rate_limited', partial: null }, 'Rate limited', /goes on by itself/],
  [{ status: 'unreachable', partial: null }, 'Unreachable', /the network and the proxy/],
  [{ status: 'unknown', partial: null }, 'Unknown', /Read it again/],
];

describe.skipIf(!chromiumAvailable)('the states of connections, in Chromium', () => {
  let pages: BuiltPages;
  beforeAll(async () => {
    pages = await startPages();
  });
  afterAll(() => pages?.stop());

  it('each say what was found and what to do, but for one that works and one that was never tried', async () => {
    const nowMs = Date.now();
    const [like] = makeConnections(nowMs);
    if (like === undefined) throw new Error('no connection to begin with');
    const rows = states.map(([state], index): ConnectionRow => {
      const status = { ...like.status, ...state, detail: `Detail ${index}.` };
      return { ...like, id: crypto.randomUUID(), name: `connection ${index}`, status };
    });
    const untried = { ...like.status, status: 'unknown', detail: 'Not tried yet.', checkedAt: null } as const;
    rows.push({ ...like, id: crypto.randomUUID(), name: 'untried', status: untried });

    const { page, context } = await pages.visit(await pages.serve({ images: 1, nowMs }), '/');
    const body = { items: rows, next: null, total: { value: rows.length, exact: true } };
    await page.route('**/api/v1/connections?*', (route) => route.fulfill({ json: body }));
    await page.getByRole('link', { name: 'Connections' }).first().click();
    for (const [index, [, badge, todo]] of states.entries()) {
      const card = page
        .getByRole('listitem')
        .filter({ has: page.getByRole('heading', { name: `connection ${index}` }) });
      await card.getByText(badge, { exact: true }).first().waitFor();
      const told = card.getByText(`Detail ${index}.`);
      expect(await told.count(), badge).toBe(todo === null ? 0 : 1);
      if (todo !== null) expect(await card.innerText(), badge).toMatch(todo);
    }
    const never = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'untried' }) });
    expect(await never.innerText()).not.toMatch(/Not tried yet|Read it again/);
    expect(await lookThrough(page)).toEqual([]);
    await context.close();
  });
});
