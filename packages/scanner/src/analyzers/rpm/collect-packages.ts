import type { DatabaseFault } from '../../formats/database-record.ts';
import { parseRpmHeader } from '../../formats/rpm-header/index.ts';
import { limits } from '../limits.ts';
import type { RpmPackage } from './evidence.ts';
import { NeedsIndex } from './needs.ts';
import { parseHeader } from './parse.ts';

export interface CollectedPackages {
  readonly packages: readonly RpmPackage[];
  readonly faults: readonly DatabaseFault[];
  /** Rows that are keys or could not be read. */
  readonly others: readonly number[];
}

/** Reading goes on behind broken records, but not for ever. */
const FAULTS_MAX = 1000;

/** Takes the headers of one database, in its order, and keeps what is needed of each package. */
export class PackageCollector {
  readonly #keep: (path: string) => boolean;
  readonly #packages: RpmPackage[] = [];
  readonly #faults: DatabaseFault[] = [];
  readonly #others: number[] = [];
  readonly #needs = new NeedsIndex();
  #ownedLeft = limits.ownedPathsPerFileMax;

  constructor(keep: (path: string) => boolean) {
    this.#keep = keep;
  }

  /** Whether there is room for more. */
  get open(): boolean {
    return this.#faults.length < FAULTS_MAX && this.#packages.length < limits.packagesPerFileMax;
  }

  /** `row` where a write-ahead log may concern it. */
  add(bytes: Uint8Array, row?: number): void {
    const header = parseRpmHeader(bytes);
    const parsed = header.kind === 'fault' ? header : parseHeader(header);
    if (parsed.kind === 'package') {
      const files = this.#ownedOf(parsed.paths);
      this.#packages.push({ ...parsed.package, files, ...(row === undefined ? {} : { row }) });
      this.#needs.add(parsed.package.name, parsed);
      return;
    }
    if (row !== undefined) this.#others.push(row);
    if (parsed.kind === 'fault') this.fault({ kind: 'fault', code: 'unreadable', reason: parsed.reason });
  }

  fault(fault: DatabaseFault): void {
    this.#faults.push(fault);
  }

  finish(): CollectedPackages {
    if (!this.open) {
      const reason = `reading stopped at packagesPerFileMax packages or after ${FAULTS_MAX} broken records`;
      this.#faults.unshift({ kind: 'fault', code: 'limit-exceeded', reason });
    }
    const dropped = this.#needs.dropped || this.#ownedLeft <= 0;
    if (dropped) {
      const reason = 'the packages state more names or paths than relationNamesPerFileMax or ownedPathsPerFileMax';
      this.#faults.unshift({ kind: 'fault', code: 'limit-exceeded', reason });
    }
    const packages = this.#packages.map((found, at) => {
      const needs = this.#needs.needsOf(at);
      return needs.length === 0 ? found : { ...found, needs };
    });
    return { packages, faults: this.#faults, others: this.#others };
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
