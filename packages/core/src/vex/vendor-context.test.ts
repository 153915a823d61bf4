import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AdvisoryHit, AdvisoryLookup } from '../advisory.ts';
import { assess } from '../assess.ts';
import type { ImageFacts } from '../image.ts';
import { factIdsOf, findingOf, isTold, judgeSubject, lookupsOf, subjectKey, subjectOf } from '../matching/index.ts';
import type { Inventory, Package, Relation } from '../package.ts';
import { parsePurl } from '../purl/index.ts';
import { vexLimits } from './limits.ts';
import type { VexStatement } from './statement.ts';
import { inVendorContext, vendorContexts } from './vendor-context.ts';
import { vendorProductKey } from './vendor-products.ts';

const OWN = /^(?:oci:vendor\.example\/|golang:github\.com\/vendor\/)/;
const isVendors = (key: string) => OWN.test(key);
const NOW = Date.parse('2026-09-01T00:00:00Z');

function packageOf(purl: string, more: Partial<Package> = {}): Package {
  const { type = '', namespace = null, name = '', version = null } = parsePurl(purl) ?? {};
  const isDeb = type === 'deb';
  return {
    purl,
    type,
    name: namespace === null || isDeb ? name : `${namespace}/${name}`,
    version: version ?? '',
    architecture: null,
    source: isDeb ? { name: `${name}-src`, version: version ?? '' } : null,
    distribution: isDeb ? { id: 'debian', release: '12' } : null,
    licenses: [],
    layer: null,
    paths: [],
    direct: null,
    ownedBy: null,
    analyzer: 'test',
    ...more,
  };
}

const imageOf = (more: Partial<ImageFacts> = {}): ImageFacts => ({
  name: 'vendor.example/app:1',
  id: null,
  source: 'registry',
  digests: [],
  tags: [],
  platform: { os: 'linux', architecture: 'amd64', variant: null },
  created: null,
  size: null,
  layers: [],
  ...more,
});

const statementOf = (more: Partial<VexStatement> & Pick<VexStatement, 'products'>): VexStatement => ({
  vulnerability: ['CVE-2024-1'],
  status: 'not_affected',
  justification: 'vulnerable_code_not_present',
  note: null,
  at: '2026-01-01T00:00:00Z',
  source: 'hub vex/a.json',
  place: 'statements[0]',
  ...more,
});

/** One advisory on each package, and the statements by the keys of their products, as the database keeps them. */
function lookupOf(packages: readonly Package[], statements: readonly VexStatement[]): AdvisoryLookup {
  return {
    revision: 'r',
    builtAt: '2026-08-31T00:00:00Z',
    sources: [],
    advisoriesFor: (keys) =>
      keys.flatMap(({ ecosystem, name }): AdvisoryHit[] => {
        const at = packages.findIndex((pkg) => lookupsOf(pkg).some((key) => key.name === name));
        if (at === -1) return [];
        const entry = { ecosystem, name, nameKind: 'package', scheme: 'generic', ranges: [], versions: [] } as const;
        const affected = [{ ...entry, expression: null, status: 'affected', urgency: null } as const];
        const nothing = { published: null, modified: null, withdrawn: null, cvss: [], references: [], categories: [] };
        return [1, 2].map((n) => ({ id: `CVE-2024-${n}`, feed: 'test', aliases: [], ...nothing, affected }));
      }),
    factsFor: () => new Map(),
    supportOf: () => undefined,
    vendorStatements: (keys) =>
      statements.filter(({ products }) =>
        products.some(({ names }) => names.some((name) => keys.includes(vendorProductKey(name) ?? ''))),
      ),
  };
}

/** Id, purl, how it ended and what its vendor says: of the whole image, and of its packages one by one. */
function bothWays(image: ImageFacts, inventory: Inventory, database: AdvisoryLookup) {
  const report = assess({ image, inventory, database, now: NOW, readBy: 'test', tool: { version: '0' } });
  const whole = [
    ...report.findings.map((finding) => [finding, 'open'] as const),
    ...report.ignored.map(({ finding }) => [finding, 'answered'] as const),
  ].map(([{ id, package: pkg, evidence }, kind]) => [id, pkg.purl, kind, evidence.vex ?? null]);
  const contextOf = vendorContexts(image, inventory, isVendors);
  const one = inventory.packages.flatMap((pkg) => {
    const subject = subjectOf(pkg);
    const hits = database.advisoriesFor(lookupsOf(subject));
    const judged = judgeSubject(subject, hits, database.factsFor(factIdsOf(hits)));
    const context = contextOf(pkg);
    const told =
      context === undefined
        ? judged
        : inVendorContext(judged, context, database.vendorStatements?.(context.products) ?? []);
    return told.filter(isTold).flatMap((judgement) => {
      const finding = findingOf(judgement, pkg);
      if (finding === undefined) return [];
      const kind = finding.setAside?.kind === 'vendor-statement' ? 'answered' : 'open';
      return [[finding.id, finding.package.purl, kind, finding.evidence.vex ?? null]];
    });
  });
  const sorted = (rows: readonly (readonly unknown[])[]) => rows.map((row) => JSON.stringify(row)).sort();
  return { whole: sorted(whole), one: [...new Set(sorted(one))] };
}

const PURLS = [
  'pkg:deb/debian/libc6@2.36',
  'pkg:deb/debian/bash@5.2',
  'pkg:golang/github.com/vendor/app@v1.0.0',
  'pkg:golang/github.com/vendor/tool@v2.0.0',
  'pkg:golang/github.com/other/main@v1.0.0',
  'pkg:golang/golang.org/x/net@v0.1.0',
  'pkg:npm/left@1.0.0',
];
const anImage = fc.record({
  name: fc.constantFrom('vendor.example/app:1', 'vendor.example/tool', 'mirror.example/app:1', '/tmp/a.tar'),
  source: fc.constantFrom('registry', 'docker', 'docker-archive', 'agent'),
  digests: fc.subarray([
    { kind: 'manifest', digest: `sha256:${'a'.repeat(64)}`, repository: 'vendor.example/tool' },
    { kind: 'manifest', digest: `sha256:${'b'.repeat(64)}`, repository: 'mirror.example/app' },
    { kind: 'manifest', digest: `sha256:${'c'.repeat(64)}`, repository: null },
  ] as unknown as ImageFacts['digests'][number][]),
});
const relations = fc.uniqueArray(
  fc.tuple(fc.constantFrom(...PURLS), fc.constantFrom(...PURLS)).map(([from, to]): Relation => ({ from, to })),
  { maxLength: 10, selector: ({ from, to }) => `${from} ${to}` },
);
const aStatement = fc.record({
  vulnerability: fc.constantFrom(['CVE-2024-1'], ['CVE-2024-2'], ['CVE-2024-1', 'CVE-2024-2']),
  status: fc.constantFrom('not_affected', 'fixed', 'affected', 'under_investigation'),
  at: fc.constantFrom('2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z', null),
  products: fc.array(
    fc.record({
      names: fc.subarray(
        [
          'pkg:oci/app?repository_url=vendor.example/app',
          `pkg:oci/tool@sha256%3A${'a'.repeat(64)}?repository_url=vendor.example/tool`,
          `pkg:oci/tool@sha256%3A${'c'.repeat(64)}?repository_url=vendor.example/tool`,
          'pkg:golang/github.com/vendor/app',
          'pkg:golang/github.com/vendor/tool@v2.0.0',
        ],
        { minLength: 1, maxLength: 2 },
      ),
      parts: fc.option(
        fc.array(
          fc.constantFrom(...PURLS, 'pkg:deb/debian/libc6', 'pkg:golang/golang.org/x/net').map((one) => [one]),
          {
            maxLength: 3,
          },
        ),
      ),
    }),
    { minLength: 1, maxLength: 2 },
  ),
});

it('judges packages one by one as the whole image is judged', () => {
  let answered = 0;
  fc.assert(
    fc.property(
      anImage,
      fc.subarray(PURLS),
      relations,
      fc.array(aStatement, { maxLength: 6 }),
      (named, purls, ways, said) => {
        const packages = purls.map((purl, at) => packageOf(purl, { paths: [`/${at % 3}`] }));
        const inventory: Inventory = {
          operatingSystem: null,
          packages,
          problems: [],
          relations: ways.filter(({ from, to }) => purls.includes(from) && purls.includes(to)),
        };
        const statements = said.map((one, at) =>
          statementOf({ ...one, status: one.status as VexStatement['status'], place: `statements[${at}]` }),
        );
        const { whole, one } = bothWays(imageOf(named), inventory, lookupOf(packages, statements));
        expect(one).toEqual(whole);
        answered += whole.filter((row) => row.includes('"answered"')).length;
      },
    ),
    { numRuns: 2000 },
  );
  // The samples meet statements at all.
  expect(answered).toBeGreaterThan(200);
});

const own = (parts: readonly string[]) => [
  { names: ['pkg:oci/app?repository_url=vendor.example/app'], parts: parts.map((one) => [one]) },
];

it('answers in the vendor image alone, and keeps no subject apart elsewhere', () => {
  const libc = packageOf('pkg:deb/debian/libc6@2.36');
  const inventory = { operatingSystem: null, packages: [libc], problems: [] };
  const database = lookupOf([libc], [statementOf({ products: own(['pkg:deb/debian/libc6']) })]);
  const row = (kind: string, vex: unknown) => JSON.stringify(['CVE-2024-1', libc.purl, kind, vex]);
  const said = { status: 'not_affected', justification: 'vulnerable_code_not_present', note: null };
  const source = 'hub vex/a.json statements[0] of 2026-01-01';
  expect(bothWays(imageOf(), inventory, database).one).toContain(row('answered', { ...said, source }));
  const copy = imageOf({ name: 'mirror.example/app:1' });
  expect(bothWays(copy, inventory, database).one).toContain(row('open', null));
  expect(vendorContexts(copy, inventory, isVendors)(libc)).toBeUndefined();
});

it('is the same subject through whatever other name the image was read', () => {
  const libc = packageOf('pkg:deb/debian/libc6@2.36');
  const inventory = { operatingSystem: null, packages: [libc] };
  const digest = (repository: string | null) =>
    ({ kind: 'manifest', digest: `sha256:${'a'.repeat(64)}`, repository }) as ImageFacts['digests'][number];
  const keyIn = (digests: ImageFacts['digests']) => {
    const vendor = vendorContexts(imageOf({ digests }), inventory, isVendors)(libc);
    return vendor === undefined ? undefined : subjectKey({ ...subjectOf(libc), vendor });
  };
  expect(keyIn([digest('mirror.example/app')])).toBe(keyIn([digest(null)]));
  expect(keyIn([digest('mirror.example/app')])).not.toBe(keyIn([]));
});

it('keeps beside all packages of an image only so much, and answers for none of the rest', () => {
  const programs = Array.from({ length: 4_000 }, (_, at) => packageOf(`pkg:golang/github.com/vendor/app${at}@v1.0.0`));
  const contextOf = vendorContexts(
    imageOf({ name: 'x', source: 'docker-archive' }),
    { operatingSystem: null, packages: programs },
    isVendors,
  );
  const contexts = programs.map(contextOf);
  const last = contexts.findIndex((context) => context === undefined);
  expect(last).toBeGreaterThan(100);
  expect(contexts.slice(last).every((context) => context === undefined)).toBe(true);
  const characters = contexts.reduce((sum, context) => sum + (JSON.stringify(context)?.length ?? 0), 0);
  expect(characters).toBeLessThan(vexLimits.contextsCharactersMax * 1.1);
});

it('follows no more ways than anybody has, so that an image can not make its own packages costly', () => {
  const app = packageOf('pkg:golang/github.com/vendor/app@v1.0.0');
  const parts = Array.from({ length: vexLimits.aboveMax + 1 }, (_, at) => packageOf(`pkg:npm/p${at}@1.0.0`));
  const chain = [app, ...parts];
  const ways = parts.map((part, at): Relation => ({ from: chain[at]?.purl ?? '', to: part.purl }));
  const inventory = { operatingSystem: null, packages: chain, problems: [], relations: ways };
  const products = [{ names: ['pkg:golang/github.com/vendor/app'], parts: null }];
  const { whole, one } = bothWays(
    imageOf({ name: 'x', source: 'docker-archive' }),
    inventory,
    lookupOf(chain, [statementOf({ products })]),
  );
  expect(one).toEqual(whole);
  const answered = one.filter((row) => row.includes('"answered"'));
  expect(answered.some((row) => row.includes('pkg:npm/p0@'))).toBe(true);
  expect(answered.some((row) => row.includes(`pkg:npm/p${vexLimits.aboveMax}@`))).toBe(false);
});
