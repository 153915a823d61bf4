import type { Analysis, Analyzer, ClaimedFile } from '@hullcheck/core';
import { readWhole } from '../../formats/text/index.ts';
import { fileProblem } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import type { LockResult } from '../locked-packages.ts';
import { ARCHIVE_SUFFIXES, archiveKindOf } from './archive-kinds.ts';
import { type JavaEvidence, javaEvidence } from './evidence.ts';
import { javaLimits } from './limits.ts';
import { describePackages } from './packages.ts';
import { parseArchives } from './parse.ts';
import { parseGradleLock } from './parse-gradle-lock.ts';
import { mavenFileAt } from './parse-maven-files.ts';
import { parseProject } from './parse-project.ts';
import { parseProperties } from './parse-properties.ts';
import { parseSbtLock } from './parse-sbt-lock.ts';
import { resolveJava } from './resolve.ts';

const NOTHING: Analysis<JavaEvidence> = { evidence: null, problems: [] };

/** Java archives in any nesting, unpacked applications, and what the build files of a project pin that has no archive. */
export const java: Analyzer<JavaEvidence> = {
  id: 'java',
  version: 1,
  support: {
    title: 'Java',
    kind: 'language',
    purlTypes: ['maven'],
    reads: [
      {
        file: 'jar, war, ear, hpi, jpi, lpkg, nar, kar, par, sar, rar, aar, in each other and in zip (5 levels)',
        states: 'installed',
        licenses: true,
        direct: true,
        relations: true,
      },
      { file: 'META-INF/maven/**/pom.properties of an unpacked application', states: 'installed' },
      { file: 'gradle.lockfile, gradle/dependency-locks/*.lockfile', states: 'locked' },
      { file: 'build.sbt.lock', states: 'locked' },
      { file: 'pom.xml of a project', states: 'declared', direct: true },
    ],
  },
  claims: { names: ['pom.xml', 'pom.properties', 'build.sbt.lock'], suffixes: [...ARCHIVE_SUFFIXES, '.lockfile'] },
  analyze(file): Analysis<JavaEvidence> {
    if (archiveKindOf(file.path) !== undefined) {
      const { archives, problems } = parseArchives(file);
      return { evidence: archives.length === 0 ? null : { kind: 'archives', archives }, problems };
    }
    const maven = mavenFileAt(file.path);
    if (maven !== undefined) return maven.kind === 'properties' ? analyzeUnpacked(file, maven.folder) : NOTHING;
    const result = parseBuildFile(file);
    if (result === undefined) return NOTHING;
    if ('fault' in result) return { evidence: null, problems: [fileProblem(result.code, file.path, result.fault)] };
    const full = fileProblem('limit-exceeded', file.path, 'the file names more packages than packagesPerFileMax');
    return { evidence: { kind: 'build', packages: result.packages }, problems: result.full ? [full] : [] };
  },
  parseEvidence: (value) => javaEvidence().safeParse(value).data,
  resolve: resolveJava,
};

/** An application that was unpacked keeps this file; its libraries lie beside it as archives. */
function analyzeUnpacked(file: ClaimedFile, folder: string): Analysis<JavaEvidence> {
  const bytes = readWhole(file, javaLimits.pomPropertiesBytesMax);
  if (bytes === undefined) {
    const detail = `the file has ${file.sizeBytes} bytes, above pomPropertiesBytesMax`;
    return { evidence: null, problems: [fileProblem('limit-exceeded', file.path, detail)] };
  }
  const [found] = describePackages('', new Map(), new Map([[folder, { properties: parseProperties(bytes) }]])).packages;
  if (found !== undefined) return { evidence: { kind: 'unpacked', package: found }, problems: [] };
  return {
    evidence: null,
    problems: [fileProblem('unreadable', file.path, 'the file states no group, artifact and version')],
  };
}

/** Undefined for files that only have the name of one. */
function parseBuildFile(file: ClaimedFile): LockResult | undefined {
  const base = file.path.slice(file.path.lastIndexOf('/') + 1);
  if (base.endsWith('.lockfile'))
    // buildscript-gradle.lockfile names the build's own plugins.
    return base === 'gradle.lockfile' || file.path.includes('gradle/dependency-locks/')
      ? parseGradleLock(file)
      : undefined;
  if (base !== 'pom.xml' && base !== 'build.sbt.lock') return undefined;
  const bytesMax = base === 'pom.xml' ? javaLimits.pomBytesMax : limits.lockFileBytesMax;
  const bytes = readWhole(file, bytesMax);
  if (bytes === undefined)
    return { fault: `the file has ${file.sizeBytes} bytes, above the limit of ${bytesMax}`, code: 'limit-exceeded' };
  return base === 'pom.xml' ? parseProject(bytes) : parseSbtLock(bytes);
}
