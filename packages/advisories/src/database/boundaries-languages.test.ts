import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Case,
  cveOf,
  differencesIn,
  osvZip,
  type Pair,
  tarGz,
  type WrittenFeed,
} from './written-bounds.testing.ts';

// Feeds of language ecosystems of which no snapshot lies in the mirror, at every kind of bound: introduced, fixed, last
// affected, several ranges, pre-releases, withdrawn. The versions and their order are those of Maven, npm, Composer, RubyGems …
// themselves; of NuGet, pub.dev and Julia those that their documentation and tests state, and what all semantic versions share.

interface OsvShape {
  readonly id: string;
  readonly ecosystem: string;
  readonly type: string;
  readonly prefix?: string;
  /** The name of a package by the key of its case. */
  readonly named?: (key: string) => string;
}

const osv = (
  { id, ecosystem, type, prefix = 'GHSA', named = (key) => key }: OsvShape,
  tables: readonly string[],
  takes: WrittenFeed['takes'] = () => true,
): WrittenFeed => {
  const idOf = ({ number }: Case) => `${prefix}-2024-${number}`;
  return {
    feed: id,
    tables,
    takes,
    idOf,
    subject: ({ key }) => ({ type, name: named(key) }),
    write: (cases) => ({ [`${id}.zip`]: osvZip(cases, idOf, ({ key }) => ({ ecosystem, name: named(key) })) }),
  };
};

/** What semantic versions are to everybody: full, in lower case, and without build metadata, which only pub.dev orders. */
const isShared = ({ a, b, sign }: Pair): boolean =>
  [a, b].every((text) => /^\d+\.\d+\.\d+(?:-[a-z0-9.-]+)?$/.test(text)) && sign !== '?';

const FEEDS: readonly WrittenFeed[] = [
  osv({ id: 'osv-maven', ecosystem: 'Maven', type: 'maven', named: (key) => `org.example:${key}` }, [
    'maven.txt',
    'maven-generated.txt',
  ]),
  osv({ id: 'osv-npm', ecosystem: 'npm', type: 'npm', named: (key) => `@example/${key}` }, ['npm-generated.txt']),
  osv({ id: 'osv-nuget', ecosystem: 'NuGet', type: 'nuget', named: (key) => `Example.${key}` }, ['nuget.txt']),
  osv({ id: 'osv-packagist', ecosystem: 'Packagist', type: 'composer', named: (key) => `example/${key}` }, [
    'composer-generated.txt',
  ]),
  osv({ id: 'osv-hex', ecosystem: 'Hex', type: 'hex' }, ['hex-generated.txt']),
  osv({ id: 'osv-pub', ecosystem: 'Pub', type: 'pub' }, ['pub.txt']),
  osv(
    { id: 'osv-swift', ecosystem: 'SwiftURL', type: 'swift', named: (key) => `https://example.com/Acme/${key}.git` },
    ['semver-generated.txt'],
  ),
  osv({ id: 'osv-rubygems', ecosystem: 'RubyGems', type: 'gem' }, ['gem-generated.txt']),
  osv({ id: 'osv-cran', ecosystem: 'CRAN', type: 'cran', prefix: 'RSEC' }, ['cran-generated.txt']),
  osv({ id: 'osv-julia', ecosystem: 'Julia', type: 'julia', prefix: 'JLSEC' }, ['julia.txt']),
  osv({ id: 'osv-crates', ecosystem: 'crates.io', type: 'cargo' }, ['cargo-generated.txt']),
  osv({ id: 'osv-go', ecosystem: 'Go', type: 'golang', prefix: 'MAL', named: (key) => `example.com/${key}` }, [
    'golang-generated.txt',
  ]),
];

/** The same order where all semantic versions agree, for those whose own tool no machine of ours has. */
const SHARED: readonly WrittenFeed[] = [
  osv({ id: 'osv-nuget', ecosystem: 'NuGet', type: 'nuget' }, ['semver-generated.txt'], isShared),
  osv({ id: 'osv-pub', ecosystem: 'Pub', type: 'pub' }, ['semver-generated.txt'], isShared),
  osv({ id: 'osv-julia', ecosystem: 'Julia', type: 'julia', prefix: 'JLSEC' }, ['semver-generated.txt'], isShared),
];

/** GitHub's own repository, which is of several ecosystems at once. */
const github = (ecosystem: string, type: string, table: string): WrittenFeed => {
  const idOf = ({ number }: Case) => `GHSA-aaaa-bbbb-${String(number).padStart(4, '0')}`;
  const name = (key: string) => (type === 'maven' ? `org.example:${key}` : key);
  const pathOf = (id: string) => `a/advisories/github-reviewed/2024/01/${id}/${id}.json`;
  return {
    feed: 'ghsa',
    tables: [table],
    idOf,
    subject: ({ key }) => ({ type, name: name(key) }),
    write: (cases) => ({
      'advisory-database.zip': osvZip(cases, idOf, ({ key }) => ({ ecosystem, name: name(key) }), pathOf),
    }),
  };
};

it.each([
  github('Maven', 'maven', 'maven-generated.txt'),
  github('PyPI', 'pypi', 'pep440-generated.txt'),
  github('npm', 'npm', 'npm-generated.txt'),
])("GitHub's records, with versions of $tables", async (one) => {
  const found = (await differencesIn([one], 60)).get('ghsa');
  expect(found?.wrong).toEqual([]);
  expect(found?.judged).toBeGreaterThan(200);
});

/** GitLab's ranges: brackets for Maven and NuGet, comparators for the others. */
const gitlab = (
  folder: string,
  type: string,
  tables: readonly string[],
  {
    form = 'comparators',
    name = (key: string) => key,
    takes = () => true,
  }: {
    readonly form?: 'comparators' | 'brackets';
    readonly name?: (key: string) => string;
    readonly takes?: (pair: Pair) => boolean;
  } = {},
): WrittenFeed => {
  const idOf = cveOf;
  return {
    feed: 'gitlab-advisories',
    tables,
    // The form has no escapes: bounds with its own signs in them can't be written.
    takes: (pair) =>
      takes(pair) && [pair.a, pair.b].every((text) => !/[,()[\]<>=|"\\]/.test(text)) && pair.sign !== '?',
    // What was taken back it empties or removes.
    kinds: ['fixed', 'last affected', 'introduced', 'after', 'between two ranges', 'one range'],
    idOf,
    subject: ({ key }) => ({ type, name: name(key).replace(/\/([^/]*)$/, type === 'maven' ? ':$1' : '/$1') }),
    write: (cases) => ({
      'advisories.tar.gz': tarGz(
        cases.map((one) => ({
          path: `a/${folder}/${name(one.key)}/${idOf(one)}.yml`,
          text: JSON.stringify({
            identifier: idOf(one),
            package_slug: `${folder}/${name(one.key)}`,
            affected_range: one.ranges
              .map(form === 'brackets' ? inBrackets : inComparators)
              .join(form === 'brackets' ? ',' : '||'),
          }),
        })),
      ),
    }),
  };
};

function inBrackets({ introduced, after = '', fixed, lastAffected }: Case['ranges'][number]): string {
  return `${introduced === null ? `(${after}` : `[${introduced}`},${fixed ?? lastAffected ?? ''}${lastAffected === undefined ? ')' : ']'}`;
}

function inComparators({ introduced, after, fixed, lastAffected }: Case['ranges'][number]): string {
  const start = introduced === null ? (after === undefined ? [] : [`>${after}`]) : [`>=${introduced}`];
  const end = fixed === undefined ? (lastAffected === undefined ? [] : [`<=${lastAffected}`]) : [`<${fixed}`];
  return [...start, ...end].join(' ');
}

const GITLAB: readonly WrittenFeed[] = [
  gitlab('maven', 'maven', ['maven-generated.txt'], { form: 'brackets', name: (key) => `org.example/${key}` }),
  gitlab('nuget', 'nuget', ['nuget.txt'], { form: 'brackets' }),
  gitlab('npm', 'npm', ['npm-generated.txt']),
  gitlab('packagist', 'composer', ['composer-generated.txt'], { name: (key) => `example/${key}` }),
  gitlab('pypi', 'pypi', ['pep440-generated.txt']),
  gitlab('gem', 'gem', ['gem-generated.txt']),
  gitlab('cargo', 'cargo', ['cargo-generated.txt']),
  gitlab('conan', 'conan', ['conan-generated.txt']),
  gitlab('pub', 'pub', ['semver-generated.txt'], { takes: isShared }),
  gitlab('swift', 'swift', ['semver-generated.txt'], { name: (key) => `example.com/acme/${key}`, takes: isShared }),
];

/** NVD's, of programs by CPE: plain numbers, which every order of versions agrees on. */
const NVD: WrittenFeed = {
  feed: 'nvd-cve',
  tables: ['semver-generated.txt'],
  takes: ({ a, b }) => [a, b].every((text) => /^\d+\.\d+\.\d+$/.test(text)),
  kinds: ['fixed', 'last affected', 'introduced', 'after', 'between two ranges', 'one range'],
  idOf: cveOf,
  subject: ({ key, version }) => ({
    type: 'generic',
    name: key,
    cpes: [`cpe:2.3:a:example:${key}:${version}:*:*:*:*:*:*:*`],
  }),
  write: (cases) => ({
    'nvdcve-2.0-2024.json': JSON.stringify({
      format: 'NVD_CVE',
      timestamp: '2026-08-20T03:00:01.123',
      vulnerabilities: cases.map((one) => ({
        cve: {
          id: cveOf(one),
          published: '2024-01-02T03:04:05.678',
          lastModified: '2024-05-06T07:08:09.1',
          vulnStatus: 'Analyzed',
          configurations: [{ nodes: [{ operator: 'OR', negate: false, cpeMatch: matchesOf(one) }] }],
        },
      })),
    }),
  }),
};

function matchesOf({ key, ranges }: Case): readonly object[] {
  return ranges.map(({ introduced, after, fixed, lastAffected }) => ({
    vulnerable: true,
    criteria: `cpe:2.3:a:example:${key}:*:*:*:*:*:*:*:*`,
    ...(introduced === null ? {} : { versionStartIncluding: introduced }),
    ...(after === undefined ? {} : { versionStartExcluding: after }),
    ...(fixed === undefined ? {} : { versionEndExcluding: fixed }),
    ...(lastAffected === undefined ? {} : { versionEndIncluding: lastAffected }),
  }));
}

it("NVD's records", async () => {
  const found = (await differencesIn([NVD], 60)).get('nvd-cve');
  expect(found?.wrong).toEqual([]);
  expect(found?.judged).toBeGreaterThan(200);
});

type Differences = Awaited<ReturnType<typeof differencesIn>>;

describe('records of osv.dev', () => {
  let differences: Differences;
  beforeAll(async () => {
    differences = await differencesIn(FEEDS, 120);
  }, 120_000);

  it.each(FEEDS.map(({ feed }) => feed))('%s', (feed) => {
    const { judged = 0, affected = 0, wrong } = differences.get(feed) ?? {};
    expect(wrong).toEqual([]);
    expect(judged).toBeGreaterThan(60);
    expect(affected).toBeGreaterThan(20);
  });
});

it('records of NuGet, pub.dev and Julia, where all semantic versions agree', async () => {
  const differences = await differencesIn(SHARED, 100);
  expect([...differences.values()].flatMap(({ wrong }) => wrong)).toEqual([]);
  expect(Math.min(...[...differences.values()].map(({ judged }) => judged))).toBeGreaterThan(300);
});

it.each(GITLAB.map((one) => [one.tables[0] ?? '', one] as const))(
  "GitLab's records, with versions of %s",
  async (_, one) => {
    const [found] = (await differencesIn([one], 60)).values();
    expect(found?.wrong).toEqual([]);
    expect(found?.judged).toBeGreaterThan(60);
  },
);
