import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Advisory, judgeSubject, type Matchable } from '@hullcheck/core';
import { describe, expect, test } from 'vitest';
import { vexItems } from './redhat-csaf-vex/parse.ts';
import { redhatOval } from './redhat-oval/index.ts';
import { itemsOf } from './test-items.ts';

// Every bound that Red Hat's OVAL and VEX documents name, judged at it, just below it and just above it: by the matcher, and by rpm's
// own comparison of the same two versions.

const here = (...names: readonly string[]) => path.join(import.meta.dirname, ...names);
const DOCUMENTS = ['rhel-8-including-unpatched.oval.xml', 'rhel-8.4-eus.oval.xml.bz2'];

async function advisories(): Promise<readonly Advisory[]> {
  const files = Object.fromEntries(
    DOCUMENTS.map((name) => [name, readFileSync(here('redhat-oval', 'testdata', name))]),
  );
  const vex = here('redhat-csaf-vex', 'testdata');
  const items = [
    ...(await itemsOf(redhatOval, files)),
    ...readdirSync(vex).flatMap((name) => [
      ...vexItems(readFileSync(path.join(vex, name), 'utf8'), name, 'redhat-csaf-vex'),
    ]),
  ];
  return items.flatMap((item) => (item.kind === 'advisory' ? [item.advisory] : []));
}

/** Versions at and around a bound, by its last number: one less, one more, a suffix that sorts below, one that sorts above. */
function around(bound: string): readonly string[] {
  const step = (by: number) => bound.replace(/(\d+)(?!.*\d)/, (last) => String(Math.max(0, Number(last) + by)));
  return [bound, step(-1), step(1), `${bound}~1`, `${bound}^1`, `${bound}.1`];
}

/** A repository of the product, as an image names it. */
function contentSetsOf(product: string): readonly string[] {
  const [, stream = '', major = '', minor = ''] =
    /^(?:rhel|enterprise_linux)_([a-z0-9_]+):(\d+)(?:\.(\d+))?$/.exec(product) ?? [];
  if (product.startsWith('openshift:')) return [`rhocp-${product.slice('openshift:'.length)}-for-rhel-8-x86_64-rpms`];
  if (product === 'rhel_els:7') return ['rhel-7-server-els-rpms'];
  return [`rhel-${major}-for-x86_64-baseos-${stream.replaceAll('_', '-')}-rpms__${major}_DOT_${minor}`];
}

/** -1, 0 or 1 for each pair, by rpm. */
function compared(pairs: readonly (readonly [string, string])[]): readonly number[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'hullcheck-oval-'));
  try {
    const file = path.join(folder, 'pairs');
    writeFileSync(file, pairs.map((pair) => `${pair.join(' ')}\n`).join(''));
    const script = `%{lua: for line in io.lines("${file}") do local a, b = line:match("(%S+) (%S+)"); print(rpm.vercmp(a, b)) end}`;
    // rpm prints the numbers without anything between them.
    const said = execFileSync('rpm', ['--eval', script], { encoding: 'utf8', maxBuffer: 1 << 26 });
    return (said.match(/-1|0|1/g) ?? []).map(Number);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.skipIf(!existsSync('/usr/bin/rpm'))('Red Hat’s bounds', () => {
  test('are judged as rpm compares', async () => {
    const asked: { readonly pkg: Matchable; readonly advisory: Advisory; readonly fixed: string }[] = [];
    for (const advisory of await advisories()) {
      for (const entry of advisory.affected) {
        const [range, ...more] = entry.ranges;
        // Ranges with a beginning are of several minor releases, and what rpm compares is one bound.
        if (range?.fixed == null || range.introduced !== null || more.length > 0) continue;
        for (const version of around(range.fixed)) {
          const pkg: Matchable = {
            type: 'rpm',
            name: entry.nameKind === 'source' ? `${entry.name}-of-it` : entry.name,
            version,
            source: { name: entry.name, version },
            distribution: { id: 'rhel', release: entry.ecosystem.slice('rhel:'.length) },
            architecture: 'x86_64',
            ...(entry.product === undefined ? {} : { contentSets: contentSetsOf(entry.product) }),
            ...(entry.module === undefined ? {} : { module: `${entry.module}:8080020230718144441:63b34585` }),
          };
          asked.push({ pkg, advisory: { ...advisory, affected: [entry] }, fixed: range.fixed });
        }
      }
    }
    const order = compared(asked.map(({ pkg, fixed }) => [pkg.version, fixed] as const));
    expect(order).toHaveLength(asked.length);
    expect(asked.filter(({ advisory }) => advisory.feed === 'redhat-oval').length).toBeGreaterThanOrEqual(24);
    expect(asked.filter(({ advisory }) => advisory.feed === 'redhat-csaf-vex').length).toBeGreaterThanOrEqual(24);
    expect(new Set(order)).toEqual(new Set([-1, 0, 1]));
    const wrong = asked.flatMap(({ pkg, advisory, fixed }, at) => {
      const verdicts = new Set(judgeSubject(pkg, [advisory], new Map()).map(({ verdict }) => verdict));
      const expected = order[at] === -1 ? 'affected' : 'fixed';
      return verdicts.size === 1 && verdicts.has(expected)
        ? []
        : [`${pkg.name} ${pkg.version} < ${fixed}: ${[...verdicts].join()}`];
    });
    expect(wrong).toEqual([]);
  });

  // A second reading of the criteria, by another reader of XML, which knows nothing of ours.
  test('are those of the documents', async () => {
    const oracle = String.raw`
import bz2, re, sys, xml.etree.ElementTree as tree
local = lambda e: e.tag.rsplit('}', 1)[-1]
for path in sys.argv[1:]:
    data = open(path, 'rb').read()
    root = tree.fromstring(bz2.decompress(data) if path.endswith('.bz2') else data)
    for definition in (e for e in root.iter() if local(e) == 'definition'):
        names = [e.get('ref_id') for e in definition.iter() if local(e) == 'reference']
        cpes = {e.text for e in definition.iter() if local(e) == 'cpe'}
        products = {'-' if ':enterprise_linux:' in c else ':'.join(c.split(':')[3:5]) for c in cpes if re.search(':(enterprise_linux|rhel_eus):', c)}
        for c in (e for e in definition.iter() if local(e) == 'criterion'):
            m = re.fullmatch(r'(\S+) is earlier than (\S+)', c.get('comment'))
            if m and not m[1].endswith('-debuginfo') and m[1] != 'kernel' and any(n.startswith('CVE-') for n in names):
                for product in products: print(names[0], product, m[1], m[2])
`;
    const theirs = execFileSync(
      'python3',
      ['-c', oracle, ...DOCUMENTS.map((name) => here('redhat-oval', 'testdata', name))],
      {
        encoding: 'utf8',
      },
    );
    const ours = (await advisories())
      .filter(({ feed }) => feed === 'redhat-oval')
      .flatMap(({ id, affected }) =>
        affected.flatMap(({ product, name, ranges }) =>
          ranges.map(({ fixed }) => `${id} ${product ?? '-'} ${name} ${fixed}`),
        ),
      );
    expect(ours.sort()).toEqual(theirs.trim().split('\n').sort());
    expect(ours).toHaveLength(5);
  });
});
