import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Settings, type Surroundings } from './settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hullcheck-settings-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const around = (environment: Surroundings['environment']): Surroundings => ({
  environment: { XDG_CONFIG_HOME: join(folder, 'none'), ...environment },
  args: [],
  cwd: folder,
  uid: 1000,
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  now: () => 0,
  installation: { starter: folder, pages: folder, program: folder, built: folder },
  version: '0',
});

describe('Settings', () => {
  it('takes the flag before the variable, and the variable before the file', async () => {
    writeFileSync(join(folder, '.hullcheck.yaml'), 'fail-on: low\ntimeout: 5\n');
    expect((await Settings.read({ failOn: 'high' }, around({ HULLCHECK_FAIL_ON: 'medium' }))).text('failOn')).toBe(
      'high',
    );
    expect((await Settings.read({}, around({ HULLCHECK_FAIL_ON: 'medium' }))).text('failOn')).toBe('medium');
    expect((await Settings.read({}, around({}))).text('failOn')).toBe('low');
    expect((await Settings.read({}, around({}))).integer('timeout')).toBe(5);
  });

  it('reads a secret from its variable or the file that …_FILE names, never from a flag or the configuration', async () => {
    writeFileSync(join(folder, 'secret'), 's3cret\n');
    writeFileSync(join(folder, '.hullcheck.yaml'), 'enroll-token: from-file\n');
    expect((await Settings.read({ enrollToken: 'flag' }, around({}))).secret('enrollToken')).toBeUndefined();
    expect(
      (await Settings.read({}, around({ HULLCHECK_ENROLL_TOKEN_FILE: join(folder, 'secret') }))).secret('enrollToken'),
    ).toBe('s3cret');
    expect((await Settings.read({}, around({ HULLCHECK_ENROLL_TOKEN: 'direct' }))).secret('enrollToken')).toBe(
      'direct',
    );
  });

  it('takes a switch that may name what it is for', async () => {
    const given = async (flags: object, variables = {}) =>
      (await Settings.read({ ...flags }, around(variables))).switchOrList('allowShrink');
    expect(await given({})).toBe(false);
    expect(await given({ allowShrink: true })).toBe(true);
    expect(await given({ allowShrink: 'epss, cisa-kev' })).toEqual(['epss', 'cisa-kev']);
    expect(await given({}, { HULLCHECK_ALLOW_SHRINK: 'true' })).toBe(true);
    expect(await given({}, { HULLCHECK_ALLOW_SHRINK: 'epss' })).toEqual(['epss']);
    writeFileSync(join(folder, '.hullcheck.yaml'), 'allow-shrink: [epss, cisa-kev]\n');
    expect(await given({})).toEqual(['epss', 'cisa-kev']);
    writeFileSync(join(folder, '.hullcheck.yaml'), '');
  });

  it('names the file and the place when a value is not what it should be', async () => {
    writeFileSync(join(folder, '.hullcheck.yaml'), 'a: [1\n');
    await expect(Settings.read({}, around({}))).rejects.toMatchObject({ place: join(folder, '.hullcheck.yaml') });
    await expect(Settings.read({ config: join(folder, 'absent.yaml') }, around({}))).rejects.toThrow(
      'no configuration file',
    );
    writeFileSync(join(folder, '.hullcheck.yaml'), '');
    const settings = await Settings.read({ timeout: 'soon', offline: 'maybe' }, around({}));
    expect(() => settings.integer('timeout')).toThrow('--timeout takes a whole number');
    expect(() => settings.flag('offline')).toThrow('--offline is a switch');
  });
});
