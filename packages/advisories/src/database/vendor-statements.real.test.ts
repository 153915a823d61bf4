import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type Finding,
  type ImageFacts,
  inVendorContext,
  type Package,
  vendorContexts,
  vendorProductKeys,
  vexJudge,
} from '@hullcheck/core';
import { feedsFolder } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AdvisoryDatabase, buildDatabase, isVendorProduct, openDatabase, updateDatabase } from '../index.ts';

const NOW = '2026-09-01T00:00:00Z';

/**
 * Each statement of the hubs on one part of one of the vendor's images, read apart: repository, part, vulnerability, status,
 * latest first won. Only parts without qualifiers, whose package can be made from their name.
 */
const READ = String.raw`
import io, json, re, subprocess, sys, tarfile, urllib.parse
out = {}
for hub, pattern in (('rancher-vexhub', r'/pkg/.*\.openvex\.json$'), ('dhi-vex', r'/vex/.*\.vex\.json$')):
    raw = subprocess.run(['zstd', '--long=24', '-dcq', f'{sys.argv[1]}/{hub}/{hub}.tar.zst'], capture_output=True, check=True).stdout
    for member in tarfile.open(fileobj=io.BytesIO(raw)):
        if not re.search(pattern, member.name): continue
        for statement in json.loads(raw[member.offset_data:member.offset_data + member.size])['statements']:
            for product in statement['products']:
                name = urllib.parse.unquote(product['@id'])
                found = re.fullmatch(r'pkg:oci/[^?@]+\?repository_url=(?:index\.)?((?:docker\.io/(?:rancher|longhornio|neuvector)|registry\.rancher\.com|(?:stg)?registry\.suse\.com|quay\.io/stackstate)/.*)', name)
                dhi = re.fullmatch(r'pkg:(?:oci|docker)/dhi/([^?@]+)', name)
                repository = found[1] if found else 'dhi.io/' + dhi[1] if dhi else None
                if repository is None: continue
                for part in product.get('subcomponents') or []:
                    if not re.fullmatch(r'pkg:(golang|npm|maven|pypi|cargo|gem|rpm|apk|deb)/[^?#@]+(@[^?#@]+)?', part['@id']): continue
                    key = (repository, part['@id'], statement['vulnerability']['name'])
                    at = statement.get('last_updated') or statement.get('timestamp')
                    if key not in out or out[key][1] <= at: out[key] = (statement['status'], at)
print(json.dumps([[*key, value[0]] for key, value in sorted(out.items())]))
`;

describe.skipIf(feedsFolder === undefined)('what vendors state of their own images', () => {
  const work = mkdtempSync(path.join(tmpdir(), 'hullcheck-vendors-'));
  let location: string;
  let database: AdvisoryDatabase;

  beforeAll(async () => {
    const report = await buildDatabase({
      cacheDir: work,
      source: { kind: 'mirror', location: feedsFolder ?? '' },
      now: NOW,
      feeds: ['dhi-vex', 'rancher-vexhub'],
    });
    location = report.path;
    database = openDatabase(location);
  }, 60_000);
  afterAll(() => {
    database.close();
    rmSync(work, { recursive: true, force: true });
  });

  it('reaches the findings of these images, and of these alone', () => {
    const triples: readonly (readonly [string, string, string, string])[] = JSON.parse(
      execFileSync('python3', ['-c', READ, feedsFolder ?? ''], { encoding: 'utf8', maxBuffer: 1 << 28 }),
    );
    expect(triples.length).toBeGreaterThan(3000);
    const wrong: string[] = [];
    for (const [repository, group] of Map.groupBy(triples, ([one]) => one)) {
      const packages = new Map(group.map(([, part]) => [part, packageOf(part)]));
      const answers = judgeOf(imageOf(repository), [...packages.values()]);
      const kept = keptOf(imageOf(repository), packages, group);
      const elsewhere = judgeOf(imageOf(`example.org/${repository}`), [...packages.values()]);
      for (const [, part, id, status] of group) {
        const finding = findingOf(id, packages.get(part) ?? packageOf(part));
        const answer = answers(finding);
        if (answer?.statement.status !== status) wrong.push(`${repository} ${part} ${id}: ${answer?.statement.status}`);
        const said = kept.get(`${part} ${id}`);
        if (said !== status) wrong.push(`kept: ${repository} ${part} ${id}: ${said}`);
        if (elsewhere(finding) !== undefined) wrong.push(`elsewhere: ${repository} ${part} ${id}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('costs a scan of a thousand packages little', () => {
    const packages = Array.from({ length: 1000 }, (_, at) => packageOf(`pkg:golang/example.org/m${at}@v1.0.0`));
    const image = imageOf('dhi.io/golang');
    database.vendorStatements?.(vendorProductKeys(image, packages));
    const startedMs = performance.now();
    const statements = database.vendorStatements?.(vendorProductKeys(image, packages)) ?? [];
    const elapsedMs = performance.now() - startedMs;
    console.log(`${statements.length} statements for 1000 packages in ${elapsedMs.toFixed(1)} ms`);
    expect(statements.length).toBeGreaterThan(1000);
    expect(elapsedMs).toBeLessThan(500);
  });

  it('is carried into the next revision and part of its name', async () => {
    const after = await updateDatabase({
      cacheDir: work,
      source: { kind: 'mirror', location: feedsFolder ?? '' },
      now: '2026-09-02T00:00:00Z',
      feeds: ['cisa-kev'],
    });
    expect(after.path).not.toBe(location);
    const next = openDatabase(after.path);
    const key = ['oci:dhi.io/golang'];
    expect(next.vendorStatements?.(key)).toEqual(database.vendorStatements?.(key));
    expect(next.vendorStatements?.(key).length).toBeGreaterThan(1000);
    next.close();
  });

  /** As a console judges: each package by itself, with what is kept of its image. Status by part and vulnerability. */
  function keptOf(image: ImageFacts, packages: ReadonlyMap<string, Package>, asked: readonly (readonly string[])[]) {
    const all = [...packages.values()];
    const contextOf = vendorContexts(image, { operatingSystem: null, packages: all }, isVendorProduct);
    const statements = database.vendorStatements?.(vendorProductKeys(image, all)) ?? [];
    const said = new Map<string, string | undefined>();
    for (const [part, group] of Map.groupBy(asked, ([, one = '']) => one)) {
      const pkg = packages.get(part) ?? packageOf(part);
      const vendor = contextOf(pkg);
      if (vendor === undefined) continue;
      const judgements = group.map(([, , id = '']) => {
        const { package: _package, layer: _layer, status: _status, ...rest } = findingOf(id, pkg);
        return { ...rest, verdict: 'affected' as const, unparsable: null };
      });
      for (const { id, evidence } of inVendorContext(judgements, vendor, statements))
        said.set(`${part} ${id}`, evidence.vex?.status);
    }
    return said;
  }

  function judgeOf(image: ImageFacts, packages: readonly Package[]) {
    const statements = database.vendorStatements?.(vendorProductKeys(image, packages)) ?? [];
    return vexJudge(statements, { image, operatingSystem: null, packages, relations: [] });
  }
});

function imageOf(repository: string): ImageFacts {
  const name = `${repository}:1`;
  const nothing = { id: null, digests: [], tags: [], platform: null, created: null, size: null, layers: [] };
  return { name, source: 'registry', ...nothing };
}

function packageOf(part: string): Package {
  const purl = part.includes('@') ? part : `${part}@1`;
  const [, type = '', name = '', version = ''] = /^pkg:([^/]+)\/(.+)@(.+)$/.exec(purl) ?? [];
  const nothing = { architecture: null, source: null, distribution: null, layer: null, direct: null, ownedBy: null };
  return { purl, type, name: decodeURIComponent(name), version, ...nothing, licenses: [], paths: [], analyzer: 'test' };
}

/** As much of a finding as statements are held against. */
function findingOf(id: string, { purl, name, version }: Package): Finding {
  return {
    id,
    aliases: [],
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
    risk: 0,
    explanation: '',
    evidence: { rule: '', range: '', compared: version, via: null, advisories: [] },
  };
}
