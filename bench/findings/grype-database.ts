import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { openDatabase } from '@hullcheck/advisories';
import type { Advisory, AffectedPackage } from '@hullcheck/core';

/**
 * What Grype's database (schema 6.1) needs at least; its import makes the other tables and all indexes. Names and types as
 * its object mapper writes them, or the import would rebuild the tables.
 */
const TABLES = `
CREATE TABLE \`blobs\` (\`id\` integer PRIMARY KEY AUTOINCREMENT,\`value\` text NOT NULL);
CREATE TABLE \`db_metadata\` (\`build_timestamp\` datetime NOT NULL,\`model\` integer NOT NULL,\`revision\` integer NOT NULL,\`addition\` integer NOT NULL);
CREATE TABLE \`providers\` (\`id\` text,\`version\` text,\`processor\` text,\`date_captured\` datetime,\`input_digest\` text,PRIMARY KEY (\`id\`));
CREATE TABLE \`vulnerability_handles\` (\`id\` integer PRIMARY KEY AUTOINCREMENT,\`name\` text NOT NULL,\`status\` text NOT NULL,\`published_date\` datetime,\`modified_date\` datetime,\`withdrawn_date\` datetime,\`provider_id\` text NOT NULL,\`blob_id\` integer);
CREATE TABLE \`operating_systems\` (\`id\` integer PRIMARY KEY AUTOINCREMENT,\`name\` text,\`release_id\` text,\`major_version\` text,\`minor_version\` text,\`label_version\` text,\`codename\` text,\`channel\` text,\`eol_date\` datetime,\`eoas_date\` datetime);
CREATE TABLE \`packages\` (\`id\` integer PRIMARY KEY AUTOINCREMENT,\`ecosystem\` text,\`name\` text);
CREATE TABLE \`affected_package_handles\` (\`id\` integer PRIMARY KEY AUTOINCREMENT,\`vulnerability_id\` integer NOT NULL,\`operating_system_id\` integer,\`package_id\` integer,\`blob_id\` integer);
CREATE TABLE \`unaffected_package_handles\` (\`id\` integer PRIMARY KEY AUTOINCREMENT,\`vulnerability_id\` integer NOT NULL,\`operating_system_id\` integer,\`package_id\` integer,\`blob_id\` integer);`;

/** Our ecosystem: Grype's type of package, and the name of its version order. */
const LANGUAGES: Readonly<Record<string, readonly [type: string, order: string]>> = {
  pypi: ['python', 'python'],
  golang: ['go-module', 'go'],
  npm: ['npm', 'semver'],
  gem: ['gem', 'gem'],
  cargo: ['rust-crate', 'semver'],
  composer: ['php-composer', 'semver'],
};
const CODENAMES: Readonly<Record<string, string>> = { 11: 'bullseye', 12: 'bookworm', 13: 'trixie' };

/** Writes Grype's `vulnerability.db` of advisories as `writtenAdvisories` gives them. */
export function writeGrypeDatabase(advisories: readonly Advisory[], target: string): void {
  rmSync(target, { force: true });
  const database = new DatabaseSync(target);
  try {
    database.exec(`BEGIN; ${TABLES}`);
    const at = '2026-08-22 00:00:00+00:00';
    database.prepare('INSERT INTO db_metadata VALUES (?, 6, 1, 10)').run(at);
    const writer = new Writer(database, at);
    for (const advisory of advisories) writer.write(advisory);
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

function isWritten(ecosystem: string): boolean {
  return ecosystem in LANGUAGES || /^(?:debian:1[123]|alpine:3\.\d+)$/.test(ecosystem);
}

/** What one of our databases says of Debian, Alpine and the six languages above. */
export function writtenAdvisories(from: string): readonly Advisory[] {
  const rows = new DatabaseSync(from, { readOnly: true });
  const keys = rows
    .prepare(
      'select distinct e.name as ecosystem, a.name as name from affected a join ecosystem e on e.id = a.ecosystem',
    )
    .all()
    .map(({ ecosystem, name }) => ({ ecosystem: String(ecosystem), name: String(name) }))
    .filter(({ ecosystem }) => isWritten(ecosystem));
  rows.close();
  const database = openDatabase(from);
  try {
    return database.advisoriesFor(keys);
  } finally {
    database.close();
  }
}

class Writer {
  readonly #insert: Readonly<Record<'blob' | 'provider' | 'vulnerability' | 'system' | 'package', StatementSync>>;
  readonly #handle: Readonly<Record<'affected' | 'unaffected', StatementSync>>;
  readonly #ids = new Map<string, number | bigint>();
  readonly #at: string;

  constructor(database: DatabaseSync, at: string) {
    this.#at = at;
    this.#insert = {
      blob: database.prepare('INSERT INTO blobs (value) VALUES (?)'),
      provider: database.prepare("INSERT INTO providers VALUES (?, '1', 'hullcheck', ?, ?)"),
      vulnerability: database.prepare(
        'INSERT INTO vulnerability_handles (name, status, withdrawn_date, provider_id, blob_id) VALUES (?, ?, ?, ?, ?)',
      ),
      system: database.prepare(
        "INSERT INTO operating_systems (name, release_id, major_version, minor_version, label_version, codename, channel) VALUES (?, ?, ?, ?, '', ?, '')",
      ),
      package: database.prepare('INSERT INTO packages (ecosystem, name) VALUES (?, ?)'),
    };
    const handle = (table: string): StatementSync =>
      database.prepare(
        `INSERT INTO ${table} (vulnerability_id, operating_system_id, package_id, blob_id) VALUES (?, ?, ?, ?)`,
      );
    this.#handle = { affected: handle('affected_package_handles'), unaffected: handle('unaffected_package_handles') };
  }

  write({ id, feed, aliases, withdrawn, affected }: Advisory): void {
    const provider = feed === 'debian-tracker' ? 'debian' : feed === 'alpine-secdb' ? 'alpine' : feed;
    this.#once(`provider ${provider}`, () =>
      this.#insert.provider.run(provider, this.#at, `sha256:${createHash('sha256').update(feed).digest('hex')}`),
    );
    const vulnerability = this.#insert.vulnerability.run(
      id,
      withdrawn === null ? 'active' : 'rejected',
      withdrawn,
      provider,
      this.#blob({ id, aliases }),
    ).lastInsertRowid;
    const cves = aliases.filter((alias) => alias.startsWith('CVE-'));
    for (const one of affected) {
      const [system, type, order] = this.#placeOf(one.ecosystem);
      const name = this.#once(`package ${type} ${one.name.toLowerCase()}`, () =>
        this.#insert.package.run(type, one.name),
      );
      const kind = one.status === 'not-affected' ? 'unaffected' : 'affected';
      this.#handle[kind].run(vulnerability, system, name, this.#blob({ cves, ranges: rangesOf(one, order) }));
    }
  }

  #placeOf(ecosystem: string): readonly [number | bigint | null, string, string] {
    const language = LANGUAGES[ecosystem];
    if (language !== undefined) return [null, ...language];
    const [distribution = '', release = ''] = ecosystem.split(':');
    const [major = '', minor = ''] = release.split('.');
    const system = this.#once(`system ${ecosystem}`, () =>
      this.#insert.system.run(distribution, distribution, major, minor, CODENAMES[release] ?? ''),
    );
    return distribution === 'debian' ? [system, 'deb', 'dpkg'] : [system, 'apk', 'apk'];
  }

  #blob(value: object): number | bigint {
    return this.#insert.blob.run(JSON.stringify(value)).lastInsertRowid;
  }

  #once(key: string, insert: () => { readonly lastInsertRowid: number | bigint }): number | bigint {
    const known = this.#ids.get(key) ?? insert().lastInsertRowid;
    this.#ids.set(key, known);
    return known;
  }
}

interface GrypeRange {
  readonly version: { readonly type: string; readonly constraint: string };
  readonly fix: { readonly version?: string; readonly state: string };
}

/** Grype takes one of several ranges as enough, and the parts of one as all needed. An empty constraint holds for every version. */
function rangesOf({ ranges, versions, expression, status }: AffectedPackage, type: string): readonly GrypeRange[] {
  const range = (constraint: string, fixed: string | null): GrypeRange => ({
    version: { type, constraint },
    fix:
      fixed === null
        ? { state: status === 'will-not-fix' ? 'wont-fix' : status === 'not-affected' ? 'not-affected' : 'not-fixed' }
        : { version: fixed, state: 'fixed' },
  });
  const written = ranges.map(({ introduced, fixed, lastAffected }) => {
    const parts = [
      introduced === null || introduced === '0' ? '' : `>= ${introduced}`,
      fixed === null ? '' : `< ${fixed}`,
      lastAffected === null ? '' : `<= ${lastAffected}`,
    ];
    return range(parts.filter((part) => part !== '').join(', '), fixed);
  });
  // npm joins by a space what the others join by a comma.
  if (expression !== null) written.push(range(expression.replace(/(?<=[\w.]) +(?=[<>=])/g, ', '), null));
  if (written.length === 0 && versions.length > 0)
    written.push(range(versions.map((version) => `= ${version}`).join(' || '), null));
  return written.length === 0 ? [range('', null)] : written;
}

/** Of every id and alias, one that stands for all of them: a CVE id where there is one. */
export function canonicalIds(advisories: readonly Advisory[]): (id: string) => string {
  const parents = new Map<string, string>();
  const root = (id: string): string => {
    const parent = parents.get(id);
    return parent === undefined || parent === id ? id : root(parent);
  };
  for (const { id, aliases } of advisories) {
    for (const alias of aliases) {
      const [a, b] = [root(id), root(alias)].sort((x, y) => rank(x) - rank(y) || (x < y ? -1 : 1));
      if (a !== undefined && b !== undefined && a !== b) parents.set(b, a);
    }
  }
  return root;
}

function rank(id: string): number {
  return id.startsWith('CVE-') ? 0 : 1;
}
