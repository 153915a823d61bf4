import type { Json } from '@hullcheck/core';
import { limits } from './limits.ts';

/** What the layers say at one path for one analyzer: lowest first; null where a layer deletes or replaces it. */
export type History = readonly { readonly layer: number; readonly evidence: Json }[];

export interface LiveFile {
  readonly path: string;
  readonly histories: ReadonlyMap<string, History>;
}

/**
 * The paths that matter of a composed image: those with evidence and those that are symbolic links. Layers are applied from
 * the lowest up; deleting a folder costs as much as what is alive in it, so composing is linear in what reports hold.
 *
 * The folders on the way to a path are resolved through the links that stand at that moment, as containerd does when it
 * applies a layer: with `lib → usr/lib` both spellings are one path.
 */
export class ImageTree {
  readonly #root = new Node(null);
  #layer = 0;

  /** The layer that the calls after this one belong to. */
  startLayer(layer: number): void {
    this.#layer = layer;
  }

  /** Hides what lies below the folder, and a link at it: an opaque folder stands for itself only. */
  clearFolder(path: string): void {
    const node = this.#find(this.#resolve(path, false));
    if (node === undefined) return;
    if (node.link !== undefined) node.setLink(undefined);
    for (const child of node.children.values()) child.hide(this.#layer);
  }

  delete(path: string): void {
    this.#find(this.#resolve(path, false))?.hide(this.#layer);
  }

  putLink(path: string, target: string): void {
    const node = this.#make(this.#resolve(path, false));
    if (node === this.#root) return;
    node.hide(this.#layer);
    node.setLink(target);
  }

  /**
   * A file takes the place of whatever was at the path; analyzers without evidence here (or with null) see it gone.
   * Gives the canonical path.
   */
  putFile(path: string, evidence: ReadonlyMap<string, Json>): string {
    const names = this.#resolve(path, false);
    this.#makeFolders(names);
    const known = this.#find(names);
    const live = [...evidence].filter(([, value]) => value !== null);
    if (known !== undefined || live.length > 0) {
      const node = known ?? this.#make(names);
      if (node === this.#root) return '';
      node.hide(this.#layer);
      for (const [analyzer, value] of live) node.put(analyzer, this.#layer, value);
    }
    return names.join('/');
  }

  /** What stands on the way to a file is a folder from now on. */
  #makeFolders(names: readonly string[]): void {
    let node: Node | undefined = this.#root;
    for (const name of names.slice(0, -1)) {
      node = node?.children.get(name);
      node?.endFile(this.#layer);
    }
  }

  /** The path with every link followed, the last name included. Unresolvable beyond 40 links: as far as it came. */
  realPath(path: string): string {
    return this.#resolve(path, true).join('/');
  }

  /** The path with the links of its folders followed, and its last name as it is. */
  canonicalPath(path: string): string {
    return this.#resolve(path, false).join('/');
  }

  historiesAt(path: string): ReadonlyMap<string, History> | undefined {
    return this.#find(path.split('/'))?.liveHistories();
  }

  /** Every path with visible evidence, sorted by code units. */
  files(): readonly LiveFile[] {
    const found: LiveFile[] = [];
    const open: { readonly node: Node; readonly path: string }[] = [{ node: this.#root, path: '' }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { node, path } = next;
      const histories = node.liveHistories();
      if (histories.size > 0) found.push({ path, histories });
      for (const [name, child] of node.children) {
        if (child.live > 0) open.push({ node: child, path: path === '' ? name : `${path}/${name}` });
      }
    }
    return found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  }

  #find(names: readonly string[]): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of names) node = node?.children.get(name);
    return node;
  }

  #make(names: readonly string[]): Node {
    let node = this.#root;
    for (const name of names) {
      let child = node.children.get(name);
      if (child === undefined) {
        child = new Node(node);
        node.children.set(name, child);
      }
      node = child;
    }
    return node;
  }

  #resolve(path: string, followLast: boolean): readonly string[] {
    const pending = segmentsOf(path).reverse();
    const names: string[] = [];
    const nodes: (Node | undefined)[] = [];
    let hops = 0;
    let linked = 0;
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (name === '..') {
        names.pop();
        nodes.pop();
        continue;
      }
      const parent = names.length === 0 ? this.#root : nodes.at(-1);
      const node = parent?.children.get(name);
      const link = node?.link;
      if (link !== undefined && (followLast || pending.length > 0)) {
        const target = segmentsOf(link);
        hops += 1;
        linked += target.length;
        if (hops <= limits.linkHopsMax && linked <= limits.linkSegmentsMax) {
          if (link.startsWith('/')) {
            names.length = 0;
            nodes.length = 0;
          }
          pending.push(...target.reverse());
          continue;
        }
      }
      names.push(name);
      nodes.push(node);
    }
    return names;
  }
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== '.');
}

class Node {
  readonly parent: Node | null;
  readonly children = new Map<string, Node>();
  link: string | undefined = undefined;
  /** Links and visible evidence at and below this node. */
  live = 0;
  readonly #tracks = new Map<string, { readonly history: { layer: number; evidence: Json }[]; live: boolean }>();

  constructor(parent: Node | null) {
    this.parent = parent;
  }

  setLink(target: string | undefined): void {
    this.#count((target === undefined ? 0 : 1) - (this.link === undefined ? 0 : 1));
    this.link = target;
  }

  /** After `hide`: the analyzer's evidence, visible from this layer on. */
  put(analyzer: string, layer: number, evidence: Json): void {
    let track = this.#tracks.get(analyzer);
    if (track === undefined) {
      track = { history: [], live: false };
      this.#tracks.set(analyzer, track);
    }
    // Hidden by this very layer's file: replaced, not deleted in between.
    if (track.history.at(-1)?.layer === layer) track.history.pop();
    track.history.push({ layer, evidence });
    track.live = true;
    this.#count(1);
  }

  /** Everything alive here and below is gone from this layer on. */
  hide(layer: number): void {
    const gone = this.live;
    if (gone === 0) return;
    const open: Node[] = [this];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      node.link = undefined;
      node.#endTracks(layer);
      for (const child of node.children.values()) if (child.live > 0) open.push(child);
      if (node !== this) node.live = 0;
    }
    this.#count(-gone);
  }

  liveHistories(): ReadonlyMap<string, History> {
    const histories = new Map<string, History>();
    for (const [analyzer, { history, live }] of this.#tracks) if (live) histories.set(analyzer, history);
    return histories;
  }

  /** The file at this node is gone, what lies below stays. */
  endFile(layer: number): void {
    this.#count(-this.#endTracks(layer));
  }

  #endTracks(layer: number): number {
    let ended = 0;
    for (const track of this.#tracks.values()) {
      if (!track.live) continue;
      track.history.push({ layer, evidence: null });
      track.live = false;
      ended += 1;
    }
    return ended;
  }

  #count(change: number): void {
    if (change === 0) return;
    this.live += change;
    for (let { parent } = this; parent !== null; { parent } = parent) parent.live += change;
  }
}
