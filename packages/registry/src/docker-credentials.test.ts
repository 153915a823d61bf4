import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDockerCredentials } from './docker-credentials.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hullcheck-credentials-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

const config = async (content: unknown, name = 'config.json') => {
  await writeFile(join(dir, name), typeof content === 'string' ? content : JSON.stringify(content));
};
const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') });
const basic = (username: string, password: string) => ({ kind: 'basic', username, password });

describe('readDockerCredentials', () => {
  it('chooses by exact host and port', async () => {
    await config({
      auths: {
        'https://index.docker.io/v1/': auth('hub:p'),
        'ghcr.io': auth('gh:a:b'),
        'https://reg.example:5000/v2/': auth('five:p'),
      },
    });
    const of = (host: string) => readDockerCredentials(dir, host);
    expect(await of('docker.io')).toEqual(basic('hub', 'p'));
    expect(await of('registry-1.docker.io')).toEqual(basic('hub', 'p'));
    expect(await of('GHCR.io')).toEqual(basic('gh', 'a:b'));
    expect(await of('reg.example:5000')).toEqual(basic('five', 'p'));
    for (const host of ['reg.example', 'evil-ghcr.io', 'ghcr.io.evil.net', 'sub.ghcr.io', 'ghcr.io:444']) {
      expect(await of(host)).toBeNull();
    }
  });

  it('reads identity tokens and Podman’s file', async () => {
    await config({ auths: { 'a.azurecr.io': { ...auth('x:'), identitytoken: 'refresh' } } });
    await config({ auths: { 'quay.io/team': auth('robot:p') } }, 'auth.json');
    expect(await readDockerCredentials(dir, 'a.azurecr.io')).toEqual({ kind: 'identity-token', token: 'refresh' });
    expect(await readDockerCredentials(dir, 'quay.io', { fileName: 'auth.json' })).toEqual(basic('robot', 'p'));
  });

  it('is null without a file and a fault, without its content, for one that is broken', async () => {
    expect(await readDockerCredentials(join(dir, 'none'), 'ghcr.io')).toBeNull();
    await config('{"auths": {"ghcr.io": "CANARY');
    const fault = await readDockerCredentials(dir, 'ghcr.io').catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: 'invalid-input' });
    expect(`${String(fault)}${JSON.stringify(fault)}`).not.toContain('CANARY');
    await config({ auths: { 'ghcr.io': auth('no-colon') } });
    await expect(readDockerCredentials(dir, 'ghcr.io')).rejects.toMatchObject({ code: 'invalid-input' });
  });

  it('asks a helper with the server on its standard input', async () => {
    const program = join(dir, 'docker-credential-test-store');
    await writeFile(
      program,
      `#!/bin/sh
[ "$1" = get ] || exit 9
read -r server
case "$server" in
  ghcr.io) echo '{"ServerURL":"ghcr.io","Username":"u","Secret":"s"}' ;;
  https://index.docker.io/v1/) echo '{"ServerURL":"x","Username":"<token>","Secret":"t"}' ;;
  *) echo 'credentials not found in native keychain'; exit 1 ;;
esac
`,
    );
    await chmod(program, 0o755);
    await config({
      credHelpers: { 'ghcr.io': 'test-store' },
      credsStore: 'test-store',
      auths: { 'quay.io': auth('q:p') },
    });
    const helperEnvironment = { PATH: `${dir}:/usr/bin:/bin` };
    const of = (host: string) => readDockerCredentials(dir, host, { helperEnvironment });
    expect(await of('ghcr.io')).toEqual(basic('u', 's'));
    expect(await of('docker.io')).toEqual({ kind: 'identity-token', token: 't' });
    expect(await of('quay.io')).toEqual(basic('q', 'p'));
    expect(await of('other.example')).toBeNull();
  });

  it.each(['../evil', 'a b', 'x;id', '/bin/sh', ''])('starts no helper called %j', async (name) => {
    await config({ credHelpers: { 'ghcr.io': name } });
    const asked = readDockerCredentials(dir, 'ghcr.io', { helperEnvironment: { PATH: dir } });
    await expect(asked).rejects.toMatchObject({ code: 'invalid-input' });
  });

  it('says which helper is missing', async () => {
    await config({ credHelpers: { 'ghcr.io': 'absent' } });
    const asked = readDockerCredentials(dir, 'ghcr.io', { helperEnvironment: { PATH: dir } });
    await expect(asked).rejects.toMatchObject({ place: 'docker-credential-absent' });
  });
});
