import { describe, expect, it } from 'vitest';
import { kernelPartOf } from './kernel.ts';

const part = (type: string, name: string, source: string) =>
  kernelPartOf({ type, name, version: '1', source: { name: source, version: '1' }, distribution: null });

// Names as the package indices of the distributions have them.
describe('what a package of the kernel holds', () => {
  it.each([
    ['deb', 'linux-libc-dev', 'linux'],
    ['deb', 'linux-headers-6.1.0-18-amd64', 'linux'],
    ['deb', 'linux-headers-6.1.0-18-common', 'linux'],
    ['deb', 'linux-headers-amd64', 'linux-signed-amd64'],
    ['deb', 'linux-headers-5.15.0-101-generic', 'linux'],
    ['deb', 'linux-aws-6.5-headers-6.5.0-1014', 'linux-aws-6.5'],
    ['rpm', 'kernel-headers', 'kernel'],
    ['rpm', 'kernel-devel', 'kernel'],
    ['rpm', 'kernel-devel-matched', 'kernel'],
    ['rpm', 'kernel-rt-devel', 'kernel-rt'],
    ['rpm', 'kernel-uek-devel', 'kernel-uek'],
    ['rpm', 'kernel-64k-devel', 'kernel'],
    ['rpm', 'kernel-default-devel', 'kernel-default'],
    ['rpm', 'linux-api-headers', 'linux-api-headers'],
    ['rpm', 'linux-esx-devel', 'linux-esx'],
    ['apk', 'linux-headers', 'linux-headers'],
    ['apk', 'linux-lts-dev', 'linux-lts'],
    ['alpm', 'linux-api-headers', 'linux-api-headers'],
    ['alpm', 'linux-zen-headers', 'linux-zen'],
  ])('headers: %s %s', (type, name, source) => {
    expect(part(type, name, source)).toBe('headers');
  });

  it.each([
    ['deb', 'bpftool', 'linux'],
    ['deb', 'linux-tools-5.15.0-101-generic', 'linux'],
    ['deb', 'linux-perf-6.1', 'linux'],
    ['rpm', 'bpftool', 'kernel'],
    ['rpm', 'kernel-tools-libs', 'kernel'],
    ['rpm', 'python3-perf', 'kernel'],
  ])('programs beside it: %s %s', (type, name, source) => {
    expect(part(type, name, source)).toBe('tools');
  });

  it.each([
    ['deb', 'linux-image-6.1.0-18-amd64', 'linux-signed-amd64'],
    ['deb', 'linux-modules-5.15.0-101-generic', 'linux'],
    ['deb', 'linux-base', 'linux-base'],
    ['deb', 'linux-libc-dev', 'somebody-elses'],
    ['deb', 'util-linux', 'util-linux'],
    ['deb', 'linux-pam-headers', 'pam'],
    ['rpm', 'kernel', 'kernel'],
    ['rpm', 'kernel-core', 'kernel'],
    ['rpm', 'kernel-modules', 'kernel'],
    ['rpm', 'kernel-uek', 'kernel-uek'],
    ['rpm', 'glibc-headers', 'glibc'],
    ['apk', 'linux-lts', 'linux-lts'],
    ['apk', 'linux-firmware', 'linux-firmware'],
    ['apk', 'linux-pam-dev', 'linux-pam'],
    ['alpm', 'linux', 'linux'],
    ['npm', 'linux-headers', 'linux'],
  ])('neither: %s %s of %s', (type, name, source) => {
    expect(part(type, name, source)).toBeNull();
  });
});
