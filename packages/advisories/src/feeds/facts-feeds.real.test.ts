import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { feedCatalogue } from './catalogue.ts';
import { memorySnapshot } from './snapshot.ts';
import { listOf } from './test-archives.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const feeds = path.join(process.env.HULLCHECK_SHARED ?? path.join(root, '..', 'shared'), 'feeds');
const available = existsSync(path.join(feeds, 'MANIFEST.json'));

/** What each file says of each CVE id, in plain Python: a line a feed's file, an object by id. */
const PYTHON = String.raw`
import csv, json, os, re, sys
at = lambda *p: os.path.join(sys.argv[1], *p)
cwes = lambda text: list(dict.fromkeys(re.findall(r'CWE-\d{1,5}', text)))
is_cve = lambda text: re.fullmatch(r'CVE-(1999|2\d{3})-\d{4,8}', text)
said = {}
kev = json.load(open(at('cisa-kev', 'known_exploited_vulnerabilities.json')))['vulnerabilities']
said['cisa-kev/known_exploited_vulnerabilities.json'] = {
    v['cveID']: [v['dateAdded'], v['knownRansomwareCampaignUse'] == 'Known', cwes(' '.join(v.get('cwes', [])))] for v in kev}
with open(at('cisa-kev', 'known_exploited_vulnerabilities.csv'), newline='') as table:
    said['cisa-kev/known_exploited_vulnerabilities.csv'] = {
        v['cveID']: [v['dateAdded'], v['knownRansomwareCampaignUse'] == 'Known', cwes(v['cwes'])] for v in csv.DictReader(table)}
with open(at('epss', 'epss_scores-partial.csv'), newline='') as table:
    said['epss/epss_scores-partial.csv'] = {v['cve']: [float(v['epss']), v['observed'], None] for v in csv.DictReader(table)}
mapping = json.load(open(at('exploitdb-mapping', 'exploitdb_mapping_cve.json')))
said['exploitdb-mapping/exploitdb_mapping_cve.json'] = {cve: 'poc' for cve in mapping if is_cve(cve)}
states = {}
for module in json.load(open(at('metasploit-modules', 'modules_metadata_base.partial.json'))).values():
    for cve in filter(is_cve, module['references']):
        if module['type'] == 'exploit': states[cve] = 'weaponized'
        else: states.setdefault(cve, 'poc')
said['metasploit-modules/modules_metadata_base.partial.json'] = states
said['nuclei-cves/cves.json'] = {json.loads(line)['ID']: 'poc' for line in open(at('nuclei-cves', 'cves.json'))}
print(json.dumps(said))
`;

describe.skipIf(!available)('facts of the small feeds beside what Python reads of the same files', () => {
  const said: Readonly<Record<string, Readonly<Record<string, unknown>>>> = available
    ? JSON.parse(execFileSync('python3', ['-c', PYTHON, feeds], { encoding: 'utf8', maxBuffer: 1 << 26 }))
    : {};

  test.each([
    ['cisa-kev', 'known_exploited_vulnerabilities.json', 1662],
    ['cisa-kev', 'known_exploited_vulnerabilities.csv', 1404],
    ['epss', 'epss_scores-partial.csv', 792],
    ['exploitdb-mapping', 'exploitdb_mapping_cve.json', 24_236],
    ['metasploit-modules', 'modules_metadata_base.partial.json', 2998],
    ['nuclei-cves', 'cves.json', 1661],
  ])('%s of %s', async (id, name, count) => {
    const feed = feedCatalogue.find((one) => one.id === id);
    if (feed === undefined) throw new Error(`no feed ${id}`);
    const parts = [{ id, updatedAt: '2024-01-01T00:00:00Z', extent: 'whole' as const }];
    const files = { [name]: { part: id, bytes: readFileSync(path.join(feeds, id, name)) } };
    const items = await listOf(feed.parse(memorySnapshot(id, parts, files), new AbortController().signal));
    const ours: Record<string, unknown> = {};
    for (const item of items) {
      if (item.kind !== 'facts') continue;
      const { id: cve, kev, epss, exploit, categories } = item.facts;
      if (kev) ours[cve] = [kev.addedAt, kev.ransomware, categories];
      else ours[cve] = epss ? [epss.probability, epss.date, epss.model] : exploit;
    }
    expect(ours).toEqual(said[`${id}/${name}`]);
    expect(Object.keys(ours)).toHaveLength(count);
  });
});
