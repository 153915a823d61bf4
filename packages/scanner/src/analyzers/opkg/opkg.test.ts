import { describe, expect, it } from 'vitest';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { type OpkgEvidence, opkg } from './index.ts';
import { samples } from './samples.testing.ts';

const analyze = (path: string, content: string | Uint8Array): ReturnType<typeof opkg.analyze> =>
  opkg.analyze(memoryFile(path, content), claimsNothing);
const openwrt = { id: 'openwrt', version: '23.05.5', name: 'OpenWrt 23.05.5', idLike: [], codename: null };

describe('the status file', () => {
  it.each(['<html>', '\u0000\u0001', 'hello\n'])('that is something else is a problem: %j', (text) => {
    const { evidence, problems } = analyze('usr/lib/opkg/status', text);
    expect(evidence).toBeNull();
    expect(problems.map(({ code }) => code)).toContain('unreadable');
  });

  it('with a damaged stanza keeps the others and says so', () => {
    const { evidence, problems } = analyze(
      'var/lib/opkg/status',
      'Package: a\nVersion: 1\n\nPackage: b\n\nVersion: 2\n',
    );
    expect(evidence).toMatchObject({ packages: [{ name: 'a' }] });
    expect(problems).toHaveLength(2);
  });
});

describe('resolving', () => {
  const histories = Object.fromEntries(samples.map(({ path, bytes }) => [path, [analyze(path, bytes).evidence]]));
  const { packages, relations, owned } = opkg.resolve(viewOf<OpkgEvidence>(histories, { operatingSystem: openwrt }));

  it('lists what is installed, with licence, directness and relations', () => {
    expect(packages.map(({ purl, direct, licenses }) => [purl, direct, licenses])).toEqual([
      ['pkg:opkg/openwrt/libc@1.2.4-4?arch=x86_64&distro=openwrt-23.05.5', false, []],
      ['pkg:opkg/openwrt/libgcc1@12.3.0-4?arch=x86_64&distro=openwrt-23.05.5', true, []],
      ['pkg:opkg/openwrt/dnsmasq-full@2.90-2?arch=x86_64&distro=openwrt-23.05.5', true, ['GPL-2.0']],
    ]);
    expect(relations).toEqual([
      { from: packages[0]?.purl, to: packages[1]?.purl },
      { from: packages[2]?.purl, to: packages[0]?.purl },
    ]);
  });

  it('knows who owns a program', () => {
    expect([...(owned ?? [])]).toEqual([['usr/sbin/dnsmasq', 'dnsmasq-full']]);
  });
});
