import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, lstatSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { corpusLayout, findProgram } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CorpusImage, openCorpusImage } from '../../compose/corpus-image.testing.ts';
import { java } from './index.ts';

const missing =
  corpusLayout('java-app') === undefined || ['umoci', 'unzip'].some((tool) => findProgram(tool) === undefined);

/** One archive as unzip finds it: its place, its SHA-1 and what each pom.properties in it states. */
interface UnzippedArchive {
  readonly path: string;
  readonly sha1: string;
  readonly stated: readonly string[];
}

/** Every archive below the folder and inside of archives, by unzip alone. */
function unzipAll(root: string, work: string): readonly UnzippedArchive[] {
  const found: UnzippedArchive[] = [];
  const visit = (file: string, path: string): void => {
    const folder = mkdtempSync(join(work, 'archive-'));
    // Exit code 11: nothing fits the patterns.
    const { status } = spawnSync('unzip', ['-q', '-o', file, '*.jar', '*.war', '*/pom.properties', '-d', folder]);
    if (status !== 0 && status !== 11) throw new Error(`unzip ended with ${status}`);
    const inner = globSync('**/*.{jar,war}', { cwd: folder });
    const stated = globSync('META-INF/maven/**/pom.properties', { cwd: folder }).map((name) =>
      coordinates(join(folder, name)),
    );
    found.push({ path, sha1: createHash('sha1').update(readFileSync(file)).digest('hex'), stated: stated.sort() });
    for (const name of inner) visit(join(folder, name), `${path}!/${name}`);
  };
  for (const name of globSync('**/*.{jar,war,ear,zip}', { cwd: root }))
    if (lstatSync(join(root, name)).isFile()) visit(join(root, name), name);
  return found;
}

function coordinates(file: string): string {
  const lines = readFileSync(file, 'utf8').split(/\r?\n/);
  const value = (key: string): string => lines.find((line) => line.startsWith(`${key}=`))?.slice(key.length + 1) ?? '';
  return `${value('groupId')}:${value('artifactId')}@${value('version')}`;
}

describe.skipIf(missing)('the archives of java-app', () => {
  let image: CorpusImage;
  let work: string;
  let theirs: readonly UnzippedArchive[];
  beforeAll(async () => {
    image = await openCorpusImage(corpusLayout('java-app') ?? '');
    work = mkdtempSync(join(tmpdir(), 'hullcheck-unzip-'));
    theirs = unzipAll(image.root, work);
  });
  afterAll(() => {
    image.remove();
    rmSync(work, { recursive: true, force: true });
  });

  const ours = () =>
    image.layers.flatMap(({ report }) =>
      (report?.evidence ?? []).flatMap(({ analyzer, path, data }) => {
        const evidence = analyzer === 'java' ? java.parseEvidence(data) : undefined;
        const archives = evidence?.kind === 'archives' ? evidence.archives : [];
        return archives.map((archive) => ({
          ...archive,
          path: archive.path === '' ? path : `${path}!/${archive.path}`,
        }));
      }),
    );

  it('are those that unzip finds, in each other too', () => {
    expect(theirs.length).toBeGreaterThan(120);
    expect(theirs.filter(({ path }) => path.split('!/').length === 3).length).toBeGreaterThan(3);
    expect(
      ours()
        .map(({ path }) => path)
        .sort(),
    ).toEqual(theirs.map(({ path }) => path).sort());
    expect(image.inventory.problems).toEqual([]);
  });

  it('hold the packages that their pom.properties state, no less and no more', () => {
    const byPath = new Map(theirs.map((archive) => [archive.path, archive]));
    const described = ours().filter(({ path }) => (byPath.get(path)?.stated.length ?? 0) > 0);
    expect(described.length).toBeGreaterThan(80);
    for (const { path, packages } of described) {
      const names = packages.map(({ group, artifact, version }) => `${group}:${artifact}@${version}`).sort();
      expect(names, path).toEqual(byPath.get(path)?.stated);
    }
  });

  it('that no pom describes have the SHA-1 of their bytes', () => {
    const byPath = new Map(theirs.map((archive) => [archive.path, archive]));
    const hashed = ours().filter(({ sha1 }) => sha1 !== undefined);
    expect(hashed.length).toBeGreaterThan(10);
    for (const { path, sha1 } of hashed) expect(sha1, path).toBe(byPath.get(path)?.sha1);
    const undescribed = theirs.filter(({ stated }) => stated.length === 0);
    expect(undescribed.filter(({ path }) => !hashed.some((archive) => archive.path === path))).toEqual([]);
  });

  it('without pom have the group that Debian’s Maven repository has for them, or none', () => {
    // usr/share/maven-repo/org/ow2/asm/asm/9.4/asm-9.4.pom
    const groups = new Map<string, Set<string>>();
    for (const pom of globSync('**/*.pom', { cwd: join(image.root, 'usr/share/maven-repo') })) {
      const parts = pom.split('/');
      const artifact = parts.at(-3) ?? '';
      groups.set(artifact, (groups.get(artifact) ?? new Set()).add(parts.slice(0, -3).join('.')));
    }
    const guessed = ours().flatMap(({ sha1, packages }) =>
      sha1 === undefined ? [] : packages.filter(({ own }) => own === true),
    );
    const checked = guessed.filter(({ group, artifact }) => group !== null && groups.has(artifact));
    expect(checked.length).toBeGreaterThan(8);
    for (const { group, artifact } of checked) expect([...(groups.get(artifact) ?? [])], artifact).toContain(group);
  });

  it('belong to Debian packages where dpkg installed them, and to nobody where an application brought them', () => {
    const packages = image.inventory.packages.filter(({ type }) => type === 'maven');
    const under = (folder: string) => packages.filter(({ paths }) => paths.every((path) => path.startsWith(folder)));
    expect(under('usr/share/java/').length).toBeGreaterThan(50);
    expect(under('usr/share/java/').filter(({ ownedBy }) => ownedBy === null)).toEqual([]);
    expect(under('opt/').length).toBeGreaterThan(40);
    expect(under('opt/').filter(({ ownedBy }) => ownedBy !== null)).toEqual([]);
  });
});
