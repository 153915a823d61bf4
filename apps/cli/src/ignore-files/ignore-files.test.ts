import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Settings, type Surroundings } from '../settings.ts';
import { readAnswers } from './index.ts';
import { toWildcards } from './name-pattern.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hullcheck-ignore-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function read(files: { readonly [name: string]: string }, flags: { readonly [name: string]: unknown } = {}) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const around: Surroundings = {
    environment: { XDG_CONFIG_HOME: join(folder, 'xdg') },
    args: [],
    cwd: folder,
    uid: 1000,
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    now: () => 0,
    installation: { starter: folder, pages: folder, program: folder, built: folder },
    version: '0',
  };
  return readAnswers(await Settings.read(flags, around), around);
}
const rulesOf = async (name: string, text: string) => (await read({ [name]: text })).rules;

describe('.trivyignore', () => {
  it('has an id a line, an end where it gives one, and its reason in the comment above or behind', async () => {
    const text =
      '# Accept the risk\nCVE-2018-14618\n\n# Until then\nCVE-2019-14697 exp:2023-01-01\nCVE-2019-1543 # why\r\n\nDSA-1\n';
    expect(await rulesOf('.trivyignore', text)).toMatchObject([
      { id: 'CVE-2018-14618', reason: 'Accept the risk', source: '.trivyignore:2', expiresAt: null },
      { id: 'CVE-2019-14697', reason: 'Until then', source: '.trivyignore:5', expiresAt: '2023-01-01' },
      { id: 'CVE-2019-1543', reason: 'why', source: '.trivyignore:6' },
      { id: 'DSA-1', reason: 'no reason given', source: '.trivyignore:8' },
    ]);
  });

  it.each(['2023-13-01', '2023-02-31', 'soon', ''])('refuses the end "%s" and names the line', async (day) => {
    await expect(rulesOf('.trivyignore', `\nCVE-1 exp:${day}\n`)).rejects.toThrow('.trivyignore:2: exp: takes a date');
  });
});

describe('.trivyignore.yaml', () => {
  it('restricts rules to paths and purls', async () => {
    const text = `vulnerabilities:
  - id: CVE-2022-40897
    paths:
      - "usr/local/lib/python3.9/site-packages/setuptools-58.1.0.dist-info/METADATA"
    statement: Accept the risk
  - id: CVE-2023-2650
  - id: CVE-2023-3817
    purls: ["pkg:deb/debian/libssl1.1"]
  - id: CVE-2023-29491
    expired_at: 2023-09-01
misconfigurations:
  - id: AVD-DS-0001
`;
    expect(await rulesOf('.trivyignore.yaml', text)).toEqual([
      expect.objectContaining({
        id: 'CVE-2022-40897',
        reason: 'Accept the risk',
        source: '.trivyignore.yaml:2',
        scope: { paths: ['usr/local/lib/python3.9/site-packages/setuptools-58.1.0.dist-info/METADATA'] },
      }),
      expect.objectContaining({ id: 'CVE-2023-2650', source: '.trivyignore.yaml:6', scope: {} }),
      expect.objectContaining({ scope: { purls: ['pkg:deb/debian/libssl1.1'] } }),
      expect.objectContaining({ id: 'CVE-2023-29491', expiresAt: '2023-09-01' }),
    ]);
  });

  it.each([
    ['vulnerabilities:\n  - id: CVE-1\n    path: a\n', ':3: there is no path'],
    ['vulnerabilities:\n  - paths: [a]\n', ':2: a rule must name an id'],
    ['vulnerabilities:\n  - id: CVE-1\n    purls: [libssl]\n', ':3: libssl is not a purl'],
    ['vulnerabilities:\n  - id: CVE-1\n    expired_at: 2023-02-31\n', ':3: expired_at takes a date'],
    ['vulnerabilities:\n  - CVE-1\n', ':2: each entry of vulnerabilities must have named fields'],
    ['vulnerabilities: CVE-1\n', ':1: vulnerabilities must be a list'],
    ['vulnerabilities:\n  - id: [\n', ':3: not YAML'],
    ['- id: CVE-1\n', ':1: must hold lists by name'],
  ])('%j is refused with its line', async (text, message) => {
    await expect(rulesOf('.trivyignore.yaml', text)).rejects.toThrow(`.trivyignore.yaml${message}`);
  });

  it.each(['', 'vulnerabilities:\n', 'secrets: []\n'])('%j has no rules', async (text) => {
    expect(await rulesOf('.trivyignore.yaml', text)).toEqual([]);
  });
});

describe('.grype.yaml', () => {
  it('asks for vulnerability, fix state, package and VEX status', async () => {
    const text = `ignore:
  - vulnerability: CVE-2008-4318
    fix-state: unknown
    vex-status: not_affected
    vex-justification: vulnerable_code_not_present
    package:
      name: libcurl
      version: 1.5.1
      type: npm
      location: "/usr/local/lib/node_modules/**"
  - package:
      type: gem
  - package: { name: ^linux-.*-headers$, upstream-name: linux.*, language: python }
  - fix-state: wont-fix
    reason: nothing to be done
`;
    const rules = await rulesOf('.grype.yaml', text);
    expect(rules.map(({ id, scope }) => [id, scope])).toEqual([
      [
        'CVE-2008-4318',
        {
          fixState: 'unknown',
          vexStatus: 'not_affected',
          vexJustification: 'vulnerable_code_not_present',
          name: 'libcurl',
          version: '1.5.1',
          types: ['npm'],
          paths: ['/usr/local/lib/node_modules/**'],
        },
      ],
      [null, { types: ['gem'] }],
      [null, { name: 'linux-*-headers', sourceName: 'linux*', types: ['pypi'] }],
      [null, { fixState: 'wont-fix' }],
    ]);
    expect(rules.at(-1)).toMatchObject({ reason: 'nothing to be done', source: '.grype.yaml:14' });
  });

  it.each([
    ['ignore:\n  - vulnerability: CVE-1\n    fix-state: none\n', ':3: fix-state takes fixed, not-fixed'],
    ['ignore:\n  - vulnerability: CVE-1\n    namespace: debian\n', ':3: namespace is not known here'],
    ['ignore:\n  - package: { name: "(a|b)" }\n', ':2: name takes a name'],
    ['ignore:\n  - package: { nmae: a }\n', ':2: there is no nmae'],
  ])('%j is refused: what it asks for can not be left out', async (text, message) => {
    await expect(rulesOf('.grype.yaml', text)).rejects.toThrow(`.grype.yaml${message}`);
  });

  it.each([
    ['org.apache.logging', 'org.apache.logging'],
    ['^kernel-.*$', 'kernel-*'],
    ['lib\\.so.+', 'lib.so?*'],
    ['a{2}', undefined],
    ['(a+)+', undefined],
  ])('reads the expression %s as %s', (expression, pattern) => expect(toWildcards(expression)).toBe(pattern));
});

describe('.hullcheck.yaml', () => {
  it('holds rules beside settings, and names documents', async () => {
    const vex = {
      '@context': 'https://openvex.dev/ns/v0.2.0',
      statements: [{ vulnerability: { name: 'CVE-1' }, products: [{ '@id': 'pkg:npm/a' }], status: 'fixed' }],
    };
    const text =
      'fail-on: high\nvex: [a.json]\nignore:\n  - id: CVE-1\n    package: pkg:npm/a\n    reason: never called\n    until: 2026-12-31\n  - package: lib*\n    reason: build only\n';
    const answers = await read({ '.hullcheck.yaml': text, 'a.json': JSON.stringify(vex) });
    expect(answers.rules).toMatchObject([
      {
        id: 'CVE-1',
        reason: 'never called',
        expiresAt: '2026-12-31',
        source: '.hullcheck.yaml:4',
        scope: { purls: ['pkg:npm/a'] },
      },
      { id: null, scope: { name: 'lib*' } },
    ]);
    expect(answers.statements).toMatchObject([{ status: 'fixed', source: 'a.json' }]);
  });

  it.each([
    ['ignore:\n  - id: CVE-1\n', ':2: a rule must give its reason'],
    ['ignore:\n  - reason: all\n', ':2: a rule must name an id or a package'],
  ])('%j is refused', async (text, message) => {
    await expect(rulesOf('.hullcheck.yaml', text)).rejects.toThrow(`.hullcheck.yaml${message}`);
  });
});

describe('answers', () => {
  it('come from every file of the folder, or from the one that is named', async () => {
    const files = {
      '.trivyignore': 'CVE-1\n',
      '.trivyignore.yaml': 'vulnerabilities: [{ id: CVE-2 }]\n',
      '.grype.yaml': 'ignore: [{ vulnerability: CVE-3 }]\n',
      'other.txt': 'CVE-4\n',
    };
    expect((await read(files)).rules.map(({ id }) => id)).toEqual(['CVE-1', 'CVE-2', 'CVE-3']);
    expect((await read(files, { ignorefile: 'other.txt' })).rules.map(({ id }) => id)).toEqual(['CVE-4']);
    await expect(read(files, { ignorefile: 'absent' })).rejects.toThrow('there is no absent');
  });

  it('name file, line and place of what is wrong with a document', async () => {
    const text =
      '{"@context": "https://openvex.dev/ns",\n "statements": [\n  {"vulnerability": {"name": "CVE-1"},\n   "products": []}]}';
    await expect(read({ 'a.json': text }, { vex: ['a.json'] })).rejects.toThrow(
      'a.json:3: statements[0].status is no text',
    );
    await expect(read({ 'a.json': '{\n]' }, { vex: ['a.json'] })).rejects.toThrow(
      'a.json: it is not JSON (line 2, column 1)',
    );
    await expect(read({ 'a.json': '{}' }, { vex: ['a.json'] })).rejects.toThrow(
      'neither OpenVEX nor CycloneDX nor CSAF',
    );
  });
});
