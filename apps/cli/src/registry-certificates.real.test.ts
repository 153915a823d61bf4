import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dockerRegistryAvailable, makeCertificate } from '@hullcheck/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registryCertificates } from './registry-certificates.ts';
import type { Surroundings } from './settings.ts';

// openssl is one of the programs that the registry of tests needs.
describe.skipIf(!dockerRegistryAvailable)('certificates in certs.d', () => {
  const registry = 'registry.corp.example:5000';
  let home = '';
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'hullcheck-certs-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const read = (host = registry) =>
    registryCertificates(host, { environment: { HOME: home } } as Partial<Surroundings> as Surroundings);
  const folderOf = (program: string) => {
    const folder = join(home, '.config', program, 'certs.d', registry);
    mkdirSync(folder, { recursive: true });
    return folder;
  };

  it('are those of this registry and port, as Docker names the files, before those of Podman', async () => {
    const docker = folderOf('docker');
    const made = await makeCertificate(docker);
    rmSync(made.certificatePath);
    rmSync(made.keyPath);
    expect(await read()).toEqual({});
    writeFileSync(join(folderOf('containers'), 'ca.crt'), 'of Podman');
    expect(await read()).toEqual({ ca: 'of Podman' });
    writeFileSync(join(docker, 'ca.crt'), made.certificate);
    writeFileSync(join(docker, 'client.cert'), made.certificate);
    writeFileSync(join(docker, 'client.key'), made.key);
    const { certificate, key } = made;
    expect(await read()).toEqual({ ca: certificate, client: { certificate, key } });
    // Docker reads the certificates of a file that holds the key too.
    writeFileSync(join(docker, 'client.cert'), key + certificate);
    expect(await read()).toMatchObject({ client: { key } });
    expect(await read('registry.corp.example')).toEqual({});
    expect(await read('../registry.corp.example:5000')).toEqual({});
  });

  it('are refused with the file and the reason where no registry could take them', async () => {
    const folder = folderOf('docker');
    const made = await makeCertificate(home);
    copyFileSync(made.certificatePath, join(folder, 'client.cert'));
    await expect(read()).rejects.toMatchObject({ message: expect.stringMatching(/client\.cert has no key/) });
    const other = await makeCertificate(folder);
    copyFileSync(other.keyPath, join(folder, 'client.key'));
    await expect(read()).rejects.toMatchObject({ message: expect.stringMatching(/client\.cert: the key is not that/) });
  });
});
