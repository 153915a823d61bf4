import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsNothing, layerId, memoryFile, viewOf } from '../samples.testing.ts';
import { type VcpkgEvidence, vcpkg } from './index.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
const analyze = (path: string, content: string) => vcpkg.analyze(memoryFile(path, content), claimsNothing);
function resolve(files: { readonly [path: string]: string | readonly string[] }) {
  const evidence = Object.entries(files).map(
    ([path, contents]) => [path, [contents].flat().map((content) => analyze(path, content).evidence)] as const,
  );
  return vcpkg.resolve(viewOf<VcpkgEvidence>(Object.fromEntries(evidence)));
}
const show = (files: Parameters<typeof resolve>[0]) =>
  resolve(files)
    .packages.map(({ purl }) => purl.slice('pkg:vcpkg/'.length))
    .sort();

const ROOT = 'opt/vcpkg/installed/';
const STATUS = `${ROOT}vcpkg/status`;
const UPDATE = `${ROOT}vcpkg/updates/0000000001`;
const DOCUMENT = `${ROOT}x64-linux/share/curl/vcpkg.spdx.json`;
const removal = 'Package: curl\nVersion: 8.9.0\nArchitecture: x64-linux\nStatus: purge ok not-installed\n';

describe('an installation', () => {
  it('has the ports that its status says are installed', () => {
    expect(show({ [STATUS]: sample('status') })).toEqual([
      'curl@8.9.0?triplet=x64-linux',
      'openssl@3.3.1?triplet=x64-linux',
      'zlib@1.3.1?port_version=2&triplet=x64-linux',
    ]);
  });

  it('needs what ports and their features need', () => {
    expect(resolve({ [STATUS]: sample('status') }).relations).toEqual([
      { from: 'pkg:vcpkg/curl@8.9.0?triplet=x64-linux', to: 'pkg:vcpkg/zlib@1.3.1?port_version=2&triplet=x64-linux' },
      { from: 'pkg:vcpkg/curl@8.9.0?triplet=x64-linux', to: 'pkg:vcpkg/openssl@3.3.1?triplet=x64-linux' },
    ]);
  });

  it('is as the last update left it, in the order of their numbers', () => {
    const again = removal.replace('8.9.0', '8.10.0').replace('purge ok not-installed', 'install ok installed');
    const files = { [`${ROOT}vcpkg/updates/0000000010`]: again, [STATUS]: sample('status'), [UPDATE]: removal };
    expect(show(files)[0]).toBe('curl@8.10.0?triplet=x64-linux');
    expect(show({ [STATUS]: sample('status'), [UPDATE]: removal })).toHaveLength(2);
    expect(show({ [STATUS]: sample('status'), [UPDATE]: sample('update') })[0]).toBe('curl@8.9.1?triplet=x64-linux');
  });

  it('that was never put together has its updates alone, above an empty status', () => {
    expect(analyze(STATUS, '')).toEqual({ evidence: { ports: [] }, problems: [] });
    expect(show({ [STATUS]: '', [UPDATE]: sample('update') })).toEqual(['curl@8.9.1?triplet=x64-linux']);
  });

  it("takes licence and layer from a port's own document", () => {
    const files = { [UPDATE]: [sample('update'), sample('update')], [DOCUMENT]: sample('vcpkg.spdx.json') };
    expect(resolve(files).packages).toMatchObject([
      {
        purl: 'pkg:vcpkg/curl@8.9.1?triplet=x64-linux',
        licenses: ['curl AND ISC AND BSD-3-Clause'],
        layer: layerId(0),
        paths: [UPDATE, DOCUMENT].sort(),
      },
    ]);
  });

  it('of which only a triplet was copied has the documents, unless the database says that they are gone', () => {
    const copied = { 'usr/local/share/curl/vcpkg.spdx.json': sample('vcpkg.spdx.json') };
    expect(show(copied)).toEqual(['curl@8.9.1?triplet=x64-linux']);
    expect(show({ [DOCUMENT]: sample('vcpkg.spdx.json'), [UPDATE]: removal })).toEqual([]);
  });

  it('keeps two triplets apart', () => {
    const arm = sample('update').replace('x64-linux', 'arm64-linux');
    expect(show({ [UPDATE]: `${sample('update')}\n${arm}` })).toEqual([
      'curl@8.9.1?triplet=arm64-linux',
      'curl@8.9.1?triplet=x64-linux',
    ]);
  });

  it('does not have what is only staged', () => {
    const path = 'opt/vcpkg/packages/curl_x64-linux/share/curl/vcpkg.spdx.json';
    expect(analyze(path, sample('vcpkg.spdx.json'))).toEqual({ evidence: null, problems: [] });
  });
});

describe('broken files', () => {
  it.each([
    [STATUS, 'nonsense\n'],
    [STATUS, 'Package: x\nVersion: 1\n'],
    [UPDATE, '\u0000\u0001'],
    [DOCUMENT, '{'],
    [DOCUMENT, '{"packages":[{"SPDXID":"SPDXRef-port","name":"x"}]}'],
    [DOCUMENT, '{"packages":7}'],
  ])('%s that holds %j is a problem', (path, content) => {
    expect(analyze(path, content)).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
  });

  it('are not those that only add a feature, or write a revision with zeros', () => {
    const feature = 'Package: curl\nFeature: ssl\nArchitecture: x64-linux\nStatus: install ok installed\n';
    expect(analyze(UPDATE, feature)).toEqual({ evidence: { ports: [] }, problems: [] });
    const padded = analyze(UPDATE, sample('update').replace('Depends', 'Port-Version: 007\nDepends')).evidence;
    expect(padded?.ports[0]?.portVersion).toBe('7');
    expect(vcpkg.parseEvidence(padded)).toEqual(padded);
  });

  it('of other programs are none', () => {
    for (const path of ['srv/updates/0000000001', 'srv/vcpkg/updates/readme00', 'srv/vcpkg/exit-status']) {
      expect(analyze(path, 'x')).toEqual({ evidence: null, problems: [] });
    }
  });
});
