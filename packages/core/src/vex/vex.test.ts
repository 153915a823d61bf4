import { describe, expect, it } from 'vitest';
import { parseDigest } from '../digest.ts';
import { Fault } from '../fault.ts';
import type { Finding } from '../finding.ts';
import type { ImageFacts } from '../image.ts';
import type { Package } from '../package.ts';
import { parseVexDocument, readVexDocument, type VexStatement, type VexSubject, vexJudge } from './index.ts';
import { findJsonFault } from './json-fault.ts';
import { csafSample, cycloneDxSample, openVexSample } from './samples.testing.ts';
import { inVersRange } from './vers.ts';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
const image: ImageFacts = {
  name: 'registry.example.org/team/app:1',
  id: null,
  source: 'registry',
  digests: digest === undefined ? [] : [{ kind: 'manifest', digest, repository: 'registry.example.org/team/app' }],
  tags: [],
  platform: { os: 'linux', architecture: 'amd64', variant: null },
  created: null,
  size: null,
  layers: [],
};

function pkg(purl: string, more: Partial<Package> = {}): Package {
  const [, type = '', name = '', version = ''] = /^pkg:([^/]+)\/(.+)@([^?]+)/.exec(purl) ?? [];
  return {
    purl,
    type,
    name,
    version,
    architecture: null,
    source: null,
    distribution: null,
    licenses: [],
    layer: null,
    paths: [],
    direct: null,
    ownedBy: null,
    analyzer: 'test',
    ...more,
  };
}

function finding(id: string, { purl, name, version }: Package, aliases: readonly string[] = []): Finding {
  return {
    id,
    aliases,
    title: '',
    categories: [],
    references: [],
    severity: 'high',
    rating: 'severe',
    cvss: null,
    status: 'affected',
    fixedIn: [],
    package: { purl, name, version },
    layer: null,
    published: null,
    kev: false,
    epss: null,
    exploit: 'none',
    risk: 500,
    explanation: '',
    evidence: { rule: '', range: '', compared: version, via: null, advisories: [] },
  };
}

const log4j = pkg('pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1');
const subject = (more: Partial<VexSubject> = {}): VexSubject => ({
  image,
  operatingSystem: null,
  packages: [log4j],
  relations: [],
  ...more,
});

function statementsOf(value: unknown): readonly VexStatement[] {
  const document = readVexDocument(value, 'a.json');
  if (!('statements' in document)) throw new Error(document.problem);
  expect(document.flaws).toEqual([]);
  return document.statements;
}

/** An OpenVEX document of one statement about CVE-1. */
const openVex = (products: unknown, more: object = {}) => ({
  ...openVexSample,
  statements: [{ vulnerability: { name: 'CVE-1' }, products, status: 'not_affected', ...more }],
});

const statusOf = (value: unknown, at: VexSubject, of: Package) =>
  vexJudge(statementsOf(value), at)(finding('CVE-1', of))?.statement.status;

describe('VEX documents', () => {
  it.each([
    ['openvex', openVexSample, 'vulnerable_code_not_in_execute_path'],
    ['cyclonedx', cycloneDxSample, 'code_not_reachable'],
    ['csaf', csafSample, 'vulnerable_code_not_in_execute_path'],
  ])('of %s answer a finding by id and by alias, and say why', (format, sample, justification) => {
    const document = parseVexDocument(JSON.stringify(sample), 'a.json');
    expect(document).toMatchObject({ format, flaws: [] });
    const judge = vexJudge('statements' in document ? document.statements : [], subject());
    const statement = { status: 'not_affected', justification, note: 'Lookups are off.', source: 'a.json' };
    expect(judge(finding('CVE-2021-44228', log4j))?.statement).toMatchObject(statement);
    expect(judge(finding('GHSA-jfh8-c2jp-5v3q', log4j))?.statement).toMatchObject(statement);
    expect(judge(finding('X-1', log4j, ['cve-2021-44228']))?.statement).toMatchObject(statement);
    expect(judge(finding('CVE-2021-44229', log4j))).toBeUndefined();
    const other = pkg('pkg:maven/org.apache.logging.log4j/log4j-core@2.14.0');
    const elsewhere = vexJudge('statements' in document ? document.statements : [], subject({ packages: [other] }));
    expect(elsewhere(finding('CVE-2021-44228', other))).toBeUndefined();
  });

  it('cut or changed anywhere give a fault, a refusal or flaws, and nothing else', () => {
    let whole = 0;
    for (const sample of [openVexSample, cycloneDxSample, csafSample]) {
      const text = JSON.stringify(sample);
      for (let at = 0; at < text.length; at += 1) {
        for (const changed of [text.slice(0, at), `${text.slice(0, at)}${text.slice(at + 1)}`]) {
          try {
            const document = parseVexDocument(changed, 'a.json');
            if ('statements' in document) whole += 1;
          } catch (error) {
            expect(error).toBeInstanceOf(Fault);
          }
        }
      }
    }
    expect(whole).toBeGreaterThan(500);
  });

  it.each([1, 'x', [], {}, null, true])('with %j for any of their values never throw anything but a fault', (value) => {
    for (const sample of [openVexSample, cycloneDxSample, csafSample]) {
      for (const changed of eachReplaced(sample, value)) {
        try {
          const document = readVexDocument(changed, 'a.json');
          if ('statements' in document) vexJudge(document.statements, subject())(finding('CVE-2021-44228', log4j));
        } catch (error) {
          expect(error).toBeInstanceOf(Fault);
        }
      }
    }
  });

  it('say where they are wrong, and lose only that statement', () => {
    const [statement] = openVexSample.statements;
    const document = readVexDocument(
      {
        ...openVexSample,
        statements: [{ ...statement, status: 'harmless' }, statement, { ...statement, products: [] }],
      },
      'a.json',
    );
    expect(document).toMatchObject({
      statements: [{ place: 'statements[1]' }],
      flaws: [
        { path: ['statements', 0, 'status'], problem: expect.stringContaining('"harmless", not one of not_affected') },
        { path: ['statements', 2, 'products'], problem: 'names no product' },
      ],
    });
    expect(() => parseVexDocument('{"a":\n nonsense}', 'a.json')).toThrow('it is not JSON (line 2, column 2)');
    expect(readVexDocument({ statements: [] }, 'a.json')).toMatchObject({
      problem: 'is neither OpenVEX nor CycloneDX nor CSAF',
    });
  });

  it('nested a hundred thousand deep are walked, not recursed into', () => {
    const deep = `${'{"branches":['.repeat(100_000)}${']}'.repeat(100_000)}`;
    const text = `{"document":{"csaf_version":"2.0"},"product_tree":${deep},"vulnerabilities":[]}`;
    const before = process.threadCpuUsage();
    expect(parseVexDocument(text, 'a.json')).toMatchObject({ format: 'csaf' });
    expect(process.threadCpuUsage(before).user).toBeLessThan(5_000_000);
  });

  it('reads what version 0.0 of OpenVEX wrote as texts, and an id that is only in an IRI', () => {
    const [statement] = statementsOf({
      ...openVexSample,
      '@context': 'https://openvex.dev/ns',
      statements: [
        { vulnerability: 'CVE-1', products: ['pkg:npm/a@1'], status: 'fixed' },
        {
          vulnerability: { '@id': 'https://nvd.nist.gov/vuln/detail/CVE-2' },
          products: [{ '@id': 'pkg:npm/a' }],
          status: 'affected',
        },
      ],
    });
    expect(statement).toMatchObject({ vulnerability: ['CVE-1'], products: [{ names: ['pkg:npm/a@1'], parts: null }] });
  });
});

describe('what is not JSON', () => {
  it.each([
    ['', 1, 1],
    ['{"a":\n nonsense}', 2, 2],
    ['{"a":1\n\n"b":2}', 3, 1],
    ['[1,]', 1, 4],
    ['{"a":1,}', 1, 8],
    ['[1}', 1, 3],
    ['{"a":"x\n"}', 1, 6],
    ['{} {}', 1, 4],
    ['[01]', 1, 2],
    ['[[[', 1, 4],
    ['{1:2}', 1, 2],
  ])('%j is faulty in line %i, column %i', (text, line, column) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(findJsonFault(text)).toEqual({ line, column });
  });

  it('is judged as JSON.parse judges, whatever is cut out of a document', () => {
    const text = JSON.stringify({ ...openVexSample, numbers: [0, -1.5e3, true, false, null, {}, []] }, null, 1);
    for (let at = 0; at < text.length; at += 1) {
      const cut = `${text.slice(0, at)}${text.slice(at + 1)}`;
      expect(findJsonFault(cut) === undefined, cut).toBe(isJson(cut));
    }
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('the product of a statement', () => {
  const deb = pkg('pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12', {
    distribution: { id: 'debian', release: '12' },
    source: { name: 'openssl', version: '3.0.11-1' },
  });
  it.each([
    ['pkg:deb/debian/libssl3', true],
    ['pkg:deb/debian/libssl3@3.0.11-1', true],
    ['pkg:deb/debian/libssl3@3.0.11-2', false],
    ['pkg:deb/debian/libssl3?arch=amd64', true],
    ['pkg:deb/debian/libssl3?arch=arm64', false],
    ['pkg:deb/debian/libssl3?distro=debian-12', true],
    ['pkg:deb/debian/libssl3?distro=debian-12.5', true],
    ['pkg:deb/debian/libssl3?distro=debian-11', false],
    ['pkg:deb/debian/libssl3@3.0.11-1?os_distro=bookworm&os_name=debian&os_version=12', true],
    ['pkg:deb/debian/libssl3?os_distro=trixie&os_name=debian&os_version=13', false],
    ['pkg:deb/debian/libssl3?os_distro=trixie', false],
    ['pkg:deb/debian/openssl@3.0.11-1?arch=source', true],
    ['pkg:deb/debian/openssl', false],
    ['pkg:deb/ubuntu/libssl3', false],
    ['pkg:deb/debian/libssl3?made_up=1', false],
    ['[ERROR] CVE type  not mapped', false],
    ['pkg:', false],
  ])('%s names libssl3 of Debian 12: %s', (name, named) => {
    const status = statusOf(openVex([{ '@id': name }]), subject({ packages: [deb] }), deb);
    expect(status).toBe(named ? 'not_affected' : undefined);
  });

  const sles = pkg('pkg:rpm/sles/glibc@2.31-150300?epoch=1&arch=x86_64');
  it.each([
    ['pkg:rpm/suse/glibc', true],
    ['pkg:rpm/suse/glibc@2.31-150300?epoch=1', true],
    ['pkg:rpm/suse/glibc@1:2.31-150300', true],
    ['pkg:rpm/suse/glibc@0:2.31-150300', false],
    ['pkg:rpm/suse/glibc@2.31-150300?epoch=2', false],
    ['pkg:rpm/redhat/glibc', false],
  ])('%s names glibc of SLES: %s', (name, named) => {
    expect(statusOf(openVex([{ '@id': name }]), subject({ packages: [sles] }), sles)).toBe(
      named ? 'not_affected' : undefined,
    );
  });

  it.each([
    ['pkg:oci/app', true],
    ['pkg:oci/app?repository_url=registry.example.org/team/app', true],
    ['pkg:oci/app?repository_url=registry.example.org/team', true],
    ['pkg:oci/app?repository_url=https://registry.example.org/team/app', true],
    ['pkg:oci/app?repository_url=registry.example.org/other/app', false],
    ['pkg:oci/app?tag=1', true],
    ['pkg:oci/app?tag=2', false],
    ['pkg:oci/app?arch=amd64', true],
    ['pkg:oci/app?arch=arm64', false],
    [`pkg:oci/app@sha256%3A${'a'.repeat(64)}`, true],
    [`pkg:oci/app@sha256%3A${'b'.repeat(64)}`, false],
    ['pkg:docker/team/app@1', true],
    ['pkg:docker/team/app@2', false],
    ['pkg:oci/ap', false],
    ['registry.example.org/team/app', true],
    ['registry.example.org/team/app:1', true],
    ['registry.example.org/team/app:2', false],
    [`registry.example.org/team/app@sha256:${'a'.repeat(64)}`, true],
    [`sha256:${'a'.repeat(64)}`, true],
    ['app', false],
  ])('%s names the image: %s', (name, named) => {
    expect(statusOf(openVex([{ '@id': name }]), subject(), log4j)).toBe(named ? 'not_affected' : undefined);
    expect(
      statusOf(openVex([{ '@id': name, subcomponents: [{ '@id': 'pkg:maven/other/one' }] }]), subject(), log4j),
    ).toBe(undefined);
  });

  it('counts Docker Hub by all of its names', () => {
    const hub = subject({ image: { ...image, name: 'nginx:1.27', source: 'docker', digests: [] } });
    for (const url of ['docker.io/library/nginx', 'index.docker.io/library/nginx', 'docker.io/nginx'])
      expect(statusOf(openVex([{ '@id': `pkg:oci/nginx?repository_url=${url}` }]), hub, log4j)).toBe('not_affected');
    expect(statusOf(openVex([{ '@id': 'pkg:oci/nginx?repository_url=docker.io/evil/nginx' }]), hub, log4j)).toBe(
      undefined,
    );
  });

  it('takes no file name for the name of an image', () => {
    const file = subject({ image: { ...image, name: 'nginx', source: 'docker-archive', digests: [], tags: [] } });
    expect(statusOf(openVex([{ '@id': 'pkg:oci/nginx' }]), file, log4j)).toBe(undefined);
  });

  it('is a release that the vendor names by CPE', () => {
    const curl = pkg('pkg:rpm/rhel/curl@7.76.1-1.el9', { distribution: { id: 'rhel', release: '9' } });
    const document = structuredClone<typeof csafSample>(csafSample);
    const [app, part] = document.product_tree.branches[0]?.branches ?? [];
    Object.assign(app?.product.product_identification_helper ?? {}, {
      purl: undefined,
      cpe: 'cpe:/o:redhat:enterprise_linux:9',
    });
    Object.assign(part?.product.product_identification_helper ?? {}, { purl: 'pkg:rpm/redhat/curl' });
    const judge = (version: string) =>
      vexJudge(
        statementsOf(document),
        subject({
          packages: [curl],
          operatingSystem: { id: 'rhel', version, name: '', idLike: [], codename: null },
        }),
      )(finding('CVE-2021-44228', curl))?.statement.status;
    expect(judge('9.4')).toBe('not_affected');
    expect(judge('8.10')).toBe(undefined);
  });
});

describe('a part of a product', () => {
  const main = pkg('pkg:golang/github.com/rancher/fleet@v0.9.0', { paths: ['usr/bin/fleet'] });
  const other = pkg('pkg:golang/example.org/other@v1.0.0', { paths: ['usr/bin/other'] });
  const net = pkg('pkg:golang/golang.org/x/net@v0.1.0', { paths: ['usr/bin/fleet'] });
  const statement = openVex([
    { '@id': 'pkg:golang/github.com/rancher/fleet', subcomponents: [{ '@id': 'pkg:golang/golang.org/x/net@0.1.0' }] },
  ]);
  const built = [{ from: main.purl, to: net.purl }];

  it('is answered for where it came in through that product alone', () => {
    const alone = subject({ packages: [main, net], relations: built });
    expect(statusOf(statement, alone, net)).toBe('not_affected');
    expect(vexJudge(statementsOf(statement), alone)(finding('CVE-1', net))?.through).toBe(main.purl);
  });

  it('stays open where another program has it too', () => {
    const both = subject({
      packages: [main, net, other],
      relations: [...built, { from: other.purl, to: net.purl }],
    });
    expect(statusOf(statement, both, net)).toBe(undefined);
    const loose = subject({ packages: [main, net, { ...net, paths: ['usr/bin/unnamed'] }], relations: built });
    expect(statusOf(statement, loose, net)).toBe(undefined);
  });

  it('is not what the operating system installs for all', () => {
    const deb = pkg('pkg:deb/debian/libssl3@1', { distribution: { id: 'debian', release: '12' } });
    const relations = [{ from: main.purl, to: deb.purl }];
    const product = openVex([{ '@id': main.purl }]);
    expect(statusOf(product, subject({ packages: [main, deb], relations }), deb)).toBe(undefined);
  });

  it('is found round circles', () => {
    const relations = [...built, { from: net.purl, to: main.purl }];
    expect(statusOf(openVex([{ '@id': 'pkg:golang/none' }]), subject({ packages: [main, net], relations }), net)).toBe(
      undefined,
    );
    expect(statusOf(statement, subject({ packages: [main, net], relations }), net)).toBe('not_affected');
  });
});

describe('of several statements', () => {
  const one = (status: string, timestamp?: string) => ({
    vulnerability: { name: 'CVE-1' },
    products: [{ '@id': log4j.purl }],
    status,
    timestamp,
  });
  it.each([
    [[one('not_affected', '2026-01-01T00:00:00Z'), one('affected', '2026-02-01T00:00:00Z')], 'affected'],
    [[one('affected', '2026-02-01T00:00:00Z'), one('not_affected', '2026-01-01T00:00:00Z')], 'affected'],
    [[one('affected', '2026-01-01T00:00:00+02:00'), one('fixed', '2025-12-31T23:00:00Z')], 'fixed'],
    [[one('under_investigation'), one('not_affected')], 'not_affected'],
  ])('the latest holds: %j', (statements, status) => {
    expect(statusOf({ ...openVexSample, statements }, subject(), log4j)).toBe(status);
  });
});

describe('versions of CycloneDX', () => {
  it('may have a status of their own', () => {
    const document = structuredClone<object>(cycloneDxSample);
    Object.assign(document, {
      vulnerabilities: [
        {
          id: 'CVE-1',
          analysis: { state: 'exploitable' },
          affects: [
            {
              ref: 'pkg:npm/a',
              versions: [
                { range: 'vers:npm/<2.0.0', status: 'affected' },
                { version: '2.0.0', status: 'unaffected' },
                { version: '3.0.0', status: 'unknown' },
              ],
            },
          ],
        },
      ],
    });
    const status = (version: string) => {
      const a = pkg(`pkg:npm/a@${version}`);
      return statusOf(document, subject({ packages: [a] }), a);
    };
    expect([status('1.9.9'), status('2.0.0'), status('3.0.0'), status('4.0.0')]).toEqual([
      'affected',
      'not_affected',
      'under_investigation',
      undefined,
    ]);
  });

  it.each([
    ['1.0.0', 'vers:npm/1.0.0', true],
    ['1.0.0', 'vers:npm/>=1.0.0|<1.2.3', true],
    ['1.2.3', 'vers:npm/>=1.0.0|<1.2.3', false],
    ['1.2.2', 'vers:npm/>=1.0.0|!=1.2.2|<1.2.3', false],
    ['2.5.0', 'vers:npm/<1.0.0|>=2.0.0|<3.0.0', true],
    ['1.5.0', 'vers:npm/<1.0.0|>=2.0.0|<3.0.0', false],
    ['9.0.0', 'vers:npm/>3.0.0', true],
    ['0.1.0', 'vers:npm/<=1.0.0', true],
    ['1.0.0', 'vers:npm/!=2.0.0', true],
    ['1.0.0', 'vers:npm/*', true],
    ['1.0.0', 'vers:intel/>=1', undefined],
    ['nonsense', 'vers:npm/>=1.0.0', undefined],
    ['1.0.0', '>=1.0.0', undefined],
  ])('%s in %s: %s', (version, range, inside) => expect(inVersRange(version, range)).toBe(inside));
});

/** The value with each of its inner values replaced in turn. */
function* eachReplaced(value: unknown, by: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const around = (replaced: unknown) =>
      Array.isArray(value) ? value.with(Number(key), replaced) : { ...value, [key]: replaced };
    yield around(by);
    for (const deeper of eachReplaced(inner, by)) yield around(deeper);
  }
}
