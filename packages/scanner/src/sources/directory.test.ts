import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readDirectory } from './directory.ts';

const outside = mkdtempSync(join(tmpdir(), 'hullcheck-test-'));
const root = mkdtempSync(join(tmpdir(), 'hullcheck-test-'));
afterAll(() => {
  rmSync(outside, { recursive: true });
  rmSync(root, { recursive: true });
});

const installed = (name: string): string => `P:${name}\nV:1.0-r0\nA:x86_64\nL:MIT\n\n`;
mkdirSync(join(root, 'etc'));
mkdirSync(join(root, 'lib/apk/db'), { recursive: true });
writeFileSync(join(root, 'etc/os-release'), 'ID=alpine\nVERSION_ID=3.20.1\n');
writeFileSync(join(root, 'lib/apk/db/installed'), installed('inside'));
mkdirSync(join(outside, 'node_modules/secret'), { recursive: true });
writeFileSync(join(outside, 'node_modules/secret/package.json'), '{"name":"secret","version":"1.0.0"}');
symlinkSync(outside, join(root, 'app'));
mkdirSync(join(root, 'node_modules/linked'), { recursive: true });
symlinkSync(join(outside, 'node_modules/secret/package.json'), join(root, 'node_modules/linked/package.json'));
symlinkSync('..', join(root, 'etc/circle'));

describe('a folder as root file system', () => {
  it('is read by the same analyzers, has no layers, and no link is followed out of it', async () => {
    const { facts, inventory } = await readDirectory(root);
    expect(facts).toMatchObject({ name: root, id: null, source: 'dir', layers: [] });
    expect(inventory.operatingSystem).toMatchObject({ id: 'alpine', version: '3.20.1' });
    expect(inventory.packages.map(({ name, layer }) => [name, layer])).toEqual([['inside', null]]);
  });

  it('that is none is a Fault', async () => {
    await expect(readDirectory(join(root, 'none'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(readDirectory(join(root, 'etc/os-release'))).rejects.toMatchObject({ code: 'invalid-input' });
  });
});
