import type { ConnectionChange } from '@hullcheck/contract';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltPages, chromiumAvailable, lookThrough, startPages } from '../../testing/browser.ts';

const ECR = '/connections?edit=new&registry=123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const MACHINE = "Identity of the console's machine";
const ROLE = 'arn:aws:iam::210987654321:role/reader';

/** What the page sends when it saves. */
async function saved(page: Page): Promise<ConnectionChange> {
  const request = page.waitForRequest((sent) => ['POST', 'PUT'].includes(sent.method()));
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  return (await request).postDataJSON() as ConnectionChange;
}

const signInOptions = (page: Page) => page.getByLabel('Sign in as').locator('option').allTextContents();

describe.skipIf(!chromiumAvailable)('the form of a connection, in Chromium', () => {
  let pages: BuiltPages;
  beforeAll(async () => {
    pages = await startPages();
  });
  afterAll(() => pages?.stop());

  describe("the identity of the console's machine", () => {
    it('is offered only for the clouds that the operator allows', async () => {
      const registries = {
        aws: '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
        azure: 'contoso.azurecr.io',
        google: 'europe-west1-docker.pkg.dev',
      };
      const offered = async (origin: string): Promise<readonly string[]> => {
        const found: string[] = [];
        for (const [cloud, registry] of Object.entries(registries)) {
          const { page, context } = await pages.visit(origin, `/connections?edit=new&registry=${registry}`);
          await page.getByLabel('Sign in as').waitFor();
          // The session says it, and is there before the form.
          if ((await signInOptions(page)).includes(MACHINE)) found.push(cloud);
          await context.close();
        }
        return found;
      };
      expect(await offered(await pages.serve({ images: 1 }))).toEqual([]);
      expect(await offered(await pages.serve({ images: 1, machineIdentity: ['azure'] }))).toEqual(['azure']);
      const all = await pages.serve({ images: 1, machineIdentity: ['aws', 'google', 'azure'] });
      expect(await offered(all)).toEqual(['aws', 'azure', 'google']);
    });

    it('takes the place of key and secret, and what was typed there is neither sent nor comes back', async () => {
      const origin = await pages.serve({ images: 1, machineIdentity: ['aws'] });
      const { page, context } = await pages.visit(origin, ECR);
      await page.getByLabel('Access key ID').fill('AKIAIOSFODNN7EXAMPLE');
      await page.getByLabel('Secret access key').fill('CANARY-SECRET');
      await page.getByText('Role and session token').click();
      await page.getByLabel('Session token').fill('CANARY-SESSION');
      await page.getByLabel('Sign in as').selectOption(MACHINE);
      expect(await page.locator('input[type=password]').count()).toBe(0);
      expect(await page.getByLabel('Access key ID').count()).toBe(0);
      await page.getByText('The role of the instance, task or pod').waitFor();
      await page.getByLabel('Role to take on (ARN)').fill('reader');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('As arn:aws:iam::123456789012:role/reader.').waitFor();
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-invalid'))).toBe('true');
      await page.getByLabel('Role to take on (ARN)').fill(ROLE);
      await page.getByLabel('External ID').fill('shared-word');
      const body = await saved(page);
      expect(body.auth).toEqual({ kind: 'machine', role: { arn: ROLE, externalId: 'shared-word' }, clientId: null });
      expect(body).toMatchObject({ kind: 'ecr', url: 'https://123456789012.dkr.ecr.eu-west-1.amazonaws.com' });
      expect(body.tls).toEqual({ ca: null, insecureHttp: false, clientCertificate: null });
      expect(JSON.stringify(body)).not.toContain('CANARY');
      await context.close();
    });

    it('of Azure is its own, or one of several by its client ID: never the name of who signed in before', async () => {
      const origin = await pages.serve({ images: 1, machineIdentity: ['azure'] });
      const { page, context } = await pages.visit(origin, '/connections?edit=new&registry=contoso.azurecr.io');
      await page.getByLabel('Application ID, token name or admin user').fill('somebody');
      await page.getByLabel('Client secret or password').fill('CANARY-SECRET');
      await page.getByLabel('Sign in as').selectOption(MACHINE);
      expect(await page.getByLabel('Client ID of the identity').inputValue()).toBe('');
      await page.getByText('Certificates, plain HTTP').click();
      expect(await page.getByLabel('Certificate authority').count()).toBe(0);
      expect(await page.getByLabel(/^Allow plain HTTP/).count()).toBe(0);
      await page.getByText('never over plain HTTP').waitFor();
      await page.getByLabel('Client ID of the identity').fill('0f0f-id');
      expect((await saved(page)).auth).toEqual({ kind: 'machine', role: null, clientId: '0f0f-id' });
      await context.close();
    });

    it('is reached and left by the keyboard', async () => {
      const origin = await pages.serve({ images: 1, machineIdentity: ['aws'] });
      const { page, context } = await pages.visit(origin, ECR);
      await page.getByLabel('Region').focus();
      const next = async (): Promise<string> => {
        await page.keyboard.press('Tab');
        return await page.evaluate(() => {
          const { activeElement: on } = document;
          return (
            on instanceof HTMLInputElement || on instanceof HTMLSelectElement || on instanceof HTMLTextAreaElement
              ? on.labels?.[0]?.textContent
              : on?.textContent
          ) as string;
        });
      };
      expect(await next()).toBe('Sign in as');
      await page.keyboard.type('Identity');
      expect(await page.getByLabel('Sign in as').inputValue()).toBe('machine');
      expect(await next()).toBe('Role to take on (ARN)');
      expect(await next()).toBe('Repositories');
      await context.close();
    });
  });

  describe('a token server on another host', () => {
    /** The form after a test that found one. */
    const tested = async (kind: string) => {
      const { page, context, errors } = await pages.visit(await pages.serve({ images: 1 }), '/connections?edit=new');
      await page.getByLabel('Registry', { exact: true }).selectOption(kind);
      await page.getByLabel('Name', { exact: true }).fill('ours');
      await page.locator('input[type=text], input:not([type])').nth(1).fill('https://foreign-realm.example');
      await page.getByLabel(/^(User|Robot)/).fill('robot');
      await page.locator('input[type=password]').fill('secret');
      await page.getByRole('button', { name: 'Test', exact: true }).click();
      await page.getByText('Authorization failed.').waitFor();
      return { page, context, errors };
    };
    const ALLOW = 'Allow https://sso.example.net:8443 for this connection';
    const MAY = 'May go to the token server https://sso.example.net:8443 with the credential';

    it.each(['generic', 'harbor'])(
      'that a test found is allowed, exactly, and sent as confirmed (%s)',
      async (kind) => {
        const { page, context, errors } = await tested(kind);
        expect(await lookThrough(page)).toEqual([]);
        await page.setViewportSize({ width: 320, height: 900 });
        const ends = await page.getByRole('button', { name: ALLOW }).boundingBox();
        expect((ends?.x ?? 0) + (ends?.width ?? 999)).toBeLessThanOrEqual(320);
        await page.getByRole('button', { name: ALLOW }).click();
        expect(await page.getByLabel(MAY).isChecked()).toBe(true);
        await page.getByRole('button', { name: 'Test', exact: true }).click();
        await page.getByText('Connected.').waitFor();
        expect(await page.getByRole('button', { name: ALLOW }).count()).toBe(0);
        expect((await saved(page)).trustedRealms).toEqual(['https://sso.example.net:8443']);
        expect(errors).toEqual([]);
        await context.close();
      },
    );

    it('that was allowed is taken back', async () => {
      const { page, context } = await tested('generic');
      await page.getByRole('button', { name: ALLOW }).click();
      await page.getByLabel(MAY).waitFor();
      expect(await lookThrough(page)).toEqual([]);
      await page.getByLabel(MAY).click();
      expect((await saved(page)).trustedRealms).toEqual([]);
      await context.close();
    });
  });

  it.each(['aws-key', 'machine'])(
    'with all that is folded open under %s, axe finds nothing and nothing is cut off',
    async (auth) => {
      const origin = await pages.serve({ images: 1, machineIdentity: ['aws'] });
      const { page, context, errors } = await pages.visit(origin, ECR);
      await page.getByLabel('Sign in as').selectOption(auth);
      for (const fold of await page.locator('.side summary').all()) await fold.click();
      await page.getByRole('button', { name: 'Add a credential' }).click();
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.locator('[aria-invalid=true]').first().waitFor();
      expect(await lookThrough(page)).toEqual([]);
      expect(errors).toEqual([]);
      await context.close();
    },
  );
});
