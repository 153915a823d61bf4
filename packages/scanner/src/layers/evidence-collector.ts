import type { Analyzer, ClaimedFile, EvidenceRecord, Json, LayerContext, Problem, ProblemCode } from '@hullcheck/core';
import { layerLimits } from '../limits.ts';
import type { ClaimMatcher } from './claims.ts';
import { visibleText } from './visible-text.ts';

/**
 * What a layer says so far: evidence by path, links, deletions and problems. It applies the order of a layer's entries
 * (a later entry replaces an earlier one at the same path, and a file replaces a folder with all below it).
 */
export class EvidenceCollector {
  readonly #analyzers: readonly Analyzer[];
  readonly #context: LayerContext;
  readonly #evidence = new Map<string, Map<number, Json>>();
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

  /** Null evidence is kept: the file still hides what lower layers have at this path. */
  record(path: string, analyzer: number, evidence: Json): void {
    if (this.#records >= layerLimits.evidenceRecordsMax) {
      this.problemOnce(
        'limit-exceeded',
        `more than evidenceRecordsMax (${layerLimits.evidenceRecordsMax}) claimed files`,
      );
      return;
    }
    let byAnalyzer = this.#evidence.get(path);
    if (byAnalyzer === undefined) {
      byAnalyzer = new Map();
      this.#evidence.set(path, byAnalyzer);
      for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
        const parent = path.slice(0, slash);
        if (this.#parents.has(parent)) break;
        this.#parents.add(parent);
      }
    }
    if (!byAnalyzer.has(analyzer)) this.#records++;
    byAnalyzer.set(analyzer, evidence);
  }

  evidenceAt(path: string): ReadonlyMap<number, Json> | undefined {
    return this.#evidence.get(path);
  }

  /** A new entry at this path takes the place of an earlier one of the same layer. */
  replace(path: string, byFolder: boolean): void {
    this.links.delete(path);
    const earlier = this.#evidence.get(path);
    if (earlier !== undefined) {
      this.#records -= earlier.size;
      this.#evidence.delete(path);
    }
    if (byFolder || !this.#parents.has(path)) return;
    this.#parents.delete(path);
    const below = `${path}/`;
    for (const [other, byAnalyzer] of this.#evidence) {
      if (!other.startsWith(below)) continue;
      this.#records -= byAnalyzer.size;
      this.#evidence.delete(other);
    }
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
    for (const [path, byAnalyzer] of this.#evidence) {
      const ofPath = [...byAnalyzer].map(([index, data]) => ({
        analyzer: this.#analyzers[index]?.id ?? '',
        path,
        data,
      }));
      const known = ofPath.filter(({ data }) => data !== null);
      if (known.length > 0) records.push(...known);
      else records.push(...ofPath.sort((a, b) => compare(a.analyzer, b.analyzer)).slice(0, 1));
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
