import { type DatabaseFault, databaseFault } from '../../formats/database-record.ts';
import { parseRpmHeader } from '../../formats/rpm-header/index.ts';
import { limits } from '../limits.ts';
import type { RpmPackage } from './evidence.ts';
import { NeedsIndex } from './needs.ts';
import { parseHeader } from './parse.ts';

export interface CollectedPackages {
  readonly packages: readonly RpmPackage[];
  readonly faults: readonly DatabaseFault[];
}

/** Reading goes on behind broken records, but not for ever. */
const FAULTS_MAX = 1000;

/** Takes the headers of one database, in its order, and keeps what is needed of each package. */
export class PackageCollector {
  readonly #keep: (path: string) => boolean;
  readonly #packages: RpmPackage[] = [];
  readonly #faults: DatabaseFault[] = [];
  readonly #needs = new NeedsIndex();
  #ownedLeft = limits.ownedPathsPerFileMax;

  constructor(keep: (path: string) => boolean) {
    this.#keep = keep;
  }

  /** Whether there is room for more. */
  get open(): boolean {
    return this.#faults.length < FAULTS_MAX && this.#packages.length < limits.packagesPerFileMax;
  }

  /** Index of the package among those of `finish`, or why the header is none. */
  add(bytes: Uint8Array): number | 'key' | DatabaseFault {
    const header = parseRpmHeader(bytes);
    if (header.kind === 'fault') return header;
    const parsed = parseHeader(header);
    if (parsed.kind === 'key') return 'key';
    if (parsed.kind === 'fault') return databaseFault('unreadable', parsed.reason);
    this.#packages.push({ ...parsed.package, files: this.#ownedOf(parsed.paths) });
    this.#needs.add(parsed.package.name, parsed);
    return this.#packages.length - 1;
  }

  fault(fault: DatabaseFault): void {
    this.#faults.push(fault);
  }

  finish(): CollectedPackages {
    if (!this.open) {
      const reason = `reading stopped at packagesPerFileMax packages or after ${FAULTS_MAX} broken records`;
      this.#faults.unshift(databaseFault('limit-exceeded', reason));
    }
    const dropped = this.#needs.dropped || this.#ownedLeft <= 0;
    if (dropped) {
      const reason = 'the packages state more names or paths than relationNamesPerFileMax or ownedPathsPerFileMax';
      this.#faults.unshift(databaseFault('limit-exceeded', reason));
    }
    const packages = this.#packages.map((found, at) => {
      const needs = this.#needs.needsOf(at);
      return needs.length === 0 ? found : { ...found, needs };
    });
    return { packages, faults: this.#faults };
  }

  #ownedOf(paths: readonly string[]): readonly string[] {
    const files: string[] = [];
    for (const path of paths) {
      const relative = path.slice(1);
      if (this.#ownedLeft <= 0 || !this.#keep(relative)) continue;
      files.push(relative);
      this.#ownedLeft -= 1;
    }
    return files;
  }
}
