import type { Analyzer, ClaimedFile, EvidenceRecord, Json, LayerContext, Problem, ProblemCode } from '@hullcheck/core';
import { layerLimits } from '../limits.ts';
import type { ClaimMatcher } from './claims.ts';
import { visibleText } from './visible-text.ts';

const NOTHING: ReadonlyMap<number, Json> = new Map();

/**
 * What a layer says so far: evidence by path, links, deletions and problems. It applies the order of a layer's entries
 * (a later entry replaces an earlier one at the same path, and a file replaces a folder with all below it).
 */
export class EvidenceCollector {
  readonly #analyzers: readonly Analyzer[];
  readonly #context: LayerContext;
  /** Of paths where an analyzer found something. */
  readonly #evidence = new Map<string, ReadonlyMap<number, Json>>();
  /**
   * Analyzers that found nothing, of the other claimed paths. Most are of executables and share one list: a map for each
   * took 300 MB where half a million files had an execute bit (measured).
   */
  readonly #nothing = new Map<string, readonly number[]>();
  /** Folders above evidence; most replaced paths are not among them and cost one look-up. */
  readonly #parents = new Set<string>();
  readonly #problems: Problem[] = [];
  #problemsLeftOut = 0;
  readonly #reportedOnce = new Set<string>();
  #records = 0;
  readonly links = new Map<string, string>();
  readonly whiteouts = new Set<string>();
  readonly opaque = new Set<string>();

  constructor(analyzers: readonly Analyzer[], matcher: ClaimMatcher) {
    this.#analyzers = analyzers;
    this.#context = { isClaimed: (path) => matcher.byName(path).length > 0 };
  }

  /** What the analyzers say of one file. A throw is a problem of this file and of nothing else. */
  analyze(file: ClaimedFile, analyzers: readonly number[]): Map<number, Json> {
    const found = new Map<number, Json>();
    for (const index of analyzers) {
      const analyzer = this.#analyzers[index];
      if (analyzer === undefined) continue;
      try {
        const { evidence, problems } = analyzer.analyze(file, this.#context);
        for (const problem of problems) this.#addProblem({ ...problem, detail: visibleText(problem.detail) });
        found.set(index, evidence);
      } catch (thrown) {
        const reason = thrown instanceof Error ? thrown.message : String(thrown);
        this.problem('unreadable', file.path, `${analyzer.id} could not read it: ${reason}`);
        found.set(index, null);
      }
    }
    return found;
  }

  /**
   * What `analyzers` found in the file at `path`; those that are not in `found` found nothing. That is kept too: the file
   * still hides what lower layers have at this path.
   */
  record(path: string, analyzers: readonly number[], found: ReadonlyMap<number, Json> = NOTHING): void {
    if (analyzers.length === 0) return;
    const known = analyzers.filter((analyzer) => (found.get(analyzer) ?? null) !== null);
    if (this.#records >= layerLimits.evidenceRecordsMax) {
      this.problemOnce(
        'limit-exceeded',
        `more than evidenceRecordsMax (${layerLimits.evidenceRecordsMax}) claimed files`,
      );
      return;
    }
    if (known.length === 0) this.#nothing.set(path, analyzers);
    else this.#evidence.set(path, new Map(analyzers.map((analyzer) => [analyzer, found.get(analyzer) ?? null])));
    this.#records += Math.max(1, known.length);
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const parent = path.slice(0, slash);
      if (this.#parents.has(parent)) break;
      this.#parents.add(parent);
    }
  }

  /** By analyzer, null where it found nothing; undefined for a path that nobody claimed. */
  evidenceAt(path: string): ReadonlyMap<number, Json> | undefined {
    const nothing = this.#nothing.get(path);
    return nothing === undefined ? this.#evidence.get(path) : new Map(nothing.map((analyzer) => [analyzer, null]));
  }

  /** A new entry at this path takes the place of an earlier one of the same layer. */
  replace(path: string, byFolder: boolean): void {
    this.links.delete(path);
    this.#forget(path);
    if (byFolder || !this.#parents.has(path)) return;
    this.#parents.delete(path);
    const below = `${path}/`;
    for (const paths of [this.#evidence.keys(), this.#nothing.keys()]) {
      for (const other of paths) if (other.startsWith(below)) this.#forget(other);
    }
  }

  #forget(path: string): void {
    const earlier = this.#evidence.get(path);
    if (earlier !== undefined) {
      this.#records -= [...earlier.values()].filter((evidence) => evidence !== null).length;
      this.#evidence.delete(path);
    } else if (this.#nothing.delete(path)) this.#records--;
  }

  problem(code: ProblemCode, path: string | null, detail: string): void {
    this.#addProblem({
      code,
      path: path === null ? null : visibleText(path, layerLimits.pathBytesMax),
      layer: null,
      detail: visibleText(detail),
    });
  }

  /** For limits of the whole layer, which a hostile one would otherwise report a million times. */
  problemOnce(code: ProblemCode, detail: string): void {
    if (this.#reportedOnce.has(detail)) return;
    this.#reportedOnce.add(detail);
    this.problem(code, null, detail);
  }

  #addProblem(problem: Problem): void {
    if (this.#problems.length < layerLimits.problemsMax) this.#problems.push(problem);
    else this.#problemsLeftOut++;
  }

  /**
   * Sorted by path and analyzer id, so that equal layers give equal reports. A path hides what lower layers have there
   * whichever analyzer names it, so one null stands for all: every script with an execute bit would leave one of each
   * analyzer of programs.
   */
  evidence(): EvidenceRecord[] {
    const records: EvidenceRecord[] = [];
    const idOf = (index: number): string => this.#analyzers[index]?.id ?? '';
    for (const [path, byAnalyzer] of this.#evidence) {
      for (const [index, data] of byAnalyzer) if (data !== null) records.push({ analyzer: idOf(index), path, data });
    }
    for (const [path, analyzers] of this.#nothing) {
      const analyzer = analyzers.map(idOf).reduce((first, id) => (id < first ? id : first));
      records.push({ analyzer, path, data: null });
    }
    return records.sort((a, b) => compare(a.path, b.path) || compare(a.analyzer, b.analyzer));
  }

  problems(layer: string): Problem[] {
    const all = this.#problems.map((problem) => ({ ...problem, layer }));
    if (this.#problemsLeftOut > 0) {
      const detail = `${this.#problemsLeftOut} further problems are not listed (problemsMax ${layerLimits.problemsMax})`;
      all.push({ code: 'limit-exceeded', path: null, layer, detail });
    }
    return all;
  }
}

export function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
