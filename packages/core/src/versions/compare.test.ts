import { describe, expect, it } from 'vitest';
import { compareVersions, inRange, isSchemeId, satisfies, VERSION_SCHEME_IDS } from './compare.ts';
import { rangeCharactersMax, versionCharactersMax } from './limits.ts';

function interval(introduced: string | null, fixed: string | null, lastAffected: string | null = null) {
  return { introduced, fixed, lastAffected };
}

describe('an advisory interval', () => {
  it('is closed below and open at the fix', () => {
    const range = interval('1.2.0', '1.4.0');
    expect(inRange('semver', '1.1.9', range)).toBe(false);
    expect(inRange('semver', '1.2.0', range)).toBe(true);
    expect(inRange('semver', '1.3.9', range)).toBe(true);
    expect(inRange('semver', '1.4.0', range)).toBe(false);
  });

  it('takes the last affected version in, and passes over it where a fix is named', () => {
    expect(inRange('deb', '1.0-1', interval(null, null, '1.0-1'))).toBe(true);
    expect(inRange('deb', '1.0-2', interval(null, null, '1.0-1'))).toBe(false);
    expect(inRange('deb', '1.0-2', interval(null, '2.0', '1.0-1'))).toBe(true);
  });

  it('holds pre-releases by plain order, where npm ranges leave them out', () => {
    expect(inRange('npm', '2.0.0-rc.1', interval('1.0.0', '2.0.0'))).toBe(true);
    expect(satisfies('npm', '2.0.0-rc.1', '>=1.0.0 <2.0.0')).toBe(false);
  });

  it('reads 0 as no lower bound, even in schemes that have no version 0', () => {
    expect(inRange('semver', '0.0.0-alpha', interval('0', '1.0.0'))).toBe(true);
    expect(inRange('deb', '0~1', interval('0', '1'))).toBe(true);
  });

  it('is undetermined when the version or a bound can not be read', () => {
    expect(inRange('semver', 'latest', interval('1.0.0', null))).toBeUndefined();
    expect(inRange('semver', '1.0.0', interval('one', '0.5.0'))).toBeUndefined();
    expect(inRange('semver', '1.0.0', interval(null, 'two'))).toBeUndefined();
  });

  it('holds every version when it has no bounds', () => {
    expect(inRange('semver', 'latest', interval(null, null))).toBe(true);
    expect(inRange('semver', 'latest', interval('0', null))).toBe(true);
  });
});

describe('limits', () => {
  it('leave a version undetermined that is longer than any real one', () => {
    const longest = `1.${'0'.repeat(versionCharactersMax - 2)}`;
    expect(compareVersions('deb', longest, '1.0')).toBe(0);
    expect(compareVersions('deb', `${longest}0`, '1.0')).toBeUndefined();
    expect(satisfies('deb', `${longest}0`, '= 1.0')).toBeUndefined();
  });

  it('leave a range undetermined that is longer than any real one', () => {
    const range = '>= 1.0, '.repeat(rangeCharactersMax / 8);
    expect(satisfies('deb', '1.0', range.slice(0, -2))).toBe(true);
    expect(satisfies('deb', '1.0', `${range}>= 1.0`)).toBeUndefined();
  });
});

describe('scheme ids', () => {
  it('are known by their exact text', () => {
    expect(VERSION_SCHEME_IDS).toHaveLength(22);
    expect(VERSION_SCHEME_IDS.every(isSchemeId)).toBe(true);
    expect(isSchemeId('debian')).toBe(false);
    expect(isSchemeId('constructor')).toBe(false);
  });
});

describe('versions with white space', () => {
  it('are read where the scheme reads them', () => {
    expect(compareVersions('golang', 'go1.21.3 X:boringcrypto', 'go1.21.3')).toBe(0);
    expect(compareVersions('deb', ' 1.0 ', '1.0')).toBe(0);
    expect(compareVersions('pep440', '1.0\n', '1.0')).toBe(0);
    expect(compareVersions('apk', '1.0 ', '1.0')).toBeUndefined();
  });
});
