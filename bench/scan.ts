// Whole processes side by side: a scan against decompressing and hashing the same layers, and against the peers that
// PEER_TRIVY, PEER_SYFT and PEER_GRYPE name. Run: node bench/scan.ts IMAGE... (names of the corpus). A row whose program
// is missing is left out. Figures are medians of BENCH_RUNS interleaved runs after one warm-up; BENCH_HULLCHECK names the
// program, for example the published one (dist/hullcheck/bin/hullcheck.mjs after `npm run build`).
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { corpusArchive, corpusLayout, repositoryRoot } from '@hullcheck/testkit';
import { type Measured, measureProcess, median } from './measured-process.ts';

const RUNS = Number(process.env.BENCH_RUNS ?? 3);
const hullcheck = [
  process.execPath,
  process.env.BENCH_HULLCHECK ?? join(repositoryRoot, 'apps', 'cli', 'bin', 'hullcheck.mjs'),
];
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

const peerCache = join(folder, 'peer');

/** Trivy lists no Java archives without its index of them; an empty one makes it read them all the same. */
function writeEmptyJavaIndex(cache: string): void {
  const target = join(cache, 'java-db');
  mkdirSync(target, { recursive: true });
  const database = new DatabaseSync(join(target, 'trivy-java.db'));
  database.exec(`
    CREATE TABLE artifacts(id INTEGER PRIMARY KEY, group_id TEXT, artifact_id TEXT);
    CREATE TABLE indices(artifact_id INTEGER, version TEXT, sha1 BLOB, archive_type TEXT);
    CREATE UNIQUE INDEX artifacts_idx ON artifacts(artifact_id, group_id);
    CREATE INDEX indices_artifact_idx ON indices(artifact_id);
    CREATE UNIQUE INDEX indices_sha1_idx ON indices(sha1)`);
  database.close();
  const [UpdatedAt, NextUpdate] = ['2026-01-01T00:00:00Z', '2099-01-01T00:00:00Z'];
  const about = { Version: 1, UpdatedAt, NextUpdate, DownloadedAt: UpdatedAt };
  writeFileSync(join(target, 'metadata.json'), JSON.stringify(about));
}

interface Row {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function rowsFor(image: string): readonly Row[] {
  const layout = corpusLayout(image);
  const archive = corpusArchive(image);
  // The database is unpacked by the warm-up; layers are read anew each time.
  const own = ['--offline', '--cache', join(folder, 'cache'), '--no-cache', '-f', 'json'];
  const rows: Row[] = [];
  if (layout !== undefined) {
    const layers = gzipLayers(layout);
    rows.push({
      name: 'gzip -dc | sha256sum',
      command: ['sh', '-c', `for layer in ${layers.join(' ')}; do gzip -dc "$layer" | sha256sum; done`],
    });
    rows.push({
      name: 'hullcheck, OCI layout',
      command: [...hullcheck, 'scan', `oci-dir:${layout}`, '-q', ...own],
    });
  }
  if (archive !== undefined)
    rows.push({
      name: 'hullcheck, docker archive',
      command: [...hullcheck, 'scan', `docker-archive:${archive}`, '-q', ...own],
    });
  const { PEER_TRIVY: trivy, PEER_SYFT: syft, PEER_GRYPE: grype } = process.env;
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
  if (process.env.PEER_TRIVY !== undefined) writeEmptyJavaIndex(peerCache);
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
      `\n${image}\n${'program'.padEnd(40)}${'wall s'.padStart(8)}${'CPU s'.padStart(8)}${'MiB'.padStart(8)}${'once'.padStart(8)}    CPU of reference\n`,
    );
    const reference = median((measured.get('gzip -dc | sha256sum') ?? []).map((result) => result.cpuSeconds));
    for (const [name, results] of measured) {
      const cpu = median(results.map((result) => result.cpuSeconds));
      const failed = results.some((result) => result.exitCode !== 0) ? '  (exit code not 0)' : '';
      process.stdout.write(
        `${name.padEnd(40)}${fixed(median(results.map((result) => result.wallSeconds)), 2)}${fixed(cpu, 2)}${fixed(Math.max(...results.map((result) => result.peakMiB)), 0)}${fixed(Math.max(...results.map((result) => result.peakOnceMiB)), 0)}    ${(cpu / reference).toFixed(2)}${failed}\n`,
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
