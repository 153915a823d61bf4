// From process start to result on the published build: `npm run build`, then node bench/start-up.ts. A small image with a
// database present, from empty compile caches on the first run; the checkout's own sources and the peers that PEER_TRIVY
// and PEER_SYFT name beside it (they list packages only). Medians and fastest of RUNS interleaved runs after one warm-up.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { corpusLayout, feedsFolder, repositoryRoot, runHullcheck } from '@hullcheck/testkit';
import { type Measured, measureProcess, median } from './measured-process.ts';

const RUNS = Number(process.env.BENCH_RUNS ?? 20);
const image = process.argv[2] ?? 'alpine-3.20';
const layout = corpusLayout(image);
if (layout === undefined || feedsFolder === undefined) throw new Error('the corpus and the feed mirror are needed');

const folder = mkdtempSync(join(tmpdir(), 'hullcheck-bench-'));
const published = join(repositoryRoot, 'dist', 'hullcheck', 'bin', 'hullcheck.mjs');
const checkout = join(repositoryRoot, 'apps', 'cli', 'bin', 'hullcheck.mjs');
const flags = [`oci-dir:${layout}`, '--offline', '-q', '--cache', join(folder, 'cache')];
const { PEER_TRIVY: trivy, PEER_SYFT: syft } = process.env;
const peerFlags = '--cache-backend memory --offline-scan --skip-db-update --skip-java-db-update --skip-version-check';

const commands: Readonly<Record<string, readonly string[]>> = {
  'node, nothing': [process.execPath, '-e', '0'],
  'published: --version': [process.execPath, published, '--version'],
  'published: scan': [process.execPath, published, 'scan', ...flags, '--no-cache'],
  'published: scan, layers kept': [process.execPath, published, 'scan', ...flags],
  'checkout: scan': [process.execPath, checkout, 'scan', ...flags, '--no-cache'],
  ...(trivy === undefined
    ? {}
    : {
        'trivy, packages only': [
          trivy,
          'image',
          '-q',
          ...peerFlags.split(' '),
          '--cache-dir',
          join(folder, 'peer'),
          '--list-all-pkgs',
          '--format',
          'cyclonedx',
          '--input',
          layout,
        ],
      }),
  ...(syft === undefined ? {} : { 'syft, packages only': [syft, 'scan', `oci-dir:${layout}`, '-q', '-o', 'json'] }),
};

try {
  const built = await runHullcheck(['db', 'build', '--feeds', feedsFolder, '--cache', join(folder, 'cache'), '-q'], {
    timeoutMs: 600_000,
  });
  if (built.code !== 0) throw new Error(built.stderr);
  const results = new Map<string, Measured[]>(Object.keys(commands).map((name) => [name, []]));
  for (let run = -1; run < RUNS; run += 1) {
    for (const [name, command] of Object.entries(commands)) {
      const measured = await measureProcess(command);
      if (measured.exitCode !== 0) throw new Error(`${name} ended with ${measured.exitCode}`);
      if (run >= 0) results.get(name)?.push(measured);
    }
  }
  const load = loadavg()[0]?.toFixed(1);
  process.stdout.write(`${image}: ${cpus().length} cores, load ${load}, Node ${process.version}, ${RUNS} runs\n\n`);
  process.stdout.write(`${'program'.padEnd(30)}  wall s         CPU s          MiB\n`);
  process.stdout.write(`${''.padEnd(30)}  median  least  median  least  peak\n`);
  for (const [name, measured] of results) {
    const wall = measured.map(({ wallSeconds }) => wallSeconds);
    const cpu = measured.map(({ cpuSeconds }) => cpuSeconds);
    const figures = [median(wall), Math.min(...wall), median(cpu), Math.min(...cpu)].map((value) => value.toFixed(3));
    const peak = Math.max(...measured.map(({ peakMiB }) => peakMiB)).toFixed(0);
    process.stdout.write(`${name.padEnd(30)}  ${figures.join('   ')}   ${peak}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
