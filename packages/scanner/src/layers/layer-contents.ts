import type { Analyzer, Json } from '@hullcheck/core';
import { fileLimits, layerLimits } from '../limits.ts';
import type { ClaimMatcher } from './claims.ts';
import { type FileStore, MemoryStore, SpilledStore } from './collected-file.ts';
import { normalizeEntryPath } from './entry-path.ts';
import { EvidenceCollector } from './evidence-collector.ts';
import type { BodySink, TarEntry, TarEvents } from './tar-walker.ts';

/** Hard links by the path of their target: links whose own name is claimed while the target's bytes had passed by. */
export type LinkedReads = ReadonlyMap<string, readonly string[]>;

export interface ContentsOptions {
  readonly analyzers: readonly Analyzer[];
  readonly matcher: ClaimMatcher;
  /** Folder for unlinked temporary files. */
  readonly spillFolder: string;
  /** From an earlier pass over the same layer: these targets are also read under the names of their links. */
  readonly linkedReads?: LinkedReads;
  /** The thread's buffer for small files; default one for this layer. */
  readonly memory?: MemoryStore;
}

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
/** aufs bookkeeping (`.wh..wh.plnk`, `.wh..wh.orph`): no deletion and no file. */
const AUFS = '.wh..wh.';

/** Decides for each tar entry of a layer what to keep. Nothing is written under a name from the layer. */
export class LayerContents implements TarEvents {
  readonly collector: EvidenceCollector;
  readonly #options: ContentsOptions;
  readonly #matcher: ClaimMatcher;
  readonly #memory: MemoryStore;
  readonly #linkedEvidence = new Map<string, Map<number, Json>>();
  readonly #wanted = new Map<string, string[]>();
  #wantedCount = 0;

  constructor(options: ContentsOptions) {
    this.#options = options;
    this.#matcher = options.matcher;
    this.#memory = options.memory ?? new MemoryStore();
    this.collector = new EvidenceCollector(options.analyzers, options.matcher);
  }

  /** Links that only a second pass can read. */
  get wanted(): LinkedReads {
    return this.#wanted;
  }

  problem(...[code, detail]: Parameters<TarEvents['problem']>): void {
    this.collector.problem(code, null, detail);
  }

  entry(entry: TarEntry): BodySink | null {
    const normal = normalizeEntryPath(entry.name);
    if (normal.kind === 'root') return null;
    if (normal.kind === 'refused') {
      this.collector.problem(normal.code, entry.name, normal.detail);
      return null;
    }
    const { path } = normal;
    const base = path.slice(path.lastIndexOf('/') + 1);
    if (base.startsWith(WHITEOUT)) {
      this.#whiteout(path, base, entry.afterEnd);
      return null;
    }
    if (entry.afterEnd && !this.#acceptAfterEnd(path, entry)) return null;
    switch (entry.type) {
      case 'file':
        return this.#file(path, entry);
      case 'symlink':
        this.#symlink(path, entry.linkName);
        return null;
      case 'hardlink':
        this.#hardLink(path, entry);
        return null;
      case 'directory':
        this.collector.replace(path, true);
        return null;
      case 'other':
        this.collector.replace(path, false);
        this.collector.record(path, this.#matcher.byName(path));
        return null;
    }
  }

  /**
   * Runtimes stop at the end mark. What lies behind it is read, because concatenated layers exist, but it may not take the
   * place of what runtimes do see, and the layer is marked.
   */
  #acceptAfterEnd(path: string, entry: TarEntry): boolean {
    this.collector.problemOnce('unsupported', 'entries behind the end mark of the tar: runtimes may not unpack them');
    return entry.type === 'file' && this.collector.evidenceAt(path) === undefined && !this.collector.links.has(path);
  }

  #whiteout(path: string, base: string, afterEnd: boolean): void {
    if (afterEnd) return;
    const folder = path.slice(0, Math.max(0, path.length - base.length - 1));
    if (base === OPAQUE) {
      this.collector.opaque.add(folder);
      return;
    }
    if (base.startsWith(AUFS)) return;
    const name = base.slice(WHITEOUT.length);
    if (name === '' || name === '.' || name === '..') {
      this.collector.problem('unreadable', path, 'a whiteout that names nothing');
      return;
    }
    if (this.collector.whiteouts.size >= layerLimits.whiteoutsMax) {
      this.collector.problemOnce('limit-exceeded', `more than whiteoutsMax (${layerLimits.whiteoutsMax}) deletions`);
      return;
    }
    this.collector.whiteouts.add(folder === '' ? name : `${folder}/${name}`);
  }

  #symlink(path: string, target: string): void {
    this.collector.replace(path, false);
    if (this.collector.links.size >= layerLimits.linksMax) {
      this.collector.problemOnce('limit-exceeded', `more than linksMax (${layerLimits.linksMax}) symbolic links`);
    } else if (target.length > layerLimits.pathBytesMax) {
      this.collector.problem(
        'limit-exceeded',
        path,
        `a link target exceeds pathBytesMax (${layerLimits.pathBytesMax})`,
      );
    } else {
      this.collector.links.set(path, target);
    }
  }

  /**
   * A hard link has its target's content. Evidence of the target counts for the link where the same analyzer claims both;
   * where only the link's name is claimed (pnpm's store) the bytes have passed by, and a second pass must read them.
   */
  #hardLink(path: string, entry: TarEntry): void {
    this.collector.replace(path, false);
    const target = normalizeEntryPath(entry.linkName);
    const named = this.#matcher.byName(path);
    if (target.kind !== 'path') {
      if (named.length > 0) this.collector.problem('unreadable', path, 'a hard link that leads out of the layer');
      this.collector.record(path, named);
      return;
    }
    const ofTarget = this.collector.evidenceAt(target.path);
    const readForLink = this.#linkedEvidence.get(path);
    const found = new Map<number, Json>();
    for (const index of named) {
      const evidence = ofTarget?.get(index) ?? readForLink?.get(index);
      if (evidence === undefined) this.#want(target.path, path);
      else found.set(index, evidence);
    }
    for (const index of this.#matcher.magicAnalyzers) {
      const evidence = ofTarget?.get(index);
      if (evidence !== undefined) found.set(index, evidence);
    }
    this.collector.record(path, union(named, [...found.keys()]), found);
  }

  #want(target: string, link: string): void {
    if (this.#options.linkedReads !== undefined) {
      this.collector.problem('unreadable', link, `a hard link to ${target}, which this layer does not hold`);
      return;
    }
    if (this.#wantedCount >= layerLimits.hardLinksMax) {
      this.collector.problemOnce(
        'limit-exceeded',
        `more than hardLinksMax (${layerLimits.hardLinksMax}) claimed hard links`,
      );
      return;
    }
    this.#wantedCount++;
    const links = this.#wanted.get(target);
    if (links === undefined) this.#wanted.set(target, [link]);
    else if (links.at(-1) !== link) links.push(link);
  }

  #file(path: string, entry: TarEntry): BodySink | null {
    this.collector.replace(path, false);
    const named = this.#matcher.byName(path);
    const executable = (entry.mode & 0o111) !== 0 && this.#matcher.magicBytes > 0;
    const links = this.#options.linkedReads?.get(path) ?? [];
    if (named.length === 0 && !executable && links.length === 0) return null;
    const claiming = executable ? union(named, this.#matcher.magicAnalyzers) : named;
    if (entry.sparse || entry.size > fileLimits.spilledBytesMax) {
      if (entry.sparse) this.collector.problem('unsupported', path, 'a sparse file');
      else
        this.collector.problem(
          'limit-exceeded',
          path,
          `${entry.size} bytes exceed spilledBytesMax (${fileLimits.spilledBytesMax})`,
        );
      this.collector.record(path, claiming);
      return null;
    }
    return this.#sink(path, entry, named, claiming, links);
  }

  #sink(
    path: string,
    entry: TarEntry,
    named: readonly number[],
    claiming: readonly number[],
    links: readonly string[],
  ): BodySink {
    const { collector } = this;
    const matcher = this.#matcher;
    const magicWanted = claiming.length > named.length ? matcher.magicBytes : 0;
    const head = Buffer.alloc(magicWanted);
    let headFilled = 0;
    let store: FileStore | null = named.length > 0 || links.length > 0 ? this.#openStore(entry.size) : null;
    let dropped = false;
    const decide = (): readonly number[] => (magicWanted === 0 ? [] : matcher.byMagic(head.subarray(0, headFilled)));

    const finish = (): void => {
      if (store === null && !dropped && decide().length > 0) {
        store = this.#openStore(entry.size);
        store.append(head.subarray(0, headFilled));
      }
      const found = new Map<number, Json>();
      if (store !== null) {
        const file = store.open(path, entry.mode);
        for (const [index, evidence] of collector.analyze(file, union(named, decide()))) found.set(index, evidence);
        for (const link of links) {
          this.#linkedEvidence.set(link, collector.analyze({ ...file, path: link }, matcher.byName(link)));
        }
      }
      collector.record(path, claiming, found);
    };
    return {
      chunk: (bytes) => {
        if (dropped) return;
        let rest = bytes;
        if (headFilled < magicWanted) {
          const taken = bytes.copy(head, headFilled);
          headFilled += taken;
          if (store === null) rest = bytes.subarray(taken);
        }
        if (store === null) {
          if (headFilled < magicWanted) return;
          if (decide().length === 0) {
            dropped = true;
            return;
          }
          store = this.#openStore(entry.size);
          store.append(head);
        }
        store.append(rest);
      },
      end: () => {
        try {
          finish();
        } finally {
          store?.release();
        }
      },
      cut: () => {
        store?.release();
        collector.problem('truncated', path, 'the layer ends inside this file');
        collector.record(path, claiming);
      },
    };
  }

  #openStore(sizeBytes: number): FileStore {
    if (sizeBytes <= fileLimits.bufferedBytesMax) return this.#memory.begin(sizeBytes);
    return new SpilledStore(this.#options.spillFolder);
  }
}

function union(a: readonly number[], b: readonly number[]): readonly number[] {
  if (b.length === 0) return a;
  return a.length === 0 ? b : [...new Set([...a, ...b])].sort((x, y) => x - y);
}
