// Whole processes side by side: a scan against decompressing and hashing the same layers, and against the peers that
// PEER_TRIVY, PEER_SYFT and PEER_GRYPE name. Run: node bench/scan.ts IMAGE... (names of the corpus). A row whose program
// is missing is left out. Figures are medians of RUNS interleaved runs after one warm-up.
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { corpusArchive, corpusLayout, repositoryRoot } from '@hullcheck/testkit';
import { type Measured, measureProcess, median } from './measured-process.ts';

const RUNS = Number(process.env.BENCH_RUNS ?? 3);
const hullcheck = [process.execPath, join(repositoryRoot, 'apps', 'cli', 'bin', 'hullcheck.mjs')];
const folder = mkdtempSync(join(tmpdir(), 'hullcheck-bench-'));

interface Layer {
  readonly digest: string;
  readonly mediaType: string;
}

/** The gzip layers of an OCI layout, as paths. */
function gzipLayers(layout: string): readonly string[] {
  const blob = (digest: string) => join(layout, 'blobs', ...digest.split(':'));
  const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
  const [entry] = read(join(layout, 'index.json')).manifests;
  const manifest: { layers: readonly Layer[] } = read(blob(entry.digest));
  return manifest.layers.filter((layer) => layer.mediaType.endsWith('gzip')).map((layer) => blob(layer.digest));
}

interface Row {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function rowsFor(image: string): readonly Row[] {
  const layout = corpusLayout(image);
  const archive = corpusArchive(image);
  const cache = join(folder, 'cache');
  const rows: Row[] = [];
  if (layout !== undefined) {
    const layers = gzipLayers(layout);
    rows.push({
      name: 'gzip -dc | sha256sum',
      command: ['sh', '-c', `for layer in ${layers.join(' ')}; do gzip -dc "$layer" | sha256sum; done`],
    });
    rows.push({
      name: 'hullcheck, OCI layout',
      command: [...hullcheck, 'scan', `oci-dir:${layout}`, '-q', '--offline', '--cache', cache, '-f', 'json'],
    });
  }
  if (archive !== undefined)
    rows.push({
      name: 'hullcheck, docker archive',
      command: [...hullcheck, 'scan', `docker-archive:${archive}`, '-q', '--offline', '--cache', cache, '-f', 'json'],
    });
  const { PEER_TRIVY: trivy, PEER_SYFT: syft, PEER_GRYPE: grype } = process.env;
  const peerCache = join(folder, 'peer');
  if (trivy !== undefined) {
    // Without a database Trivy can only list packages; that is the part of its work that is comparable offline.
    const flags = [
      'image',
      '--cache-backend',
      'memory',
      '--cache-dir',
      peerCache,
      '--offline-scan',
      '--skip-db-update',
      '--skip-java-db-update',
      '--skip-version-check',
      '--list-all-pkgs',
      '--format',
      'cyclonedx',
      '-q',
    ];
    if (layout !== undefined)
      rows.push({ name: 'trivy, packages only, OCI layout', command: [trivy, ...flags, '--input', layout] });
    if (archive !== undefined)
      rows.push({ name: 'trivy, packages only, docker archive', command: [trivy, ...flags, '--input', archive] });
  }
  const quiet = {
    SYFT_CHECK_FOR_APP_UPDATE: 'false',
    GRYPE_CHECK_FOR_APP_UPDATE: 'false',
    GRYPE_DB_AUTO_UPDATE: 'false',
  };
  if (syft !== undefined) {
    if (layout !== undefined)
      rows.push({
        name: 'syft, OCI layout',
        command: [syft, 'scan', `oci-dir:${layout}`, '-q', '-o', 'json'],
        env: quiet,
      });
    if (archive !== undefined)
      rows.push({
        name: 'syft, docker archive',
        command: [syft, 'scan', `docker-archive:${archive}`, '-q', '-o', 'json'],
        env: quiet,
      });
  }
  if (grype !== undefined && layout !== undefined)
    rows.push({ name: 'grype, OCI layout', command: [grype, `oci-dir:${layout}`, '-q'], env: quiet });
  return rows;
}

const images =
  process.argv.slice(2).length > 0
    ? process.argv.slice(2)
    : globSync('*', { cwd: join(process.env.HULLCHECK_CORPUS ?? '/var/tmp/hullcheck-corpus', 'oci') }).toSorted();
const fixed = (value: number, digits: number) => value.toFixed(digits).padStart(8);
process.stdout.write(
  `${cpus()[0]?.model ?? '?'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${RUNS} runs, medians\n`,
);
try {
  for (const image of images) {
    const rows = rowsFor(image);
    const measured = new Map<string, Measured[]>(rows.map((row) => [row.name, []]));
    for (let run = -1; run < RUNS; run += 1) {
      for (const row of rows) {
        const result = await measureProcess(row.command, row.env);
        if (run >= 0) measured.get(row.name)?.push(result);
      }
    }
    process.stdout.write(
      `\n${image}\n${'program'.padEnd(40)}${'wall s'.padStart(8)}${'CPU s'.padStart(8)}${'MiB'.padStart(8)}    CPU of reference\n`,
    );
    const reference = median((measured.get('gzip -dc | sha256sum') ?? []).map((result) => result.cpuSeconds));
    for (const [name, results] of measured) {
      const cpu = median(results.map((result) => result.cpuSeconds));
      const failed = results.some((result) => result.exitCode !== 0) ? '  (exit code not 0)' : '';
      process.stdout.write(
        `${name.padEnd(40)}${fixed(median(results.map((result) => result.wallSeconds)), 2)}${fixed(cpu, 2)}${fixed(Math.max(...results.map((result) => result.peakMiB)), 0)}    ${(cpu / reference).toFixed(2)}${failed}\n`,
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
