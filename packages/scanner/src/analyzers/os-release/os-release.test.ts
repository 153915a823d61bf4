import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OperatingSystem } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { claimsNothing, memoryFile } from '../samples.testing.ts';
import { osRelease } from './index.ts';
import { type OperatingSystemResolution, resolveOperatingSystem } from './resolve.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');

function resolve(
  files: { readonly [path: string]: string },
  links: { readonly [path: string]: string } = {},
): OperatingSystemResolution {
  return resolveOperatingSystem({
    files: Object.entries(files).flatMap(([path, content]) => {
      const { evidence } = osRelease.analyze(memoryFile(path, content), claimsNothing);
      return evidence === null ? [] : [{ path, evidence }];
    }),
    realPath: (path) => links[path] ?? path,
  });
}

const system = (...args: Parameters<typeof resolve>): OperatingSystem | null => resolve(...args).operatingSystem;

describe('the operating system', () => {
  it('is read through the usual link', () => {
    const links = { 'etc/os-release': 'usr/lib/os-release' };
    expect(system({ 'usr/lib/os-release': sample('debian-12') }, links)).toEqual({
      id: 'debian',
      version: '12',
      name: 'Debian GNU/Linux 12 (bookworm)',
      idLike: [],
      codename: 'bookworm',
    });
  });

  it('is known where there is only usr/lib/os-release', () => {
    expect(system({ 'usr/lib/os-release': sample('alpine-3.20') })).toMatchObject({ id: 'alpine', version: '3.20.2' });
  });

  it('prefers etc/os-release, as its specification says', () => {
    const files = { 'usr/lib/os-release': sample('debian-12'), 'etc/os-release': sample('alpine-3.20') };
    expect(system(files)).toMatchObject({ id: 'alpine' });
  });

  it('of Debian testing has a codename and no version', () => {
    const files = { 'etc/os-release': sample('debian-testing'), 'etc/debian_version': 'trixie/sid\n' };
    expect(system(files)).toMatchObject({ id: 'debian', version: '', codename: 'trixie' });
  });

  it("of a derivative keeps its own version beside its parent's debian_version", () => {
    const files = { 'etc/os-release': 'ID=ubuntu\nVERSION_ID="22.04"\n', 'etc/debian_version': 'bookworm/sid\n' };
    expect(system(files)).toMatchObject({ id: 'ubuntu', version: '22.04', name: 'ubuntu 22.04', codename: null });
  });

  it.each([
    ['etc/debian_version', '9.13\n', { id: 'debian', version: '9.13' }],
    ['etc/alpine-release', '3.6.5\n', { id: 'alpine', version: '3.6.5' }],
    [
      'etc/centos-release',
      'CentOS Linux release 7.9.2009 (Core)\n',
      { id: 'centos', version: '7.9.2009', codename: 'Core' },
    ],
    [
      'etc/lsb-release',
      'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=14.04\nDISTRIB_CODENAME=trusty\n',
      { id: 'ubuntu', version: '14.04' },
    ],
  ])('is taken from %s alone where there is nothing newer', (path, content, expected) => {
    expect(system({ [path]: content })).toMatchObject(expected);
  });

  it('unquotes as a shell would, and evaluates nothing', () => {
    expect(system({ 'etc/os-release': sample('rocky-9') })).toEqual({
      id: 'rocky',
      version: '9.0',
      name: 'Rocky "Linux" 9.0',
      idLike: ['rhel', 'centos', 'fedora'],
      codename: null,
    });
  });

  it('whose ID is no identifier is none, with a problem', () => {
    const { operatingSystem, problems } = resolve({ 'etc/os-release': sample('hostile') });
    expect(operatingSystem).toBeNull();
    expect(problems).toMatchObject([{ code: 'no-operating-system', path: 'etc/os-release' }]);
  });

  it('is null, without a problem, where there is no file at all', () => {
    expect(resolve({})).toEqual({ operatingSystem: null, problems: [] });
  });

  it('has no control characters in its name', () => {
    expect(system({ 'etc/os-release': 'ID=x\nPRETTY_NAME="a\u001b[31m\u0000b"\n' })?.name).toBe('a\uFFFD[31m\uFFFDb');
  });
});
