import type { AdvisoryLookup, PackageSupport, SupportLine } from '../advisory.ts';
import type { SupportNote } from '../assessment.ts';
import type { Finding } from '../finding.ts';
import { isJudgedByOwner } from '../matching/catalogue.ts';
import { cpeName, parseCpe } from '../matching/cpe.ts';
import type { Package } from '../package.ts';
import { purlWithoutVersion } from '../purl/index.ts';

/**
 * Under which keys sources say how long the package is cared for: its release, where a distribution builds it (a distribution
 * patches long after its upstream has ended), and otherwise its purl and CPEs.
 */
export function supportKeysOf(pkg: Package): readonly string[] {
  if (isJudgedByOwner(pkg)) return [];
  if (pkg.distribution !== null) return [`${pkg.distribution.id}:${pkg.distribution.release}`];
  const cpes = (pkg.cpes ?? []).flatMap((text) => parseCpe(text) ?? []).filter(({ part }) => part === 'a');
  // Go's library has the version of the compiler, and that is what ends.
  const isGo = pkg.type === 'golang' && pkg.name === 'stdlib';
  return [
    purlWithoutVersion(pkg.purl),
    ...new Set(cpes.map((cpe) => `cpe:${cpeName(cpe)}`)),
    ...(isGo ? ['cpe:golang:go'] : []),
  ];
}

/** Packages whose support has ended by now or is limited, by subject, then purl. `nowMs` is epoch milliseconds. */
export function supportNotes(
  packages: readonly Package[],
  database: AdvisoryLookup | null,
  nowMs: number,
): readonly SupportNote[] {
  if (database?.packageSupport === undefined) return [];
  const keys = [...new Set(packages.flatMap(supportKeysOf))].sort();
  const known = new Map<string, PackageSupport[]>();
  for (const support of database.packageSupport(keys)) {
    const others = known.get(support.key);
    if (others === undefined) known.set(support.key, [support]);
    else others.push(support);
  }
  if (known.size === 0) return [];
  const today = new Date(nowMs).toISOString().slice(0, 10);
  const notes = new Map<string, SupportNote>();
  for (const pkg of packages) {
    const note = noteOf(
      pkg,
      supportKeysOf(pkg).flatMap((key) => known.get(key) ?? []),
      today,
    );
    if (note !== undefined) notes.set(pkg.purl, note);
  }
  return [...notes.values()].sort(bySubject);
}

/** The findings of these packages say so themselves: each is read alone, in a ticket or a pipeline. */
export function withSupport(findings: readonly Finding[], notes: readonly SupportNote[]): readonly Finding[] {
  if (notes.length === 0) return findings;
  const byPurl = new Map(notes.map((note) => [note.purl, note]));
  return findings.map((finding) => {
    const note = byPurl.get(finding.package.purl);
    if (note === undefined) return finding;
    const { status, since, subject } = note;
    return { ...finding, support: { status, since, subject } };
  });
}

function noteOf(pkg: Package, supports: readonly PackageSupport[], today: string): SupportNote | undefined {
  for (const { title, lines } of supports) {
    const line = pkg.distribution === null ? lineOfVersion(pkg.version, lines) : lineOfSource(pkg, lines, today);
    if (line === undefined || line.status === 'supported' || !hasCome(line, today)) continue;
    const source = pkg.source?.name ?? pkg.name;
    return {
      purl: pkg.purl,
      name: pkg.name,
      version: pkg.version,
      status: line.status,
      since: line.from,
      subject: pkg.distribution === null ? `${title} ${line.covers}` : `${source} in ${title}`,
      extendedUntil: line.extended,
      reference: line.reference,
    };
  }
  return undefined;
}

const hasCome = ({ from }: SupportLine, today: string) => from === null || from <= today;

/** The worst that is said of the source package; an end that is still to come hides no limit. */
function lineOfSource(pkg: Package, lines: readonly SupportLine[], today: string): SupportLine | undefined {
  const source = pkg.source?.name ?? pkg.name;
  const named = lines.filter(
    (line) =>
      hasCome(line, today) &&
      (line.covers.endsWith('*') ? source.startsWith(line.covers.slice(0, -1)) : source === line.covers),
  );
  return named.find(({ status }) => status === 'ended') ?? named[0];
}

/** The longest line that begins the version: `2.12` before `2`, and `1.1.1` for 1.1.1w. */
function lineOfVersion(version: string, lines: readonly SupportLine[]): SupportLine | undefined {
  const plain = version.replace(/^(?:v|go)(?=[0-9])/, '');
  let longest: SupportLine | undefined;
  for (const line of lines) {
    const begins = plain.startsWith(line.covers) && !/^[0-9]/.test(plain.slice(line.covers.length));
    if (begins && (longest === undefined || line.covers.length > longest.covers.length)) longest = line;
  }
  return longest;
}

function bySubject(a: SupportNote, b: SupportNote): number {
  if (a.subject !== b.subject) return a.subject < b.subject ? -1 : 1;
  return a.purl < b.purl ? -1 : Number(a.purl > b.purl);
}
