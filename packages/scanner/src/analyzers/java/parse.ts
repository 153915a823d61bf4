import { createHash } from 'node:crypto';
import type { Problem } from '@hullcheck/core';
import type { Readable } from '../../formats/text/index.ts';
import {
  InflateBudget,
  isFault,
  openZipEntry,
  readZipDirectory,
  readZipEntry,
  type ZipEntry,
  type ZipFault,
} from '../../formats/zip/index.ts';
import { cleanText, fileProblem } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import { archiveKindOf } from './archive-kinds.ts';
import type { JavaArchive, JavaPackage } from './evidence.ts';
import { javaLimits } from './limits.ts';
import { describePackages } from './packages.ts';
import { type Manifest, parseManifest } from './parse-manifest.ts';
import { type MavenFiles, mavenFileAt } from './parse-maven-files.ts';
import { parsePom } from './parse-pom.ts';
import { parseProperties } from './parse-properties.ts';

export interface ArchivesResult {
  /** The file itself first, then what lies in it; empty for a file of another format with an ending that Java has too. */
  readonly archives: readonly JavaArchive[];
  /** At most one of each archive. */
  readonly problems: readonly Problem[];
}

const MANIFEST = /^META-INF\/MANIFEST\.MF$/i;
const NO_MANIFEST: Manifest = new Map();

/** All Java archives of a file, itself included, up to `archiveDepthMax` within each other. Class files are never read. */
export function parseArchives(file: Readable & { readonly path: string }): ArchivesResult {
  const walk = new ArchiveWalk(file.path);
  walk.visit(file, { name: file.path, path: '', depth: 1 });
  return { archives: walk.archives, problems: walk.problems() };
}

interface ArchivePlace {
  /** Path whose last part is the archive's file name. */
  readonly name: string;
  /** Inside of the outermost file. */
  readonly path: string;
  readonly depth: number;
}

/** What one pass over one archive's wanted entries found. */
interface Findings {
  manifest: Manifest | undefined;
  readonly maven: Map<string, MavenFiles>;
  readonly faults: ZipFault[];
}

class ArchiveWalk {
  readonly archives: JavaArchive[] = [];
  readonly #path: string;
  readonly #budget = new InflateBudget(javaLimits.inflatedBytesMax);
  readonly #problems: Problem[] = [];
  #leftOut = 0;
  #innerBytes = 0;
  #textBytes = 0;
  #packages = 0;
  #entries = 0;
  #needs = 0;

  constructor(path: string) {
    this.#path = path;
  }

  problems(): readonly Problem[] {
    if (this.#leftOut === 0) return this.#problems;
    const detail = `${this.#leftOut} further archives in it have problems (problemsPerFileMax)`;
    return [...this.#problems, fileProblem('limit-exceeded', this.#path, detail)];
  }

  visit(file: Readable, place: ArchivePlace): void {
    const kind = archiveKindOf(place.name);
    if (file.sizeBytes === 0 || kind === undefined) return;
    if (this.archives.length >= javaLimits.archivesPerFileMax || this.#packages >= limits.packagesPerFileMax) {
      this.#report(place, [{ code: 'limit-exceeded', fault: 'the file holds more than archivesPerFileMax archives' }]);
      return;
    }
    const directory = readZipDirectory(file, isWanted);
    this.#entries += directory.count;
    if (this.#entries > javaLimits.entriesPerFileMax) {
      this.#report(place, [
        { code: 'limit-exceeded', fault: 'all archives of the file list more entries than entriesPerFileMax' },
      ]);
      return;
    }
    // Nothing of a ZIP archive in a file whose ending other formats have too.
    if (kind === 'maybe-java' && directory.count === 0 && !startsLikeZip(file)) return;
    const found: Findings = { manifest: undefined, maven: new Map(), faults: [...directory.faults] };
    // Its place is kept, so that what lies in it comes after it.
    const index = this.archives.length;
    const before: JavaArchive = { path: place.path, packages: [] };
    this.archives.push(before);
    for (const entry of directory.entries) this.#visitEntry(file, entry, place, found);
    // A zip is a file like any other until an archive of Java is seen in it: Go's sources alone bring several that are broken on purpose.
    const matters =
      kind !== 'zip' || directory.entries.length > 0 || found.faults.some(({ code }) => code === 'limit-exceeded');
    if (matters) this.#report(place, found.faults);
    // Perl's .par and Node's .nar are ZIP archives too, without what every Java archive has.
    if (kind === 'zip' || (kind === 'maybe-java' && found.manifest === undefined && found.maven.size === 0)) {
      this.archives.splice(index, 1);
      return;
    }
    const { packages, identified } = describePackages(place.name, found.manifest ?? NO_MANIFEST, found.maven);
    const kept = packages
      .slice(0, Math.max(0, limits.packagesPerFileMax - this.#packages))
      .map((found) => this.#boundNeeds(found));
    this.#packages += kept.length;
    const sha1 = identified || directory.count === 0 ? undefined : sha1Of(file);
    this.archives[index] = { path: place.path, ...(sha1 === undefined ? {} : { sha1 }), packages: kept };
  }

  #visitEntry(file: Readable, entry: ZipEntry, place: ArchivePlace, found: Findings): void {
    const maven = mavenFileAt(entry.name);
    if (maven === undefined && !MANIFEST.test(entry.name)) {
      this.#visitInner(file, entry, place, found);
      return;
    }
    const bytesMax =
      maven === undefined
        ? javaLimits.manifestBytesMax
        : maven.kind === 'xml'
          ? javaLimits.pomBytesMax
          : javaLimits.pomPropertiesBytesMax;
    this.#textBytes += entry.sizeBytes;
    if (this.#textBytes > javaLimits.textBytesMax) {
      found.faults.push(
        withName(entry, { code: 'limit-exceeded', fault: 'the texts of the file exceed textBytesMax' }),
      );
      return;
    }
    const read = readZipEntry(file, entry, { bytesMax, budget: this.#budget });
    const fault = isFault(read) ? read : read.doubt;
    if (fault !== undefined) found.faults.push(withName(entry, fault));
    if (isFault(read)) return;
    if (maven === undefined) found.manifest = parseManifest(read.content);
    else {
      const before = found.maven.get(maven.folder);
      const parsed =
        maven.kind === 'xml' ? { pom: parsePom(read.content) } : { properties: parseProperties(read.content) };
      found.maven.set(maven.folder, { ...before, ...parsed });
    }
  }

  #visitInner(file: Readable, entry: ZipEntry, place: ArchivePlace, found: Findings): void {
    const fault = (code: ZipFault['code'], text: string): void => {
      found.faults.push(withName(entry, { code, fault: text }));
    };
    // Said once, where the limit was passed: what follows is not opened.
    if (this.#entries > javaLimits.entriesPerFileMax) return;
    if (place.depth >= javaLimits.archiveDepthMax) {
      fault('limit-exceeded', `archives lie in each other deeper than archiveDepthMax (${javaLimits.archiveDepthMax})`);
      return;
    }
    this.#innerBytes += entry.sizeBytes;
    if (this.#innerBytes > javaLimits.innerBytesMax) {
      fault('limit-exceeded', `the archives inside have more than innerBytesMax (${javaLimits.innerBytesMax})`);
      return;
    }
    const opened = openZipEntry(file, entry, this.#budget);
    if (isFault(opened)) {
      found.faults.push(withName(entry, opened));
      return;
    }
    if (opened.doubt !== undefined) found.faults.push(withName(entry, opened.doubt));
    const name = cleanText(entry.name, javaLimits.innerPathCharsMax);
    const path = place.path === '' ? name : `${place.path}!/${name}`;
    if (path.length > javaLimits.innerPathCharsMax)
      fault('limit-exceeded', 'its path is longer than innerPathCharsMax');
    else this.visit(opened.content, { name, path, depth: place.depth + 1 });
    opened.content.close?.();
  }

  #boundNeeds(found: JavaPackage): JavaPackage {
    const { needs, ...rest } = found;
    this.#needs += needs?.length ?? 0;
    return this.#needs > javaLimits.needsPerFileMax ? rest : found;
  }

  #report(place: ArchivePlace, faults: readonly ZipFault[]): void {
    const [first] = faults;
    if (first === undefined) return;
    if (this.#problems.length >= javaLimits.problemsPerFileMax) {
      this.#leftOut++;
      return;
    }
    const path = place.path === '' ? this.#path : `${this.#path}!/${place.path}`;
    const others = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
    this.#problems.push(fileProblem(first.code, path, `${first.fault}${others}`));
  }
}

function isWanted(name: string): boolean {
  const kind = archiveKindOf(name);
  return (kind !== undefined && kind !== 'zip') || MANIFEST.test(name) || mavenFileAt(name) !== undefined;
}

function withName({ name }: ZipEntry, { code, fault }: ZipFault): ZipFault {
  return { code, fault: `${name}: ${fault}` };
}

function startsLikeZip(file: Readable): boolean {
  const [first, second] = file.read(0, 2);
  return first === 0x50 && second === 0x4b;
}

/** SHA-1, because that is what lists of published archives are keyed by. */
function sha1Of(file: Readable): string | undefined {
  const hash = createHash('sha1');
  for (let at = 0; at < file.sizeBytes; ) {
    const chunk = file.read(at, javaLimits.hashChunkBytes);
    if (chunk.byteLength === 0) return undefined;
    hash.update(chunk);
    at += chunk.byteLength;
  }
  return hash.digest('hex');
}
