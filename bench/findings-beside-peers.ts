// Findings beside Grype's, judged by one advisory database: ours, written over into Grype's format, so that what differs is
// how packages are found and matched, not what the feeds say. Run: PEER_GRYPE=… node bench/findings-beside-peers.ts IMAGE...
// (names of the corpus, or `boundaries=debian:12`: every package that the advisories of an ecosystem name, in each version where
// its verdict changes). BENCH_DATABASE names the database; without it the starter in data/starter serves. Prints tables; exits
// with 1 while a difference has no cause.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { type Advisory, parsePurl } from '@hullcheck/core';
import { corpusArchive, repositoryRoot } from '@hullcheck/testkit';
import { boundaryDocument } from './findings/boundaries.ts';
import {
  type Causes,
  causeOfMissing,
  causeOfMore,
  type GrypeReport,
  type Known,
  type OurReport,
} from './findings/causes.ts';
import { canonicalIds, writeGrypeDatabase, writtenAdvisories } from './findings/grype-database.ts';

const grype = process.env.PEER_GRYPE ?? 'grype';
const folder = mkdtempSync(join(tmpdir(), 'hullcheck-findings-'));
const env = {
  ...process.env,
  GRYPE_DB_CACHE_DIR: join(folder, 'grype'),
  GRYPE_DB_AUTO_UPDATE: 'false',
  GRYPE_DB_VALIDATE_AGE: 'false',
  GRYPE_CHECK_FOR_APP_UPDATE: 'false',
};
const run = (program: string, args: readonly string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'inherit'], env });

function ourDatabase(): string {
  if (process.env.BENCH_DATABASE !== undefined) return process.env.BENCH_DATABASE;
  const file = join(folder, 'starter.db');
  const packed = readFileSync(join(repositoryRoot, 'data', 'starter', 'hullcheck-starter.db.zst'));
  writeFileSync(file, zstdDecompressSync(packed));
  return file;
}

function importIntoGrype(advisories: readonly Advisory[]): void {
  writeGrypeDatabase(advisories, join(folder, 'vulnerability.db'));
  const archive = join(folder, 'grype.tar.zst');
  run('tar', ['--zstd', '-cf', archive, '-C', folder, 'vulnerability.db']);
  run(grype, ['db', 'import', archive, '-q']);
}

/** One package as both write it: type, name and version, without what only one of them adds. */
function packageKey(text: string): string {
  const purl = parsePurl(text);
  if (purl === undefined) return text;
  const name =
    purl.namespace === null || purl.type === 'deb' || purl.type === 'apk'
      ? purl.name
      : `${purl.namespace}/${purl.name}`;
  const epoch = purl.qualifiers.epoch;
  const version = purl.version ?? '';
  switch (purl.type) {
    case 'deb':
      return `deb ${name} ${epoch === undefined || version.includes(':') ? version : `${epoch}:${version}`}`;
    case 'golang':
      return `golang ${name === 'std' ? 'stdlib' : name.toLowerCase()} ${version.replace(/^(?:go|v)(?=\d)/, '')}`;
    case 'pypi':
      return `pypi ${name.toLowerCase().replace(/[-_.]+/g, '-')} ${version}`;
    default:
      return `${purl.type} ${name} ${version}`;
  }
}

interface Compared {
  readonly both: number;
  readonly ours: number;
  readonly theirs: number;
  readonly causes: Causes;
}

function compare(
  source: string,
  database: string,
  { canonical, npmNames }: Pick<Known, 'canonical' | 'npmNames'>,
): Compared {
  const bin = join(repositoryRoot, 'apps', 'cli', 'bin', 'hullcheck.mjs');
  const ourArgs = ['scan', source, '-q', '--offline', '--no-cache', '-f', 'json', '--db', database];
  const our: OurReport = JSON.parse(run(process.execPath, [bin, ...ourArgs, '--cache', join(folder, 'cache')]));
  const listed = join(folder, 'packages.json');
  const their: GrypeReport = JSON.parse(run(grype, [source, '-q', '-o', 'json', '-o', `cyclonedx-json=${listed}`]));
  const components: { components?: readonly { purl?: string }[] } = JSON.parse(readFileSync(listed, 'utf8'));
  const known = {
    canonical,
    npmNames,
    packageKey,
    listed: new Set(
      (components.components ?? []).flatMap(({ purl }) => (purl === undefined ? [] : [packageKey(purl)])),
    ),
  };
  const ours = new Map(
    our.findings.map((finding) => [`${packageKey(finding.package.purl)} ${canonical(finding.id)}`, finding]),
  );
  const theirs = new Map(
    their.matches.map((match) => [`${packageKey(match.artifact.purl)} ${canonical(match.vulnerability.id)}`, match]),
  );
  const causes = new Map<string, string[]>();
  const count = (cause: string, key: string) => causes.set(cause, [...(causes.get(cause) ?? []), key]);
  for (const [key, match] of theirs) if (!ours.has(key)) count(`only Grype: ${causeOfMissing(match, our, known)}`, key);
  for (const [key, finding] of ours)
    if (!theirs.has(key)) count(`only Hullcheck: ${causeOfMore(finding, their, known)}`, key);
  const both = [...ours.keys()].filter((key) => theirs.has(key)).length;
  return { both, ours: ours.size, theirs: theirs.size, causes };
}

function* sources(names: readonly string[], advisories: readonly Advisory[]): Iterable<readonly [string, string]> {
  for (const name of names) {
    if (name.startsWith('boundaries=')) {
      const ecosystem = name.slice('boundaries='.length);
      const file = join(folder, `${ecosystem.replace(':', '-')}.cdx.json`);
      writeFileSync(file, JSON.stringify(boundaryDocument(advisories, ecosystem)));
      yield [`boundaries of ${ecosystem}`, `sbom:${file}`];
    } else {
      const archive = corpusArchive(name);
      if (archive !== undefined) yield [name, `docker-archive:${archive}`];
    }
  }
}

let unexplained = 0;
try {
  const database = ourDatabase();
  const advisories = writtenAdvisories(database);
  importIntoGrype(advisories);
  const canonical = canonicalIds(advisories);
  const npmNames = new Set(
    advisories.flatMap(({ id, affected }) =>
      affected.filter(({ ecosystem }) => ecosystem === 'npm').map(({ name }) => `${name} ${canonical(id)}`),
    ),
  );
  process.stdout.write(`${advisories.length} advisories\n\n`);
  process.stdout.write(
    '| image | hullcheck | grype | both | only hullcheck | only grype |\n|---|---:|---:|---:|---:|---:|\n',
  );
  const all = new Map<string, { readonly count: number; readonly example: string }>();
  for (const [image, source] of sources(process.argv.slice(2), advisories)) {
    const { both, ours, theirs, causes } = compare(source, database, { canonical, npmNames });
    process.stdout.write(`| ${image} | ${ours} | ${theirs} | ${both} | ${ours - both} | ${theirs - both} |\n`);
    for (const [cause, keys] of causes) {
      const known = all.get(cause);
      all.set(cause, { count: (known?.count ?? 0) + keys.length, example: known?.example ?? `${image}: ${keys[0]}` });
      if (cause.endsWith('unexplained')) {
        unexplained += keys.length;
        process.stderr.write(`${image} ${cause}\n${keys.map((key) => `  ${key}\n`).join('')}`);
      }
    }
  }
  process.stdout.write('\n| cause | findings | example |\n|---|---:|---|\n');
  for (const [cause, { count, example }] of [...all].sort(([, a], [, b]) => b.count - a.count)) {
    process.stdout.write(`| ${cause} | ${count} | ${example} |\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = unexplained === 0 ? 0 : 1;
