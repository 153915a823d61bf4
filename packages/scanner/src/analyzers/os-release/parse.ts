import { cleanText } from '../foreign-text.ts';
import { limits } from '../limits.ts';

/** What one release file says, null where it says nothing. */
export type ReleaseFields = {
  readonly id: string | null;
  readonly versionId: string | null;
  readonly name: string | null;
  readonly prettyName: string | null;
  readonly codename: string | null;
  readonly idLike: readonly string[];
};

const ID_PATTERN = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** os-release: shell-like assignments, never evaluated. https://www.freedesktop.org/software/systemd/man/latest/os-release.html */
export function parseOsRelease(text: string): ReleaseFields {
  const values = parseAssignments(text);
  const id = values.get('ID')?.toLowerCase() ?? '';
  return {
    id: ID_PATTERN.test(id) ? id : null,
    versionId: field(values.get('VERSION_ID')),
    name: field(values.get('NAME')),
    prettyName: field(values.get('PRETTY_NAME')),
    codename: field(values.get('VERSION_CODENAME') ?? values.get('UBUNTU_CODENAME')),
    idLike: (values.get('ID_LIKE') ?? '')
      .toLowerCase()
      .split(/\s+/)
      .filter((like) => ID_PATTERN.test(like))
      .slice(0, 16),
  };
}

/** lsb-release: `DISTRIB_ID=Ubuntu`. */
export function parseLsbRelease(text: string): ReleaseFields {
  const values = parseAssignments(text);
  const id = values.get('DISTRIB_ID')?.toLowerCase() ?? '';
  return {
    id: ID_PATTERN.test(id) ? id : null,
    versionId: field(values.get('DISTRIB_RELEASE')),
    name: field(values.get('DISTRIB_ID')),
    prettyName: field(values.get('DISTRIB_DESCRIPTION')),
    codename: field(values.get('DISTRIB_CODENAME')),
    idLike: [],
  };
}

/** `12.5`, `trixie/sid`. */
export function parseDebianVersion(text: string): ReleaseFields {
  const line = firstLine(text);
  const numeric = /^\d+(?:\.\d+)*/.exec(line)?.[0] ?? null;
  const codename = numeric === null ? (/^[a-z]+/.exec(line)?.[0] ?? null) : null;
  return { ...bare('debian', 'Debian GNU/Linux', line), versionId: numeric, codename };
}

/** `3.20.2`, `3.21.0_alpha20240807`. */
export function parseAlpineRelease(text: string): ReleaseFields {
  const line = firstLine(text);
  return { ...bare('alpine', 'Alpine Linux', line), versionId: line === '' ? null : line };
}

const RED_HAT_FAMILY: readonly (readonly [RegExp, string])[] = [
  [/^red hat enterprise linux/i, 'rhel'],
  [/^centos/i, 'centos'],
  [/^rocky/i, 'rocky'],
  [/^almalinux/i, 'almalinux'],
  [/^oracle linux/i, 'ol'],
  [/^fedora/i, 'fedora'],
  [/^amazon linux/i, 'amzn'],
];

/** `CentOS Linux release 7.9.2009 (Core)`. */
export function parseRedHatRelease(text: string): ReleaseFields {
  const line = firstLine(text);
  const id = RED_HAT_FAMILY.find(([pattern]) => pattern.test(line))?.[1] ?? null;
  return {
    id,
    versionId: /\brelease (\d+(?:\.\d+)*)/.exec(line)?.[1] ?? null,
    name: null,
    prettyName: field(line),
    codename: field(/\(([^()]*)\)/.exec(line)?.[1]),
    idLike: id === null ? [] : ['rhel', 'fedora'],
  };
}

function bare(id: string, name: string, line: string): ReleaseFields {
  const prettyName = line === '' ? name : `${name} ${line}`;
  return { id, versionId: null, name, prettyName, codename: null, idLike: [] };
}

function parseAssignments(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Z][A-Z0-9_]*)=(.*)$/.exec(line.slice(0, 4096));
    if (match?.[1] !== undefined && match[2] !== undefined) values.set(match[1], unquote(match[2].trim()));
  }
  return values;
}

function unquote(text: string): string {
  const quote = text[0];
  if ((quote !== '"' && quote !== "'") || text.length < 2 || text.at(-1) !== quote) return text;
  const inner = text.slice(1, -1);
  return quote === '"' ? inner.replace(/\\(["$`\\])/g, '$1') : inner;
}

function firstLine(text: string): string {
  return cleanText((text.split('\n', 1)[0] ?? '').trim(), limits.osFieldCharsMax);
}

function field(text: string | undefined): string | null {
  const clean = cleanText(text ?? '', limits.osFieldCharsMax).trim();
  return clean === '' ? null : clean;
}
