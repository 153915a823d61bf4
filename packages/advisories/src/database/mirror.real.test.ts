import { execFileSync, spawn } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { feedCatalogue } from '../feeds/catalogue.ts';
import {
  type AdvisoryDatabase,
  type BuildReport,
  buildDatabase,
  changedKeys,
  findDatabase,
  openDatabase,
  starterDatabasePath,
  updateDatabase,
  verifyDatabase,
} from '../index.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const feeds = path.join(process.env.HULLCHECK_SHARED ?? path.join(root, '..', 'shared'), 'feeds');
const available = existsSync(path.join(feeds, 'MANIFEST.json'));
const NOW = '2026-09-01T00:00:00Z';

/** Counts the mirror's records with other tools (tar, zstd, Python's own readers) than the parsers have. */
const COUNT = String.raw`
import csv, io, json, os, re, subprocess, sys, tarfile
csv.field_size_limit(10**9)
root = sys.argv[1]
def at(*p): return os.path.join(root, *p)
def members(name):
    out = subprocess.run(f"zstd --long=24 -dcq '{at(name, name + '.tar.zst')}' | tar -tf -", shell=True, capture_output=True, text=True, check=True).stdout
    return out.split('\n')
def text(name, pattern):
    return subprocess.run(f"zstd --long=24 -dcq '{at(name, name + '.tar.zst')}' | tar -xOf - --wildcards '{pattern}'", shell=True, capture_output=True, text=True, check=True).stdout
def ids(line): return max(1, len(set(re.findall(r'CVE[-_ ]\d{4}-\d{4,}', line))))
n = {}
tracker = json.load(open(at('debian-tracker', 'tracker.derived.json')))
n['debian-tracker'] = sum(len(cves) for cves in tracker.values())
covered = {(release, package) for package, cves in tracker.items() for e in cves.values() for release in e['releases']}
numbers = {r['series']: r['version'] for r in csv.DictReader(open(at('debian-support-status', 'debian.csv')))}
n['debian-tracker/announcements'] = 0
for kind in ('DSA', 'DLA'):
    for block in re.split(r'\n(?=\[\d)', open(at('debian-tracker', 'data', kind, 'list')).read()):
        named = re.search(r'^\s+\{([^}]*)\}', block, re.M)
        cves = [c for c in (named[1].split() if named else []) if c.startswith('CVE-')]
        for series, package, version in re.findall(r'^\s+\[(\w+)\] - (\S+)\s+([^<\s]\S*)', block, re.M):
            if float(numbers[series]) >= 8 and (series, package) not in covered: n['debian-tracker/announcements'] += len(cves)
table = {(release, package, cve) for package, cves in tracker.items() for cve, e in cves.items() for release in e['releases']}
for kind in ('DSA', 'DLA'):
    for block in re.split(r'\n(?=\[\d)', open(at('debian-tracker', 'data', kind, 'list')).read()):
        named = re.search(r'^\s+\{([^}]*)\}', block, re.M)
        for series, package in re.findall(r'^\s+\[(\w+)\] - (\S+)\s+[^<\s]', block, re.M):
            table |= {(series, package, cve) for cve in (named[1].split() if named else [])}
images = ['sid'] + [series for series, version in numbers.items() if version and float(version) >= 8]
n['debian-tracker/list'] = 0
for entry in re.split(r'\n(?=CVE-)', open(at('debian-tracker', 'data', 'CVE', 'list')).read()):
    notes = re.findall(r'^\s+(?:\[(\w+)\] )?- (\S+) +(?!<itp>)', entry, re.M)
    if any((release, package, entry.split()[0]) not in table for series, package in notes for release in (images if series == '' else {series} & set(images))): n['debian-tracker/list'] += 1
n['alpine-secdb'] = sum(ids(l) for l in text('alpine-secdb', '*.yaml').split('\n') if re.match(r'\s+- +(CVE|XSA|ZBX|wnpa|TALOS|GHSA)', l))
n['alpine-secdb/excerpt'] = 0
for folder, _, names in os.walk(at('alpine-secdb', 'derived-2026-08')):
    for name in names: n['alpine-secdb/excerpt'] += open(os.path.join(folder, name)).read().count('"CVE-')
n['pypi-pypa'] = sum(1 for m in members('pypi-pypa') if re.search(r'/PYSEC-[^/]*\.yaml$', m))
n['go-vulndb'] = sum(1 for m in members('go-vulndb') if re.search(r'/GO-[^/]*\.json$', m))
n['bitnami-vulndb'] = sum(1 for m in members('bitnami-vulndb') if re.search(r'/BIT-[^/]*\.json$', m))
SERIES = {s['series'] for s in csv.DictReader(open(at('debian-support-status', 'ubuntu.csv'))) if float(s['version'].split()[0]) >= 12.04}
def concerned(file):
    said = {}
    for pocket, package, state, note in re.findall(r'^([a-z/-]+)_([a-z0-9][a-z0-9+.-]+): *([A-Za-z-]+) *(?:\((.*)\))? *$', file, re.M):
        names = pocket.split('/')
        extended = len(names) == 2 and (names[0] in ('esm-infra', 'esm-apps') or names[1] == 'esm')
        series = names[-1] if names[-1] != 'esm' else names[0]
        if series in SERIES and (len(names) == 1 or extended) and state != 'DNE':
            clear = state == 'not-affected' or state == 'ignored' and re.search('code not present|not affected|not vulnerable', note, re.I)
            said.setdefault((series, package), {}).setdefault(extended, (bool(clear), state, note))
    for main, extended in ((s.get(False), s.get(True)) for s in said.values()):
        fixed = main and main[1] == 'released' and re.fullmatch(r'(\d+:)?\d[\w.+~-]*', main[2].strip())
        if main and main[0] or extended and extended[0] and not fixed: continue
        return True
    return False
archive = subprocess.run(['zstd', '--long=24', '-dcq', at('ubuntu-cve-tracker', 'ubuntu-cve-tracker.tar.zst')], capture_output=True, check=True).stdout
with tarfile.open(fileobj=io.BytesIO(archive)) as files:
    n['ubuntu-cve-tracker'] = sum(1 for m in files if re.search(r'/(active|retired)/CVE-[^/]+$', m.name) and concerned(files.extractfile(m).read().decode()))
def skipped(name, count):
    if count: n[name + ' skipped'] = count
gems = [m for m in members('ruby-rubysec') if re.search(r'/(gems|rubies)/[^/]+/[^/]+\.yml$', m)]
n['ruby-rubysec'] = len(gems)
n['rust-rustsec'] = sum(1 for m in members('rust-rustsec') if re.search(r'/RUSTSEC-[^/]*\.md$', m))
n['php-friendsofphp'] = sum(1 for m in members('php-friendsofphp') if re.search(r'/[^/.][^/]*/[^/]+/[^/]+\.yaml$', m))
published = text('haskell-hsec', '*/published/*/HSEC-*.md')
advisories = re.split(r'(?=^id = "HSEC-)', published, flags=re.M)[1:]
n['haskell-hsec'] = sum(1 for a in advisories if re.search(r'^package *=', a, re.M))
skipped('haskell-hsec', len(advisories) - n['haskell-hsec'])
archive = subprocess.run(['zstd', '--long=24', '-dcq', at('almalinux-osv', 'almalinux-osv.tar.zst')], capture_output=True, check=True).stdout
n['almalinux-osv'] = without = 0
with tarfile.open(fileobj=io.BytesIO(archive)) as files:
    for m in files:
        if not re.search(r'/AL[SBE]A-[^/]*\.json$', m.name): continue
        erratum = json.load(files.extractfile(m))
        fixes = [e.get('fixed', '') for a in erratum['affected'] for r in a['ranges'] for e in r['events'] if 'fixed' in e]
        unnamed = all(re.search(r'\.module[_+]', f) for f in fixes) and not any(re.fullmatch(r'\w[\w.+-]*:\w[\w.-]*', w) for w in re.split(r'[\s,]+', erratum['summary']))
        if any(r.startswith('CVE-') for r in erratum.get('related') or []) and not unnamed: n['almalinux-osv'] += 1
        else: without += 1
skipped('almalinux-osv', without)
n['azurelinux-oval'] = len(re.findall('<definition ', text('azurelinux-oval', '*-oval.xml')))
core = json.loads(text('nodejs-security-wg', '*/vuln/core/index.json'))
n['nodejs-security-wg'] = sum(max(1, len(set(e.get('cve', [])))) for e in core.values())
decoder, rest, npm = json.JSONDecoder(), text('nodejs-security-wg', '*/vuln/npm/[0-9]*.json').lstrip(), 0
while rest:
    e, end = decoder.raw_decode(rest)
    npm += max(1, len(set(e.get('cves') or [])))
    rest = rest[end:].lstrip()
n['nodejs-security-wg/npm'] = npm
n['k8s-official-cve'] = sum(1 for m in members('k8s-official-cve') if re.search(r'/upstream/CVE-[^/]*\.json$', m))
archive = subprocess.run(['zstd', '--long=24', '-dcq', at('nvd-data-overrides', 'nvd-data-overrides.tar.zst')], capture_output=True, check=True).stdout
TARGETS = ('*', '-', 'linux', 'linux_kernel', 'unix', 'x64')
def applications(override):
    for c in override['cve'].get('configurations', []):
        for m in (m for node in c['nodes'] for m in node['cpeMatch'] if m['vulnerable']):
            parts = re.split(r'(?<!\\):', m['criteria'])
            if parts[2] == 'a' and parts[5] != '-' and parts[10].lower() in TARGETS: yield parts
with tarfile.open(fileobj=io.BytesIO(archive)) as files:
    n['nvd-data-overrides'] = sum(1 for m in files if re.search(r'/data/\d+/CVE-[^/]*\.json$', m.name) and any(applications(json.load(files.extractfile(m)))))
n['cpan-cpansa'] = sum(len(d['advisories']) for d in json.load(open(at('cpan-cpansa', 'cpan-security-advisory.json')))['dists'].values())
n['cisa-kev'] = json.load(open(at('cisa-kev', 'known_exploited_vulnerabilities.json')))['count']
n['epss'] = sum(1 for _ in open(at('epss', 'epss_scores-partial.csv'))) - 1
rows = subprocess.run(['zstd', '--long=24', '-dcq', at('cve-metadata', 'cve-metadata.csv.zst')], capture_output=True, text=True, check=True).stdout
n['cve-metadata'] = sum(1 for _ in csv.DictReader(rows.splitlines(True)))
n['cve-records'] = len(os.listdir(at('cve5-records-samples')))
n['cve-vulnrichment'] = sum(1 for m in members('cve-vulnrichment') if re.search(r'/CVE-[^/]*\.json$', m))
mapping = json.load(open(at('exploitdb-mapping', 'exploitdb_mapping_cve.json')))
n['exploitdb-mapping'] = sum(1 for k in mapping if re.fullmatch(r'CVE-\d{4}-\d{4,8}', k))
n['exploitdb-mapping skipped'] = len(mapping) - n['exploitdb-mapping']
modules = json.load(open(at('metasploit-modules', 'modules_metadata_base.partial.json')))
cited = [r for m in modules.values() for r in m['references'] if r.startswith('CVE-')]
n['metasploit-modules'] = len({r for r in cited if re.fullmatch(r'CVE-(1999|2\d{3})-\d{4,8}', r)})
n['metasploit-modules skipped'] = sum(1 for r in cited if not re.fullmatch(r'CVE-(1999|2\d{3})-\d{4,8}', r))
n['nuclei-cves'] = sum(1 for _ in open(at('nuclei-cves', 'cves.json')))
OWN = r'pkg:(?:golang/github\.com/(?:rancher|longhorn|harvester|k3s-io|neuvector)/|oci/[^?]+\?repository_url=(?:(?:stg)?registry\.suse\.com|registry\.rancher\.com|index\.docker\.io/(?:rancher|longhornio|neuvector)|quay\.io/stackstate)/)'
def hub(name, suffix, own):
    archive = subprocess.run(['zstd', '--long=24', '-dcq', at(name, name + '.tar.zst')], capture_output=True, check=True).stdout
    n[name] = others = 0
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        for m in files:
            if not m.name.endswith(suffix): continue
            for s in json.load(files.extractfile(m))['statements']:
                if any(re.match(own, p['@id']) for p in s['products']): n[name] += 1
                else: others += 1
    skipped(name, others)
hub('rancher-vexhub', '.openvex.json', OWN)
hub('dhi-vex', '.vex.json', r'pkg:(?:docker/dhi/|oci/dhi%2F)[^?@]+$')
n['endoflife/distro-info'] = sum(1 for name in ('debian.csv', 'ubuntu.csv') for r in csv.DictReader(open(at('debian-support-status', name))) if r['version'])
n['debian-security-support'] = sum(1 for name in ('9', '10', '11', '12') if any(l.strip() and l[0] != '#' for l in open(at('debian-support-status', 'security-support-ended.deb' + name))))
SYSTEMS = ('alpine-linux', 'almalinux', 'amazon-linux', 'centos', 'fedora', 'opensuse', 'oracle-linux', 'photon', 'rhel', 'rocky-linux', 'sles')
NOT_ASKED = ('alpm', 'apk', 'brew', 'chocolatey', 'deb', 'docker', 'github', 'oci', 'rpm', 'scoop', 'snap', 'swid', 'winget')
named, n['endoflife'] = {}, 0
archive = subprocess.run(['zstd', '--long=24', '-dcq', at('endoflife-date', 'endoflife-date.tar.zst')], capture_output=True, check=True).stdout
with tarfile.open(fileobj=io.BytesIO(archive)) as files:
    for m in files:
        product = re.search(r'/products/([\w.-]+)\.md$', m.name)
        if not product: continue
        head = files.extractfile(m).read().decode().split('\n---')[0]
        if product[1] in SYSTEMS: n['endoflife'] += len(re.findall(r'^ *- releaseCycle:', head, re.M))
        else:
            for kind, name in re.findall(r'^ *- (purl|cpe): *"?([^\s"]+)', head, re.M):
                cpe = re.match(r'cpe:(?:2\.3:|/)a:([^:]+):([^:]+)', name)
                if kind == 'purl' and name[4:].split('/')[0] not in NOT_ASKED or cpe: named.setdefault((cpe[1], cpe[2]) if cpe else name, set()).add(product[1])
n['endoflife'] += sum(1 for products in named.values() if len(products) == 1)
skipped('endoflife', sum(1 for products in named.values() if len(products) > 1))
print(json.dumps(n))
`;

describe.skipIf(!available)('the database of the whole mirror', () => {
  const cacheDir = mkdtempSync(path.join(tmpdir(), 'hullcheck-real-'));
  const options = { cacheDir, source: { kind: 'mirror', location: feeds }, now: NOW } as const;
  let report: BuildReport;
  let database: AdvisoryDatabase;

  beforeAll(async () => {
    const startedMs = performance.now();
    report = await buildDatabase(options);
    const rssMb = Math.round(process.resourceUsage().maxRSS / 1024);
    console.log(`build: ${Math.round(performance.now() - startedMs)} ms, peak of this process ${rssMb} MB`);
    database = openDatabase(report.path);
  });
  afterAll(() => database?.close());

  test('has exactly the records that other tools count, and names what it skipped', () => {
    const counted: unknown = JSON.parse(execFileSync('python3', ['-c', COUNT, feeds], { encoding: 'utf8' }));
    const ours = Object.fromEntries([
      ...report.sources.map(({ id, records }) => [id, records] as const),
      ...report.feeds
        .filter(({ skipped }) => skipped > 0)
        .map(({ id, skipped }) => [`${id} skipped`, skipped] as const),
    ]);
    expect(ours).toEqual(counted);
    const manifest: readonly { readonly id: string }[] = JSON.parse(
      readFileSync(path.join(feeds, 'MANIFEST.json'), 'utf8'),
    );
    const offered = new Set(manifest.map(({ id }) => id));
    for (const { id, state, skipped, problems } of report.feeds) {
      console.log(
        id,
        state,
        `skipped ${skipped}`,
        problems.map(({ record, problem }) => `${record}: ${problem.detail}`),
      );
      // A mirror need not have every feed; what it has must be read.
      const isOffered = feedCatalogue.find((feed) => feed.id === id)?.mirror.some(({ entry }) => offered.has(entry));
      expect([id, state]).toEqual([id, isOffered === true ? 'loaded' : 'failed']);
    }
  });

  test.each([
    // Each read by eye in the source.
    ['debian:12', 'openssl', 'CVE-2024-6119', 'affected', '3.0.14-1~deb12u2'],
    ['debian:11', '389-ds-base', 'CVE-2021-3652', 'affected', '1.4.4.11-2+deb11u1'],
    ['debian:13', 'openjdk-21', 'CVE-2026-60589', 'affected', '21.0.12.1+1-1~deb13u1'],
    ['alpine:3.11', 'apache2', 'CVE-2019-9517', 'affected', '2.4.41-r0'],
    ['alpine:3.18', 'openssl', 'CVE-2023-5678', 'affected', '3.1.4-r1'],
    ['pypi', 'django', 'PYSEC-2021-98', 'affected', '2.2.24'],
    ['golang', 'stdlib', 'GO-2024-2887', 'affected', '1.21.11'],
    ['nodejs', 'node', 'CVE-2026-21717', 'affected', '20.20.2'],
    ['npm', 'geddy', 'CVE-2015-5688', 'affected', '13.0.8'],
  ])('%s %s has %s', (ecosystem, name, id, status, fixed) => {
    const hit = database.advisoriesFor([{ ecosystem, name }]).find((one) => one.id === id);
    expect(hit?.affected[0]).toMatchObject({ ecosystem, name, status });
    expect(hit?.affected[0]?.ranges[0]?.fixed).toBe(fixed);
  });

  test('finds a Go module however its path is written, under the name that was asked for', () => {
    for (const name of ['github.com/Masterminds/goutils', 'github.com/masterminds/goutils']) {
      const [hit] = database.advisoriesFor([{ ecosystem: 'golang', name }]);
      expect(hit?.affected.map((entry) => entry.name)).toEqual([name]);
    }
  });

  test('has no prose: nothing of a description or a title', () => {
    const log4j = JSON.stringify([...database.factsFor(['CVE-2021-44228']).values()]);
    expect(log4j).toContain('"kev"');
    expect(log4j.toLowerCase()).not.toContain('log4j');
  });

  test('knows when releases end', () => {
    expect(database.supportOf('debian', '12')).toEqual({
      distribution: 'debian',
      release: '12',
      endOfLife: '2026-07-11',
      extendedEndOfLife: '2028-06-30',
    });
    expect(database.supportOf('alpine', '3.24')?.endOfLife).toBe('2028-06-01');
    expect(database.supportOf('debian', '99')).toBeUndefined();
    const [node] = database.packageSupport?.(['cpe:nodejs:node.js']) ?? [];
    expect(node?.title).toBe('Node.js');
    expect(node?.lines.find(({ covers }) => covers === '16')).toMatchObject({ status: 'ended', from: '2023-09-11' });
    expect(database.packageSupport?.(['debian:12', 'debian:99']).map(({ key }) => key)).toEqual(['debian:12']);
  });

  test('answers a thousand packages quickly (figures are printed, not asserted)', () => {
    const openedMs = performance.now();
    const fresh = openDatabase(report.path);
    const askedMs = performance.now();
    const { packages } = changedKeysSample(fresh);
    const hits = fresh.advisoriesFor(packages);
    const facts = fresh.factsFor(hits.map(({ id }) => id));
    const doneMs = performance.now();
    console.log(
      `open ${(askedMs - openedMs).toFixed(1)} ms; ${packages.length} packages, ${hits.length} advisories, ${facts.size} facts in ${(doneMs - askedMs).toFixed(1)} ms`,
    );
    expect(hits.length).toBeGreaterThan(0);
    fresh.close();
  });

  /** A thousand keys as an image has them: those of one release, and many that no advisory names. */
  function changedKeysSample(from: AdvisoryDatabase) {
    const names = ['openssl', 'curl', 'glibc', 'systemd', 'perl', 'libxml2', 'zlib', 'expat', 'gnutls28', 'krb5'];
    const packages = Array.from({ length: 1000 }, (_, at) => ({
      ecosystem: at % 2 === 0 ? 'debian:12' : 'golang',
      name: at < names.length * 2 ? (names[at >> 1] ?? '') : `package-${at}`,
    }));
    expect(from.sources.length).toBeGreaterThan(0);
    return { packages };
  }

  test('the committed starter is what the mirror gives', async () => {
    const found = await findDatabase(mkdtempSync(path.join(tmpdir(), 'hullcheck-starter-')), starterDatabasePath);
    expect(found.origin).toBe('starter');
    const given = await buildDatabase({
      ...options,
      cacheDir: mkdtempSync(path.join(tmpdir(), 'hullcheck-given-')),
      redistributableOnly: true,
    });
    expect(changedKeys(found.path, given.path)).toEqual({ packages: [], facts: [], products: [], releases: [] });
    expect(verifyDatabase(found.path).revision).toBe(given.revision);
  });

  test('a mirror behind an address makes the same snapshots as the folder', async () => {
    const server = createServer((request, response) => {
      const name = path.normalize(decodeURIComponent(request.url ?? '/')).replace(/^\/+/, '');
      createReadStream(path.join(feeds, name))
        .on('error', () => response.writeHead(404).end())
        .pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const location = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    const other = {
      ...options,
      cacheDir: mkdtempSync(path.join(tmpdir(), 'hullcheck-http-')),
      feeds: ['go-vulndb', 'epss', 'endoflife'],
    };
    const remote = await buildDatabase({ ...other, source: { kind: 'mirror', location } });
    server.close();
    const local = await updateDatabase(other);
    expect(local).toMatchObject({ unchanged: true, revision: remote.revision });
  });

  test('a build that is killed at any moment leaves the revision before in use', async () => {
    const base = mkdtempSync(path.join(tmpdir(), 'hullcheck-kill-'));
    // Feeds of each size: four times all of them takes minutes, and says no more.
    const chosen = ['alpine-secdb', 'cisa-kev', 'cve-metadata', 'debian-tracker', 'epss', 'nuclei-cves', 'pypi-pypa'];
    const expected = await buildDatabase({ ...options, cacheDir: path.join(base, 'expected'), feeds: chosen });
    const before = await buildDatabase({ ...options, cacheDir: base, feeds: ['epss', 'cisa-kev'] });
    const script = `
      import { buildDatabase } from ${JSON.stringify(path.join(root, 'packages/advisories/src/index.ts'))};
      await buildDatabase({ cacheDir: ${JSON.stringify(base)}, source: { kind: 'mirror', location: ${JSON.stringify(feeds)} }, now: '2026-09-02T00:00:00Z',
        feeds: ${JSON.stringify(chosen)}, onProgress: (id, state) => process.stdout.write(id + ' ' + state + '\\n') });`;
    const moments = ['cisa-kev fetching', 'cve-metadata parsing', 'debian-tracker loaded', 'pypi-pypa loaded'];
    for (const moment of moments) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      let reached = false;
      await new Promise<void>((resolve) => {
        child.stdout.on('data', (chunk: Buffer) => {
          said += chunk.toString();
          if (!reached && said.includes(`${moment}\n`)) {
            reached = true;
            child.kill('SIGKILL');
          }
        });
        child.on('close', () => resolve());
      });
      expect(reached).toBe(true);
      const found = await findDatabase(base, '/absent');
      expect(found.revision).toBe(before.revision);
      verifyDatabase(found.path);
    }
    const after = await updateDatabase({ ...options, cacheDir: base, feeds: chosen });
    expect(after.revision).toBe(expected.revision);
    expect((await findDatabase(base, '/absent')).revision).toBe(expected.revision);
    expect(readdirSync(path.join(base, 'databases')).filter((name) => !name.startsWith('.'))).toHaveLength(2);
  });
});
