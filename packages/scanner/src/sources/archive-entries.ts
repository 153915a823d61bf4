import { Fault } from '@hullcheck/core';
import { normalizeEntryPath } from '../layers/entry-path.ts';
import type { BodySink, TarEntry, TarEvents } from '../layers/tar-walker.ts';
import { visibleText } from '../layers/visible-text.ts';
import { archiveLimits } from '../limits.ts';

export type ArchiveEntry =
  | { readonly kind: 'file'; readonly offset: number; readonly sizeBytes: number }
  | { readonly kind: 'link'; readonly target: string };

/**
 * The table of an archive's entries, in whatever order they come. Refused when used: names that occur twice (readers
 * disagree on which counts), links out of the archive; devices and folders are not entered at all.
 */
export class ArchiveEntries implements TarEvents {
  readonly #place: string;
  readonly #entries = new Map<string, ArchiveEntry>();
  readonly #twice = new Set<string>();
  readonly #onFile: (name: string, entry: TarEntry) => BodySink | null;
  #damage: { readonly code: 'truncated' | 'not-an-image'; readonly detail: string } | undefined;
  #count = 0;

  constructor(place: string, onFile: (name: string, entry: TarEntry) => BodySink | null = () => null) {
    this.#place = place;
    this.#onFile = onFile;
  }

  entry(entry: TarEntry): BodySink | null {
    if (++this.#count > archiveLimits.entriesMax) {
      throw new Fault(
        'limit-exceeded',
        `${this.#place} has more than entriesMax (${archiveLimits.entriesMax}) entries`,
        { place: this.#place },
      );
    }
    const normal = normalizeEntryPath(entry.name);
    if (normal.kind !== 'path' || entry.afterEnd) return null;
    const { path } = normal;
    if (entry.type === 'file' && !entry.sparse) {
      this.#enter(path, { kind: 'file', offset: entry.bodyOffset, sizeBytes: entry.size });
      return this.#onFile(path, entry);
    }
    if (entry.type === 'symlink') {
      const folder = path.slice(0, path.lastIndexOf('/') + 1);
      this.#link(path, entry.linkName.startsWith('/') ? '..' : `${folder}${entry.linkName}`);
    } else if (entry.type === 'hardlink') this.#link(path, entry.linkName);
    return null;
  }

  problem(...[code, detail]: Parameters<TarEvents['problem']>): void {
    this.#damage ??= { code: code === 'truncated' ? 'truncated' : 'not-an-image', detail };
  }

  /** Fault for what made the archive end early; asked once all is read. */
  requireWhole(recognised: boolean): void {
    const place = this.#place;
    if (!recognised) throw new Fault('not-an-image', `not an image archive: ${place} is no tar`, { place });
    if (this.#damage !== undefined)
      throw new Fault(this.#damage.code, `${place} is damaged: ${this.#damage.detail}`, { place });
  }

  /** The file behind a name, through links that stay inside. */
  find(name: string): { readonly name: string; readonly entry: ArchiveEntry & { readonly kind: 'file' } } | undefined {
    const place = this.#place;
    let normal = normalizeEntryPath(name);
    for (let hops = 0; hops <= archiveLimits.linkHopsMax; hops++) {
      if (normal.kind !== 'path') {
        throw new Fault('not-an-image', `${place}: ${visibleText(name)} leads out of the archive`, { place });
      }
      const { path } = normal;
      if (this.#twice.has(path)) throw new Fault('not-an-image', `${place} has ${visibleText(path)} twice`, { place });
      const entry = this.#entries.get(path);
      if (entry === undefined) return undefined;
      if (entry.kind === 'file') return { name: path, entry };
      normal = normalizeEntryPath(entry.target);
    }
    throw new Fault('not-an-image', `${place}: ${visibleText(name)} is a link in circles`, { place });
  }

  #link(path: string, target: string): void {
    this.#enter(path, { kind: 'link', target });
  }

  #enter(path: string, entry: ArchiveEntry): void {
    if (this.#entries.has(path)) this.#twice.add(path);
    this.#entries.set(path, entry);
  }
}
