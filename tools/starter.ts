// Makes the starter vulnerability database that is committed in data/starter:  node tools/starter.ts --feeds DIR
// Only feeds whose licence lets their facts be passed on. Equal feeds give an equal file, byte for byte: the time of
// building that it states is the date of its newest data.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type BuildReport, buildDatabase, exportDatabase, starterDatabasePath } from '@hullcheck/advisories';

const { values } = parseArgs({ options: { feeds: { type: 'string' }, out: { type: 'string' } } });
if (values.feeds === undefined) throw new Error('usage: node tools/starter.ts --feeds DIR|URL [--out FILE]');
const location = values.feeds;
const target = path.resolve(values.out ?? starterDatabasePath);

const cacheDir = await mkdtemp(path.join(tmpdir(), 'hullcheck-starter-'));
try {
  const build = (now: string): Promise<BuildReport> =>
    buildDatabase({
      cacheDir,
      source: { kind: 'mirror', location },
      now,
      redistributableOnly: true,
    });
  const { sources } = await build('1970-01-01T00:00:00Z');
  const newest =
    sources
      .map(({ updatedAt }) => updatedAt)
      .sort()
      .at(-1) ?? '';
  const report = await build(newest);
  for (const { id, state, fault } of report.feeds) {
    if (state !== 'loaded') throw new Error(`${id}: ${fault?.message ?? state}`);
  }
  await mkdir(path.dirname(target), { recursive: true });
  const packed = await exportDatabase(report.path, target);
  await writeFile(path.join(path.dirname(target), 'README.md'), readme(report, packed));
  process.stderr.write(`${target}: ${packed.bytes} bytes, revision ${report.revision}\n`);
} finally {
  await rm(cacheDir, { recursive: true, force: true });
}

function readme(report: BuildReport, packed: { readonly bytes: number; readonly sha256: string }): string {
  const rows = report.sources.map(
    ({ id, updatedAt, extent, records, ecosystems, licence }) =>
      `| ${id} | ${updatedAt.slice(0, 10)} | ${extent} | ${records} | ${ecosystems.join(', ') || 'facts of CVE ids, or releases'} | ${licence ?? ''} |`,
  );
  return `# The starter vulnerability database

\`hullcheck-starter.db.zst\` is what Hullcheck judges by until it has reached the upstream feeds or a mirror for the first time.
It is old by design: every page and report states the date of each source, and an assessment that rests on old or partial
data is marked partial. Do not edit; made by \`node tools/starter.ts --feeds DIR\`, and equal feeds give an equal file.

- revision \`${report.revision}\`
- SHA-256 \`${packed.sha256}\`, ${packed.bytes} bytes

| source | date | extent | records | answers for | licence |
|---|---|---|---|---|---|
${rows.join('\n')}

What is in it: ids, aliases, affected versions, scores and vectors, dates, weakness classes, exploit states, addresses of
references. What is not: titles, descriptions and any other prose of a source. "Excerpt" means that the source knows more
than this part: silence about a package proves nothing.

Licences were read feed by feed. CC-BY-4.0: facts of the PyPA Advisory Database (https://github.com/pypa/advisory-database)
and of the Go vulnerability database (https://vuln.go.dev, The Go Authors), transformed into another form. MIT and
BSD-3-Clause: the mapping of identifiers only. EPSS scores: https://www.first.org/epss, by FIRST. Sources without a licence
text (Debian's security tracker, Alpine's secdb, parts of the compiled CVE scores) contribute single facts only.
Not taken from the same mirror: the GPL-2.0-only tables of debian-security-support.
`;
}
