// The vulnerability database from the feed mirror: a full build, an update of one feed, opening and looking up, each in a
// process of its own, as people run it. Run: node bench/advisory-database.ts
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyDelta, importDatabase, openDatabase, writeDelta } from '@hullcheck/advisories';
import { feedsFolder, repositoryRoot } from '@hullcheck/testkit';
import { measureProcess, median } from './measured-process.ts';

const RUNS = Number(process.env.BENCH_RUNS ?? 3);
const KEV = 'cisa-kev/known_exploited_vulnerabilities.json';
const hullcheck = join(repositoryRoot, 'apps', 'cli', 'bin', 'hullcheck.mjs');

/** A mirror beside the real one in which a single record of a single feed is new. */
function writeChanged(mirror: string, folder: string): void {
  mkdirSync(folder);
  for (const name of readdirSync(mirror))
    if (name !== 'MANIFEST.json' && name !== 'cisa-kev') symlinkSync(join(mirror, name), join(folder, name));
  cpSync(join(mirror, 'cisa-kev'), join(folder, 'cisa-kev'), { recursive: true });
  const list = JSON.parse(readFileSync(join(mirror, KEV), 'utf8'));
  list.vulnerabilities.push({ ...list.vulnerabilities[0], cveID: 'CVE-2026-99999' });
  const text = JSON.stringify(list);
  rmSync(join(folder, KEV));
  writeFileSync(join(folder, KEV), text);
  const manifest = JSON.parse(readFileSync(join(mirror, 'MANIFEST.json'), 'utf8'));
  const file = manifest
    .flatMap((entry: { files: object[] }) => entry.files)
    .find((one: { path: string }) => one.path === KEV);
  Object.assign(file, { bytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') });
  writeFileSync(join(folder, 'MANIFEST.json'), JSON.stringify(manifest));
}

function lookUp(path: string): string {
  const opening: number[] = [];
  for (let run = 0; run < 20; run += 1) {
    const started = performance.now();
    openDatabase(path).close();
    opening.push(performance.now() - started);
  }
  const database = openDatabase(path);
  const asked = ['bash', 'openssl', 'glibc', 'curl', 'zlib', 'systemd', 'perl', 'python3.11', 'sqlite3', 'expat'];
  const keys = Array.from({ length: 1000 }, (_, at) => ({
    ecosystem: at % 2 === 0 ? 'debian:12' : 'ubuntu:22.04',
    name: asked[at % asked.length] ?? '',
  }));
  const looking: number[] = [];
  for (let run = 0; run < 20; run += 1) {
    const started = performance.now();
    for (const [at, key] of keys.entries())
      database.advisoriesFor([at < asked.length * 2 ? key : { ...key, name: `${key.name}-${at}` }]);
    looking.push(performance.now() - started);
  }
  database.close();
  return `open ${median(opening).toFixed(1)} ms, 1,000 packages ${median(looking).toFixed(1)} ms`;
}

/** What a follower does who has the first revision and takes the step to the second; and what the console did before. */
async function follow(
  cache: string,
  before: string,
  after: string,
): Promise<{ bytes: number; written: number; applied: number }> {
  const base = await importDatabase(join(cache, 'databases', before), join(cache, 'follower'));
  const packed = join(cache, 'changes.zst');
  const started = performance.now();
  const bytes = await writeDelta(join(cache, 'databases', before), join(cache, 'databases', after), packed);
  const written = performance.now();
  if (bytes === undefined) throw new Error('no changes were written');
  await applyDelta(base, packed, [], 'bench');
  return { bytes, written: (written - started) / 1000, applied: (performance.now() - written) / 1000 };
}

if (feedsFolder === undefined) throw new Error('the feed mirror is needed');
const folder = mkdtempSync(join(tmpdir(), 'hullcheck-bench-'));
const changed = join(folder, 'mirror');
writeChanged(feedsFolder, changed);
const rows: Record<'build' | 'update', { wall: number[]; peak: number[] }> = {
  build: { wall: [], peak: [] },
  update: { wall: [], peak: [] },
};
let last = '';
const steps: Awaited<ReturnType<typeof follow>>[] = [];
for (let run = 0; run < RUNS; run += 1) {
  const cache = join(folder, String(run));
  let names: readonly string[] = [];
  for (const [step, mirror] of [
    ['build', feedsFolder],
    ['update', changed],
  ] as const) {
    const flags = ['--feeds', mirror, '--cache', cache, '-q'];
    const measured = await measureProcess([process.execPath, hullcheck, 'db', step, ...flags]);
    if (measured.exitCode !== 0) throw new Error(`db ${step} ended with ${measured.exitCode}`);
    if (step === 'build') names = readdirSync(join(cache, 'databases'));
    rows[step].wall.push(measured.wallSeconds);
    rows[step].peak.push(measured.peakMiB);
  }
  const [database = ''] = names;
  const [next = ''] = readdirSync(join(cache, 'databases')).filter((name) => !names.includes(name));
  steps.push(await follow(cache, database, next));
  last = lookUp(join(cache, 'databases', database));
  rmSync(cache, { recursive: true });
}
rmSync(folder, { recursive: true });
for (const [name, { wall, peak }] of Object.entries(rows))
  process.stdout.write(`db ${name}: ${median(wall).toFixed(1)} s, peak ${Math.round(Math.max(...peak))} MiB\n`);
const [first] = steps;
process.stdout.write(
  `changes of that step: ${first?.bytes} bytes, written in ${median(steps.map(({ written }) => written)).toFixed(1)} s, applied in ${median(steps.map(({ applied }) => applied)).toFixed(1)} s\n`,
);
process.stdout.write(`${last}\n${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}\n`);
