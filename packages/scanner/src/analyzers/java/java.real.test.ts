import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, lstatSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { corpusLayout, findProgram } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CorpusImage, openCorpusImage } from '../../compose/corpus-image.testing.ts';
import { type WrittenEntry, writeZip } from '../../formats/zip/zip-writer.testing.ts';
import { claimsNothing, memoryFile } from '../samples.testing.ts';
import { java } from './index.ts';
import { javaLimits } from './limits.ts';
import { mavenEntry } from './samples.testing.ts';

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

/** An archive that lists one inner archive many times: entries share its data. */
function overlapping(inner: Buffer, copies: number, stored: boolean): Buffer {
  const first: WrittenEntry = { name: '0.jar', content: inner, stored };
  const header = writeZip([first]);
  const shared = { offset: 0, compressed: header.readUInt32LE(18), size: inner.length, crc: header.readUInt32LE(14) };
  const others = Array.from({ length: copies }, (_, index) => ({
    name: `${index + 1}.jar`,
    stored,
    data: Buffer.alloc(0),
    central: shared,
  }));
  return writeZip([first, ...others]);
}

describe('a hostile archive', () => {
  const tree = (stored: boolean): Buffer => {
    let archive = writeZip([mavenEntry('g', 'a', '1')]);
    for (let depth = 1; depth < javaLimits.archiveDepthMax; depth++) archive = overlapping(archive, 2000, stored);
    return archive;
  };
  const empty = writeZip(Array.from({ length: 60_000 }, (_, index) => ({ name: `c${index}`, stored: true })));
  const reference = (name: string): string => `\${${name}}`;
  const longNames = (artifact: number): string => {
    const dependency = (index: number): string =>
      `<dependency><groupId>${reference('p')}${index}</groupId><artifactId>${reference('p')}</artifactId></dependency>`;
    const dependencies = Array.from({ length: javaLimits.dependenciesPerPomMax }, (_, index) => dependency(index)).join(
      '',
    );
    return `<project><groupId>g</groupId><artifactId>a${artifact}</artifactId><version>1</version><properties><p>${'q'.repeat(250)}</p></properties><dependencies>${dependencies}</dependencies></project>`;
  };
  const poms = (count: number, content: (index: number) => string): Buffer =>
    writeZip(
      Array.from({ length: count }, (_, index) => ({
        name: `META-INF/maven/g/a${index}/pom.xml`,
        content: content(index),
      })),
    );

  // 16 trillion archives if nothing counted them; 120 million entries; 150 MB of names from 1 MB; 400 MB of text from 442 KB.
  it.each<[string, () => Buffer]>([
    ['of archives that share their data, stored', () => tree(true)],
    ['of archives that share their data, deflated', () => tree(false)],
    ['of long directories that share their data', () => overlapping(empty, 2000, false)],
    ['of names that properties make long', () => poms(60, longNames)],
    ['of texts that are mostly spaces', () => poms(400, () => `<project>${' '.repeat(1_000_000)}`)],
  ])('%s ends within its limits', (_, make) => {
    const archive = make();
    const started = performance.now();
    const { evidence, problems } = java.analyze(memoryFile('x.jar', archive), claimsNothing);
    expect(performance.now() - started).toBeLessThan(20_000);
    const text = JSON.stringify(evidence);
    expect(text.length).toBeLessThan(32 * 1024 * 1024);
    expect(problems.length).toBeLessThanOrEqual(javaLimits.problemsPerFileMax + 1);
    expect(java.parseEvidence(JSON.parse(text))).toEqual(evidence);
  });
});
