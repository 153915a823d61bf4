import type { ConnectionChange } from '@hullcheck/contract';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltPages, chromiumAvailable, lookThrough, startPages } from '../../testing/browser.ts';
import { uuid } from '../../testing/estate/ids.ts';

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIBCERTIFICATE\n-----END CERTIFICATE-----\n';
const KEY = '-----BEGIN PRIVATE KEY-----\nMIIBCANARYKEY\n-----END PRIVATE KEY-----\n';
const ENDING = `/connections?edit=${uuid(9_004)}`;
const ENDED = `/connections?edit=${uuid(9_005)}`;

describe.skipIf(!chromiumAvailable)('the client certificate of a connection, in Chromium', () => {
  let pages: BuiltPages;
  beforeAll(async () => {
    pages = await startPages();
  });
  afterAll(() => pages?.stop());

  /** Its certificates end by the clock of the browser. */
  const serve = () => pages.serve({ images: 1, nowMs: Date.now() });
  const certificateOf = (page: Page) => page.getByLabel('Client certificate', { exact: true });
  const keyOf = (page: Page) => page.getByLabel('Key of the client certificate');
  const save = (page: Page) => page.getByRole('button', { name: 'Save', exact: true });
  async function saved(page: Page): Promise<ConnectionChange> {
    const request = page.waitForRequest((sent) => ['POST', 'PUT'].includes(sent.method()));
    await save(page).click();
    return (await request).postDataJSON() as ConnectionChange;
  }
  /** By the clipboard, as people do who copy from a file. */
  async function paste(page: Page, text: string): Promise<void> {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
    await page.keyboard.press('Control+V');
  }

  it('is pasted with its key and sent as it is, beside what one signs in as', async () => {
    const { page, context } = await pages.visit(await serve(), '/connections?edit=new');
    await page.getByLabel('Name', { exact: true }).fill('behind mutual TLS');
    await page.getByLabel('Address').fill('https://registry.partner.example');
    await page.getByLabel('Sign in as').selectOption('anonymous');
    await page.getByText('Certificates, plain HTTP').click();
    await certificateOf(page).focus();
    await paste(page, CERTIFICATE);
    await page.keyboard.press('Tab');
    await paste(page, KEY);
    expect(await saved(page)).toMatchObject({
      auth: { kind: 'anonymous' },
      tls: { ca: null, insecureHttp: false, clientCertificate: { certificate: CERTIFICATE, key: KEY } },
    });
    await page.getByRole('heading', { name: 'behind mutual TLS' }).waitFor();
    expect(await page.content()).not.toContain('CANARYKEY');
    await context.close();
  });

  it('is refused in the wrong field, by the name of the right one, and nothing is sent', async () => {
    const { page, context } = await pages.visit(await serve(), '/connections?edit=new&registry=r.partner.example');
    await page.getByLabel('Sign in as').selectOption('anonymous');
    const fold = page.getByText('Certificates, plain HTTP');
    await fold.click();
    const sent: string[] = [];
    page.on('request', (request) => request.method() !== 'GET' && sent.push(request.url()));
    const focused = () => page.evaluate(() => (document.activeElement as HTMLTextAreaElement).labels?.[0]?.textContent);
    const refuses = async (certificate: string, key: string, field: string, message: RegExp) => {
      await certificateOf(page).fill(certificate);
      await keyOf(page).fill(key);
      // Also where it was folded away meanwhile.
      await fold.click();
      await save(page).click();
      await page.getByRole('alert').filter({ hasText: message }).waitFor();
      expect(await focused()).toBe(field);
    };
    await refuses(
      CERTIFICATE + KEY,
      '',
      'Client certificate',
      /holds a private key.*under Key of the client certificate/,
    );
    await refuses(KEY, CERTIFICATE, 'Client certificate', /holds a private key/);
    await page.getByText('Enter it under Client certificate, and its key here.').waitFor();
    await refuses(CERTIFICATE, CERTIFICATE, 'Key of the client certificate', /This is a certificate/);
    await refuses('', KEY, 'Client certificate', /begins with -----BEGIN CERTIFICATE-----/);
    const encrypted = KEY.replaceAll('PRIVATE', 'ENCRYPTED PRIVATE');
    await refuses(CERTIFICATE, encrypted, 'Key of the client certificate', /has a passphrase/);
    await page.getByLabel('Certificate authority').fill(KEY);
    await refuses(CERTIFICATE, KEY, 'Certificate authority', /holds a private key/);
    await page.getByLabel('Certificate authority').fill('');
    await page.getByLabel(/^Allow plain HTTP/).check();
    await refuses(CERTIFICATE, KEY, 'Client certificate', /over TLS only/);
    expect(sent).toEqual([]);
    await context.close();
  });

  it('that is saved is shown by its name and end, never by its key, and stays where nothing else is entered', async () => {
    const { page, context } = await pages.visit(await serve(), ENDING);
    const form = page.getByRole('complementary', { name: 'Change a connection' });
    await form.getByText(/client certificate of console\.corp\.example ends in 12 days, on \d+ \w+ \d{4}/).waitFor();
    expect([await certificateOf(page).inputValue(), await keyOf(page).inputValue()]).toEqual(['', '']);
    await form.getByText('Empty keeps the saved one, with its key.').waitFor();
    expect((await saved(page)).tls).not.toHaveProperty('clientCertificate');
    await page.getByText('certificate ends in 12 days', { exact: true }).waitFor();

    await page.goto(new URL(ENDING, page.url()).href);
    await page.getByLabel('Forget the saved client certificate').check();
    expect((await saved(page)).tls.clientCertificate).toBeNull();
    await page.getByText('certificate ends in 12 days', { exact: true }).waitFor({ state: 'detached' });

    await page.goto(new URL(ENDED, page.url()).href);
    await form.getByText(/client certificate of hullcheck ended on .* with its key below/).waitFor();
    await certificateOf(page).fill(CERTIFICATE);
    await keyOf(page).fill(KEY);
    expect((await saved(page)).tls.clientCertificate).toEqual({ certificate: CERTIFICATE, key: KEY });
    await page.getByText('certificate has ended', { exact: true }).waitFor({ state: 'detached' });
    await context.close();
  });

  it('that ends within 30 days or has ended stands beside the status in the list, with what to do', async () => {
    const { page, context } = await pages.visit(await serve(), '/connections');
    const ending = page.getByRole('listitem').filter({ hasText: 'partner registry' });
    await ending.getByText('certificate ends in 12 days', { exact: true }).waitFor();
    await ending
      .getByText(/ends in 12 days, on .*Ask whoever runs the registry for a new client certificate/)
      .waitFor();
    await ending.getByText('Connected', { exact: true }).waitFor();
    const ended = page.getByRole('listitem').filter({ hasText: 'supplier registry' });
    await ended.getByText('certificate has ended', { exact: true }).waitFor();
    await ended.getByText('SSL handshake', { exact: true }).waitFor();
    // Once, with what was answered; trusting another authority would not help.
    await ended.getByText(/Ask whoever runs the registry for a new client certificate.*under Change/).waitFor();
    expect(await ended.getByText(/client certificate ended on/).count()).toBe(1);
    expect(await ended.textContent()).not.toContain('Add the authority');
    const other = page.getByRole('listitem').filter({ hasText: 'corp registry' });
    expect(await other.textContent()).not.toContain('certificate');
    await context.close();
  });

  it('is entered by the keyboard in the order in which it is read', async () => {
    const { page, context } = await pages.visit(await serve(), ENDING);
    await page.getByLabel('Certificate authority').focus();
    const order: (string | null | undefined)[] = [];
    for (let step = 0; step < 4; step += 1) {
      await page.keyboard.press('Tab');
      order.push(await page.evaluate(() => (document.activeElement as HTMLInputElement).labels?.[0]?.textContent));
    }
    expect(order).toEqual([
      'Forget the saved client certificate',
      'Client certificate',
      'Key of the client certificate',
      'Allow plain HTTP to this registry: the credential is then readable on the way',
    ]);
    await context.close();
  });

  it('leaves the fold open while its text is cleared', async () => {
    const { page, context } = await pages.visit(await serve(), '/connections?edit=new');
    await page.getByText('Certificates, plain HTTP').click();
    await certificateOf(page).fill(CERTIFICATE);
    await certificateOf(page).fill('');
    expect(await keyOf(page).isVisible()).toBe(true);
    await context.close();
  });

  it.each(['/connections', ENDING, ENDED])(
    'at %s axe finds nothing and nothing is cut off, in both themes, wide and narrow',
    async (path) => {
      const { page, context, errors } = await pages.visit(await serve(), path);
      await page.getByText('certificate has ended', { exact: true }).waitFor();
      if (path !== '/connections') await keyOf(page).waitFor();
      expect(await lookThrough(page)).toEqual([]);
      expect(errors).toEqual([]);
      await context.close();
    },
  );
});
