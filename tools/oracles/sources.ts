import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the feeds hold of one scheme. */
export interface Found {
  /** Package → versions. */
  readonly versions: ReadonlyMap<string, ReadonlySet<string>>;
  /** Ranges as advisories write them. */
  readonly ranges: ReadonlySet<string>;
  /** Forms to write more ranges in, `A` and `B` standing for versions. */
  readonly forms: readonly string[];
}

/** The pieces that each scheme's order turns on, to put strange versions together from. */
export const pieces: Readonly<Record<string, readonly string[]>> = {
  deb: [
    '.0',
    '.1',
    '.10',
    '-1',
    '~',
    '~rc1',
    '+',
    '+deb12u1',
    'a',
    'Z',
    '.',
    '-0',
    '1:',
    '00',
    '007',
    '+b1',
    '~~',
    '-1~bpo1',
  ],
  apk: [
    '.0',
    '.1',
    '.10',
    '.01',
    '.001',
    'a',
    'b',
    '_alpha',
    '_rc1',
    '_rc',
    '_p1',
    '_git20240101',
    '_p',
    '-r0',
    '-r1',
    '-r10',
    '00',
  ],
  rpm: [
    '.0',
    '.1',
    '.10',
    '-1',
    '~',
    '~rc1',
    '^',
    '^git1',
    'a',
    'Z',
    '.',
    '_',
    '+',
    '-1.el9',
    '007',
    'el9_2',
    '.a',
    '-2',
  ],
  pep440: [
    '.0',
    '.1',
    '.10',
    'a1',
    'b2',
    'rc1',
    '.post1',
    '.dev1',
    '-1',
    '+local.1',
    '+ubuntu-1',
    'alpha',
    '.rc.2',
    'c1',
    '_dev',
    '!1',
    '.00',
  ],
  semver: ['.0', '.1', '.10', '.0.0', '-alpha', '-alpha.1', '-1', '-rc.1', '.beta', '+build.5', '-x-y', '-0', '.00'],
  golang: [
    '.0',
    '.1',
    '.10',
    '.0.0',
    '-rc.1',
    '-0',
    '+incompatible',
    'rc1',
    'beta2',
    '-0.20240101120000-abcdefabcdef',
    '.rc',
    '-pre',
  ],
  gem: ['.0', '.1', '.10', '.a', '.rc1', '.pre', '-1', 'b2', '.0.0', '.beta.2', '-java', '.00', '.1a'],
  maven: [
    '.0',
    '.1',
    '.10',
    '-alpha-1',
    '-beta2',
    '-rc1',
    '-SNAPSHOT',
    '-sp',
    '-1',
    '.Final',
    '-GA',
    'a1',
    '-x',
    '.RELEASE',
    '-m3',
    '.00',
    '-0',
    '.x',
    '-cr2',
  ],
  alpm: [
    '.0',
    '.1',
    '.10',
    '-1',
    '-2',
    '~rc1',
    '^',
    'a',
    'Z',
    '..',
    '_',
    '+',
    '1:',
    '007',
    'rc1',
    '.a',
    'r12.gabc',
    '.r3',
  ],
  conan: [
    '.0',
    '.1',
    '.10',
    '-rc1',
    '-',
    '+b1',
    'a',
    'cci.20200203',
    '.cci',
    '-1',
    '_1',
    '00',
    '.x',
    '-rc.2',
    '+1',
    '-beta',
  ],
  cpan: ['.0', '.1', '.10', '.02', '.0205', '_01', '_3', 'v', '.002003', '0', '5', '.', '00', '-TRIAL', '.99'],
  cran: ['.0', '.1', '.10', '-1', '-2', '.00', '.01', '-0', 'a', '.9000', '.0.0', '-10', '..'],
  ebuild: [
    '.0',
    '.1',
    '.10',
    '.01',
    '.010',
    '.001',
    'a',
    'b',
    '_alpha',
    '_rc1',
    '_rc',
    '_p1',
    '_pre2',
    '_p',
    '-r0',
    '-r1',
    '00',
  ],
  hex: ['.0', '.1', '.10', '.0.0', '-alpha', '-alpha.1', '-1', '-rc.1', '.beta', '+build.5', '-x-y', '-0', '.00'],
  composer: ['.0', '.1', '.10', '-alpha1', '-beta2', '-RC1', '-p1', '-dev', 'a1', '.0.0', '-patch2', '-RC', 'b'],
};

export const SOURCES: Readonly<Record<string, (feeds: string) => Found>> = {
  deb: (feeds) => constraints(debianLists(feeds)),
  apk: (feeds) => constraints(alpine(feeds)),
  rpm: (feeds) => constraints(osv(feeds, 'almalinux-osv/**/*.json')),
  pep440: (feeds) => ({
    ...constraints(pypi(feeds)),
    forms: forms(['==', '!=', '<', '<=', '>', '>=', '~=', '==='], ','),
  }),
  golang: (feeds) => constraints(osv(feeds, 'go-vulndb/**/osv/*.json')),
  semver: (feeds) => ({
    ...constraints(
      rangesIn(feeds, 'nodejs-security-wg/**/*.json', /"(?:vulnerable|patched)[a-z_]*": "([^"]+)"/g).versions,
    ),
    forms: forms(['^', '~', '<', '<=', '>', '>=', '='], ' '),
  }),
  npm: (feeds) => ({
    ...rangesIn(feeds, 'nodejs-security-wg/**/*.json', /"(?:vulnerable|patched)[a-z_]*": "([^"]+)"/g),
    forms: forms(['^', '~', '<', '<=', '>', '>=', '='], ' '),
  }),
  gem: (feeds) => ({
    ...rangesIn(feeds, 'ruby-rubysec/**/*.yml', /^ +- "([~<>=!][^"]+)"/gm),
    forms: forms(['~> ', '< ', '<= ', '> ', '>= ', '= ', '!= '], ', '),
  }),
  cargo: (feeds) => ({
    ...rangesIn(feeds, 'rust-rustsec/**/RUSTSEC-*.md', /"([~^<>=][^"]+)"/g),
    forms: forms(['^', '~', '<', '<=', '>', '>=', '=', ''], ', '),
  }),
  composer: (feeds) => composer(feeds),
  alpm: (feeds) => constraints(osv(feeds, 'almalinux-osv/**/*.json')),
  conan: (feeds) => ({
    ...constraints(osv(feeds, 'bitnami-vulndb/**/*.json')),
    forms: [
      ...forms(['^', '~', '<', '<=', '>', '>=', '=', ''], ' '),
      '>=A <B || ~A',
      'A*',
      '*',
      '>A,include_prerelease',
    ],
  }),
  // Alpine took Gentoo's form of versions.
  ebuild: (feeds) => constraints(alpine(feeds)),
  cran: (feeds) => constraints(osv(feeds, 'bitnami-vulndb/**/*.json')),
  cpan: (feeds) => constraints(cpansa(feeds)),
  hex: (feeds) => ({
    ...constraints(osv(feeds, 'bitnami-vulndb/**/*.json')),
    forms: [
      ...forms(['~> ', '< ', '<= ', '> ', '>= ', '== ', '!= ', ''], ' and '),
      '>= A and < B or == A',
      '~>A',
      '~> 2.1',
      '~> 1.4 or ~> A',
      '~> 2.1-rc',
    ],
  }),
  maven: (feeds) => ({
    versions: bitnami(feeds),
    ranges: new Set(),
    forms: ['[A,B)', '[A,B]', '(A,B]', '(,A)', '(,A]', '[A]', '[A,)', '(A,)', '(,A],[B,)', '[A,B', '[A],[B]', '(A)'],
  }),
};

/** Every operator alone, and each with another one. */
function forms(operators: readonly string[], joiner: string): readonly string[] {
  const pairs = operators.map(
    (operator, index) => `${operator}A${joiner}${operators[(index + 3) % operators.length]}B`,
  );
  return [...operators.map((operator) => `${operator}A`), ...pairs];
}

function constraints(versions: Found['versions']): Found {
  return { versions, ranges: new Set(), forms: forms(['< ', '<= ', '> ', '>= ', '= '], ' ') };
}

function texts(feeds: string, pattern: string): string[] {
  const paths = globSync(pattern, { cwd: feeds }).sort();
  if (paths.length === 0) throw new Error(`nothing matches ${pattern} in ${feeds}`);
  return paths.map((path) => readFileSync(join(feeds, path), 'utf8'));
}

function add(versions: Map<string, Set<string>>, name: string, version: string): void {
  const known = versions.get(name);
  if (known === undefined) versions.set(name, new Set([version]));
  else known.add(version);
}

function debianLists(feeds: string): Found['versions'] {
  const versions = new Map<string, Set<string>>();
  for (const text of texts(feeds, 'debian-tracker/data/*/list')) {
    for (const [, name = '', version = ''] of text.matchAll(/^\t(?:\[\w+\] )?-? ?([a-z0-9][a-z0-9+.-]+) ([0-9]\S*)/gm))
      add(versions, name, version);
  }
  return versions;
}

function alpine(feeds: string): Found['versions'] {
  const versions = new Map<string, Set<string>>();
  for (const text of [...texts(feeds, 'alpine-secdb/**/*.yaml'), ...texts(feeds, 'alpine-secdb/derived-*/**/*.json')]) {
    let name = '';
    for (const [, stated, version] of text.matchAll(/"?name"?: "?([^\s",]+)|^\s+"?([0-9][^\s":]*)"?:/gm)) {
      name = stated ?? name;
      if (version !== undefined) add(versions, name, version);
    }
  }
  return versions;
}

function osv(feeds: string, pattern: string): Found['versions'] {
  const versions = new Map<string, Set<string>>();
  for (const text of texts(feeds, pattern)) {
    let name = '';
    for (const [, stated, version] of text.matchAll(
      /"name": "([^"]+)"|"(?:introduced|fixed|last_affected)": "([^"]+)"/g,
    )) {
      name = stated ?? name;
      if (version !== undefined) add(versions, name, version);
    }
  }
  return versions;
}

function pypi(feeds: string): Found['versions'] {
  const versions = new Map<string, Set<string>>();
  for (const text of texts(feeds, 'pypi-pypa/**/*.yaml')) {
    const name = /^ +name: (\S+)/m.exec(text)?.[1] ?? '';
    for (const [, version = ''] of text.matchAll(/^ +- (?:introduced: |fixed: )?["']?([0-9][^\s"']*)["']?$/gm))
      add(versions, name, version);
  }
  return versions;
}

function cpansa(feeds: string): Found['versions'] {
  const versions = new Map<string, Set<string>>();
  for (const text of texts(feeds, 'cpan-cpansa/*.json')) {
    for (const [, body = ''] of text.matchAll(/"(?:affected|fixed)_versions"\s*:\s*\[([^\]]*)\]/g)) {
      for (const [version] of body.matchAll(/v?[0-9][0-9._]*/g)) add(versions, String(versions.size >> 3), version);
    }
    for (const [, version = ''] of text.matchAll(/"version"\s*:\s*"([^"]+)"/g)) add(versions, 'released', version);
  }
  return versions;
}

function bitnami(feeds: string): Found['versions'] {
  const javaServers = 'tomcat,jenkins,elasticsearch,kafka,solr,cassandra,keycloak,wildfly,activemq,jruby,neo4j';
  const versions = new Map<string, ReadonlySet<string>>(osv(feeds, `bitnami-vulndb/**/{${javaServers}}/*.json`));
  for (const [name, known] of osv(feeds, 'almalinux-osv/**/*.json')) {
    const plain = [...known].map((version) => version.replace(/^\d+:/, '').replaceAll('_', '.'));
    if (/^(?:maven|jackson|apache-commons|jetty|jboss|java|tomcat|log4j)/.test(name))
      versions.set(name, new Set(plain));
  }
  return versions;
}

/** Ranges as the pattern's first group, and the versions that they name, by file folder. */
function rangesIn(feeds: string, files: string, pattern: RegExp): Found {
  const versions = new Map<string, Set<string>>();
  const ranges = new Set<string>();
  for (const path of globSync(files, { cwd: feeds }).sort()) {
    for (const [, range = ''] of readFileSync(join(feeds, path), 'utf8').matchAll(pattern)) {
      ranges.add(range);
      for (const [version] of range.matchAll(/[0-9][^\s,|<>=~^()"]*/g))
        add(versions, path.slice(0, path.lastIndexOf('/')), version);
    }
  }
  return { versions, ranges, forms: [] };
}

function composer(feeds: string): Found {
  const versions = new Map<string, Set<string>>();
  const ranges = new Set<string>();
  for (const text of texts(feeds, 'php-friendsofphp/**/*.yaml')) {
    const name = /composer:\/\/(\S+)/.exec(text)?.[1] ?? '';
    for (const [, list = ''] of text.matchAll(/versions: +\[([^\]]+)\]/g)) {
      const parts = Array.from(list.matchAll(/['"]([^'"]+)['"]/g), ([, part = '']) => part);
      ranges.add(parts.join(', '));
      for (const [version] of parts.join(' ').matchAll(/[0-9][^\s,|<>=~^]*/g)) add(versions, name, version);
    }
  }
  return { versions, ranges, forms: forms(['^', '~', '<', '<=', '>', '>=', '=', '!='], ', ') };
}
