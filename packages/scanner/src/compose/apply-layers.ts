import type { Analyzer, Digest, EvidenceRecord, Json, LayerReport, Problem } from '@hullcheck/core';
import { cleanText } from '../analyzers/foreign-text.ts';
import { ImageTree } from './image-tree.ts';
import { limits } from './limits.ts';

/** One non-empty layer of an image with what reading it left behind; null when it could not be read. */
export interface ComposedLayer {
  readonly diffId: Digest;
  readonly report: LayerReport | null;
}

export interface AppliedLayers {
  readonly tree: ImageTree;
  readonly problems: readonly Problem[];
}

/** Applies the reports from the lowest layer up and collects the problems that still concern what is visible. */
export function applyLayers(layers: readonly ComposedLayer[], analyzers: readonly Analyzer[]): AppliedLayers {
  const tree = new ImageTree();
  const byId = new Map(analyzers.map((analyzer) => [analyzer.id, analyzer]));
  const problems: LayerProblem[] = [];
  const add = (problem: Problem, unread: Unread | undefined): void => {
    if (problems.length < limits.problemsMax) problems.push({ problem, unread });
  };
  for (const [index, { diffId, report }] of layers.entries()) {
    if (report === null) {
      const detail = 'the layer could not be read: what it adds, changes or deletes is not known';
      add({ code: 'layer-missing', path: null, layer: diffId, detail }, undefined);
      continue;
    }
    applyReport(tree, index, report, byId, (problem, unread) =>
      add({ ...problem, layer: problem.layer ?? diffId }, unread),
    );
  }
  return { tree, problems: problems.filter(({ unread }) => isVisible(tree, unread)).map(({ problem }) => problem) };
}

interface LayerProblem {
  readonly problem: Problem;
  /** The file that could not be read, where it is exactly this file that the problem concerns. */
  readonly unread: Unread | undefined;
}

interface Unread {
  readonly path: string;
  readonly layer: number;
}

/** Stands in the tree for a file that was claimed but could not be read, so that it is known whether it is still there. */
const UNREAD = 'unread';

function applyReport(
  tree: ImageTree,
  layer: number,
  report: LayerReport,
  analyzers: ReadonlyMap<string, Analyzer>,
  addProblem: (problem: Problem, unread: Unread | undefined) => void,
): void {
  tree.startLayer(layer);
  // A layer's deletions concern the layers below it only, whatever their order in the tar:
  // https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
  for (const path of report.opaque) tree.clearFolder(path);
  for (const path of report.whiteouts) tree.delete(path);
  // A folder sorts before what is in it, so links in linked folders land where they belong.
  for (const [path, target] of Object.entries(report.links).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (target.length <= limits.pathCharsMax) tree.putLink(path, target);
  }
  const troubled = new Set(report.problems.filter(({ code }) => FILE_CODES.has(code)).map(({ path }) => path));
  const unread = new Map<string, Unread>();
  const unknown = new Set<string>();
  for (const [path, records] of groupByPath(report.evidence)) {
    const evidence = new Map<string, Json>();
    const misshapen: string[] = [];
    for (const { analyzer: id, data } of records) {
      const analyzer = analyzers.get(id);
      if (analyzer === undefined) unknown.add(id);
      const parsed = data === null ? null : (analyzer?.parseEvidence(data) ?? null);
      if (data !== null && parsed === null && analyzer !== undefined) misshapen.push(id);
      evidence.set(id, parsed);
    }
    if (troubled.has(path) || misshapen.length > 0) evidence.set(UNREAD, true);
    const canonical = tree.putFile(path, evidence);
    if (evidence.has(UNREAD)) unread.set(path, { path: canonical, layer });
    for (const id of misshapen) {
      const detail = `the evidence of analyzer ${id} is not of its shape`;
      addProblem(
        { code: 'unreadable', path: cleanText(path, limits.pathCharsMax), layer: null, detail },
        unread.get(path),
      );
    }
  }
  for (const id of unknown) {
    const detail = `evidence of an analyzer that this version does not have: ${cleanText(id, 64)}`;
    addProblem({ code: 'unsupported', path: null, layer: null, detail }, undefined);
  }
  for (const problem of report.problems) {
    const ofFile = problem.path !== null && FILE_CODES.has(problem.code);
    addProblem(problem, ofFile ? unread.get(problem.path) : undefined);
  }
}

/** Codes that say that one file could not be read; any other may mean more than the file it names. */
const FILE_CODES: ReadonlySet<Problem['code']> = new Set(['unreadable', 'unsupported']);

/** A broken file that a later layer deletes or replaces is no gap in what is known of the image. */
function isVisible(tree: ImageTree, unread: Unread | undefined): boolean {
  if (unread === undefined) return true;
  return tree.historiesAt(unread.path)?.get(UNREAD)?.at(-1)?.layer === unread.layer;
}

function groupByPath(records: readonly EvidenceRecord[]): ReadonlyMap<string, readonly EvidenceRecord[]> {
  const groups = new Map<string, EvidenceRecord[]>();
  for (const record of records) {
    if (record.path.length > limits.pathCharsMax) continue;
    const group = groups.get(record.path);
    if (group === undefined) groups.set(record.path, [record]);
    else group.push(record);
  }
  return groups;
}
