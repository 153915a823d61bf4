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
  cwd: folder,
  uid: 1000,
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  now: () => 0,
  home: folder,
  version: '0',
});

describe('Settings', () => {
  it('takes the flag before the variable, and the variable before the file', () => {
    writeFileSync(join(folder, '.hullcheck.yaml'), 'fail-on: low\ntimeout: 5\n');
    expect(new Settings({ failOn: 'high' }, around({ HULLCHECK_FAIL_ON: 'medium' })).text('failOn')).toBe('high');
    expect(new Settings({}, around({ HULLCHECK_FAIL_ON: 'medium' })).text('failOn')).toBe('medium');
    expect(new Settings({}, around({})).text('failOn')).toBe('low');
    expect(new Settings({}, around({})).integer('timeout')).toBe(5);
  });

  it('reads a secret from its variable or the file that …_FILE names, never from a flag or the configuration', () => {
    writeFileSync(join(folder, 'secret'), 's3cret\n');
    writeFileSync(join(folder, '.hullcheck.yaml'), 'enroll-token: from-file\n');
    expect(new Settings({ enrollToken: 'flag' }, around({})).secret('enrollToken')).toBeUndefined();
    expect(
      new Settings({}, around({ HULLCHECK_ENROLL_TOKEN_FILE: join(folder, 'secret') })).secret('enrollToken'),
    ).toBe('s3cret');
    expect(new Settings({}, around({ HULLCHECK_ENROLL_TOKEN: 'direct' })).secret('enrollToken')).toBe('direct');
  });

  it('names the file and the place when a value is not what it should be', () => {
    writeFileSync(join(folder, '.hullcheck.yaml'), 'a: [1\n');
    expect(() => new Settings({}, around({}))).toThrow(
      expect.objectContaining({ place: join(folder, '.hullcheck.yaml') }),
    );
    expect(() => new Settings({ config: join(folder, 'absent.yaml') }, around({}))).toThrow('no configuration file');
    writeFileSync(join(folder, '.hullcheck.yaml'), '');
    expect(() => new Settings({ timeout: 'soon' }, around({})).integer('timeout')).toThrow(
      '--timeout takes a whole number',
    );
    expect(() => new Settings({ offline: 'maybe' }, around({})).flag('offline')).toThrow('--offline is a switch');
  });
});
