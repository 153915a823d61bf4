import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Advisory, judgeSubject, type Matchable } from '@hullcheck/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FeedItem } from '../feed.ts';
import { memorySnapshot } from '../snapshot.ts';
import { nvdDataOverrides } from './index.ts';

const root = fileURLToPath(new URL('../../../../..', import.meta.url));
const feeds = path.join(process.env.HULLCHECK_SHARED ?? path.join(root, '..', 'shared'), 'feeds');
const archive = path.join(feeds, 'nvd-data-overrides', 'nvd-data-overrides.tar.zst');

/**
 * NVD's rule in plain Python, on tuples of numbers: every bound of every product in plain alternatives, and its neighbours, and
 * whether any of the CVE's ranges of that product has it. Prints the count of CVEs that name an application, then CVE, name,
 * version and answer.
 */
const PYTHON = String.raw`
import glob, json, re, sys
TARGETS = {'*', '-', 'linux', 'linux_kernel', 'unix', 'x64'}
def numbers(text):
    parts = [int(p) for p in text.split('.')]
    while parts and parts[-1] == 0: parts.pop()
    return tuple(parts)
def neighbours(text):
    head, last = text.split('.')[:-1], int(text.split('.')[-1])
    yield text
    yield text + '.1'
    yield '.'.join(head + [str(last + 1)])
    if last: yield '.'.join(head + [str(last - 1)])
BOUNDS = ['versionStartIncluding', 'versionStartExcluding', 'versionEndIncluding', 'versionEndExcluding']
count, lines = 0, []
for file in sorted(glob.glob(sys.argv[1] + '/**/CVE-*.json', recursive=True)):
    record = json.load(open(file))
    products, odd = {}, set()
    for configuration in record['cve'].get('configurations', []):
        for node in configuration['nodes']:
            for match in node['cpeMatch']:
                parts = re.split(r'(?<!\\):', match['criteria'])
                if not match['vulnerable'] or parts[2] != 'a' or parts[5] == '-' or parts[10].lower() not in TARGETS: continue
                name = ':'.join(parts[3:5]).lower()
                products.setdefault(name, []).append(match)
                stated = [match[b] for b in BOUNDS if b in match]
                if configuration.get('operator') == 'AND' or parts[5] != '*' or not stated: odd.add(name)
                if any(not re.fullmatch(r'\d+(\.\d+)*', s) for s in stated): odd.add(name)
    count += bool(products)
    for name, matches in products.items():
        if name in odd or '\\' in name: continue
        for version in {v for m in matches for b in BOUNDS if b in m for v in neighbours(m[b])}:
            at = numbers(version)
            inside = any(
                ('versionStartIncluding' not in m or numbers(m['versionStartIncluding']) <= at) and
                ('versionStartExcluding' not in m or numbers(m['versionStartExcluding']) < at) and
                ('versionEndIncluding' not in m or at <= numbers(m['versionEndIncluding'])) and
                ('versionEndExcluding' not in m or at < numbers(m['versionEndExcluding'])) for m in matches)
            lines.append('\t'.join([record['_annotation']['cve_id'], name, version, str(inside)]))
print(count)
print('\n'.join(lines))
`;

describe.skipIf(!existsSync(archive))('the CPE ranges of CVEs that NVD has not analysed', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'hullcheck-overrides-'));
  let lines: readonly string[] = [];
  const items: FeedItem[] = [];
  const advisories = new Map<string, Advisory>();
  beforeAll(async () => {
    execFileSync('sh', ['-c', 'zstd --long=24 -dcq "$0" | tar -x -C "$1"', archive, folder]);
    lines = execFileSync('python3', ['-c', PYTHON, folder], { encoding: 'utf8', maxBuffer: 1 << 28 })
      .trimEnd()
      .split('\n');
    const files = { 'overrides.tar.zst': { part: nvdDataOverrides.id, bytes: readFileSync(archive) } };
    const snapshot = memorySnapshot(nvdDataOverrides.id, [], files);
    for await (const item of nvdDataOverrides.parse(snapshot, new AbortController().signal)) {
      items.push(item);
      if (item.kind === 'advisory') advisories.set(item.advisory.id, item.advisory);
    }
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are read whole: as many CVEs as Python counts, none left unread', () => {
    expect(items.filter(({ kind }) => kind === 'skipped')).toEqual([]);
    expect(advisories.size).toBe(Number(lines[0]));
    expect(advisories.size).toBeGreaterThan(10_000);
  });

  it('hold exactly the versions that plain comparison of numbers puts in them', () => {
    const wrong: string[] = [];
    for (const line of lines.slice(1)) {
      const [cve = '', name = '', version = '', expected] = line.split('\t');
      const advisory = advisories.get(cve);
      const judged = advisory === undefined ? [] : judgeSubject(programOf(name, version), [advisory], new Map());
      if (String(judged[0]?.verdict === 'affected') !== expected?.toLowerCase()) wrong.push(line);
    }
    expect(lines.length).toBeGreaterThan(50_000);
    expect(wrong).toEqual([]);
  }, 120_000);
});

function programOf(name: string, version: string): Matchable {
  return {
    type: 'generic',
    name: 'program',
    version,
    source: null,
    distribution: null,
    cpes: [`cpe:2.3:a:${name}:${version}:*:*:*:*:*:*:*`],
  };
}
