import { expect, test } from 'vitest';
import { dhiVex } from './dhi-vex/index.ts';
import type { FeedItem } from './feed.ts';
import { rancherVexhub } from './rancher-vexhub/index.ts';
import { tarBytes } from './test-archives.ts';
import { itemsOf } from './test-items.ts';

const openVex = (statements: readonly unknown[]): string =>
  JSON.stringify({ '@context': 'https://openvex.dev/ns/v0.2.0', timestamp: '2026-08-01T00:00:00Z', statements });
const statement = (...products: readonly unknown[]) => ({
  vulnerability: { name: 'CVE-2024-1000' },
  products,
  status: 'not_affected',
  justification: 'vulnerable_code_not_present',
});
const told = (items: readonly FeedItem[]) =>
  items.map((item) => {
    if (item.kind === 'statement') return [item.statement.source, item.statement.place, item.statement.products];
    return item.kind === 'skipped' ? [item.problem.path, item.record, item.problem.detail] : [item.kind];
  });

test("Rancher's hub answers for Rancher's images and programs and for nobody else's", async () => {
  const own = ['pkg:oci/fleet?repository_url=registry.suse.com/rancher/fleet', 'pkg:golang/github.com/rancher/rancher'];
  const others = [
    'pkg:golang/github.com/cilium/certgen',
    'pkg:oci/fleet',
    'pkg:oci/fleet?repository_url=docker.io/other/fleet',
    'pkg:oci/x?repository_url=docker.io/rancherother/x',
    'pkg:golang/github.com/rancher-evil/x',
  ];
  const parts = [{ '@id': 'pkg:rpm/suse/libelf1' }];
  const hub = tarBytes([
    {
      path: 'vexhub-main/pkg/oci/a.openvex.json',
      text: openVex([...own, ...others].map((name) => statement({ '@id': name, subcomponents: parts }))),
    },
    { path: 'vexhub-main/pkg/oci/b.openvex.json', text: openVex([{ ...statement(), status: 'maybe' }]) },
    { path: 'vexhub-main/pkg/oci/c.openvex.json', text: '{"a":' },
    { path: 'vexhub-main/pkg/oci/d.openvex.json', text: '{"a":1}' },
    { path: 'vexhub-main/reports/rancher.openvex.json', text: openVex([statement({ '@id': own[0] })]) },
  ]);
  expect(told(await itemsOf(rancherVexhub, { 'rancher-vexhub.tar': hub }))).toEqual([
    ...own.map((name, at) => [
      'pkg/oci/a.openvex.json',
      `statements[${at}]`,
      [{ names: [name], parts: [['pkg:rpm/suse/libelf1']] }],
    ]),
    ...others.map((name, at) => [
      'rancher-vexhub.tar/vexhub-main/pkg/oci/a.openvex.json',
      `statements[${at + own.length}]`,
      `about no product of the vendor: ${name}`,
    ]),
    ['rancher-vexhub.tar/vexhub-main/pkg/oci/b.openvex.json', 'statements[0].status', expect.stringContaining('maybe')],
    ['rancher-vexhub.tar/vexhub-main/pkg/oci/c.openvex.json', null, expect.stringContaining('not JSON')],
    ['rancher-vexhub.tar/vexhub-main/pkg/oci/d.openvex.json', null, 'is neither OpenVEX nor CycloneDX nor CSAF'],
  ]);
});

test("Docker's hub answers for its images by where they are served, not for Debian's packages", async () => {
  const parts = [{ '@id': 'pkg:deb/debian/libc6' }];
  const hub = tarBytes([
    {
      path: 'advisories-main/vex/redis/dhi-redis.vex.json',
      text: openVex([
        statement(
          { '@id': 'pkg:deb/debian/libc6' },
          { '@id': 'pkg:docker/dhi/redis', subcomponents: parts },
          { '@id': 'pkg:oci/dhi%2Fredis', subcomponents: parts },
        ),
        statement({ '@id': 'pkg:deb/debian/libc6' }, { '@id': 'pkg:docker/other/redis' }),
      ]),
    },
  ]);
  const names = ['dhi.io/redis', 'docker.io/dhi/redis'].map((place) => `pkg:oci/redis?repository_url=${place}`);
  expect(told(await itemsOf(dhiVex, { 'dhi-vex.tar': hub }))).toEqual([
    ['vex/redis/dhi-redis.vex.json', 'statements[0]', [{ names, parts: [['pkg:deb/debian/libc6']] }]],
    [
      'dhi-vex.tar/advisories-main/vex/redis/dhi-redis.vex.json',
      'statements[1]',
      'about no product of the vendor: pkg:deb/debian/libc6, pkg:docker/other/redis',
    ],
  ]);
});
