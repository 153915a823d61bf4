import type { Report } from '../../assessment.ts';
import type { Confidence, Finding, Severity } from '../../finding.ts';
import type { ReportFormat } from '../format.ts';
import { type Column, columnLines } from './columns.ts';
import { headLines } from './head.ts';
import { type Painter, painterOf } from './paint.ts';
import { tableRows } from './rows.ts';

/**
 * For a person at a terminal: what it is, how far it could be judged, what to do first, then every finding, worst first;
 * packages of one source share a row.
 */
export const table: ReportFormat = {
  id: 'table',
  mediaType: 'text/plain; charset=utf-8',
  fileExtension: 'txt',
  *render(report, options) {
    const paint = painterOf(options.color);
    yield* headLines(report, options.today, paint);
    yield* findingLines(report, paint);
  },
};

const NAME_WIDTH_MAX = 48;

const COLUMNS: readonly Column[] = [
  { title: 'RISK', align: 'right', widthMax: 4 },
  { title: 'SEVERITY', align: 'left', widthMax: 10 },
  { title: 'ID', align: 'left', widthMax: 24 },
  { title: 'PACKAGE', align: 'left', widthMax: NAME_WIDTH_MAX },
  { title: 'INSTALLED', align: 'left', widthMax: 32 },
  { title: 'FIXED IN', align: 'left', widthMax: 40 },
  { title: 'LAYER', align: 'right', widthMax: 5 },
  { title: 'EXPLOITED', align: 'left', widthMax: 24 },
];

/** Only where a finding is less than sure: it would say the same in every row. */
const SURE: Column = { title: 'SURE', align: 'left', widthMax: 6 };

function isUnsure(confidence: Confidence | undefined): confidence is Confidence {
  return confidence !== undefined && confidence.level !== 'high';
}

function* findingLines(report: Report, paint: Painter): Generator<string> {
  if (report.findings.length === 0) return;
  const layers = layerNumbers(report);
  const rows = tableRows(report, NAME_WIDTH_MAX);
  const unsure = rows.some(({ findings: [{ evidence }] }) => isUnsure(evidence.confidence));
  const columns = unsure ? [...COLUMNS, SURE] : COLUMNS;
  const cells = rows.map(({ findings: [finding], name, installed }) => [
    String(finding.risk),
    finding.severity,
    finding.id,
    name,
    installed,
    fixWords(finding),
    finding.layer === null ? '-' : (layers.get(finding.layer) ?? '?'),
    exploitWords(finding),
    ...(unsure ? [isUnsure(finding.evidence.confidence) ? finding.evidence.confidence.level : '-'] : []),
  ]);
  yield '\n';
  yield* columnLines(columns, cells, (text, row, column) => {
    const finding = rows[row]?.findings[0];
    if (finding === undefined) return paint('head', text);
    if (column === 1) return paint(finding.severity satisfies Severity, text);
    return column === 7 && text !== '-' ? paint('alarm', text) : text;
  });
  if (rows.length < report.findings.length) {
    const inRows = `${report.findings.length} findings in ${rows.length} row${rows.length === 1 ? '' : 's'}`;
    yield `\n${paint('faint', `${inRows}: packages built from one source share a row.`)}\n`;
  }
}

/** Layers as people count them, from 1 at the bottom; entries of the history without a layer don't count. */
function layerNumbers(report: Report): ReadonlyMap<string, string> {
  const numbers = new Map<string, string>();
  let number = 0;
  for (const layer of report.image.layers) {
    if (layer.empty) continue;
    number++;
    if (layer.diffId !== null && !numbers.has(layer.diffId)) numbers.set(layer.diffId, String(number));
  }
  return numbers;
}

function fixWords(finding: Finding): string {
  switch (finding.status) {
    case 'fixed-available':
      return finding.fixedIn.join(', ');
    case 'will-not-fix':
      return "won't be fixed";
    case 'undetermined':
      return 'undetermined';
    case 'under-investigation':
      return 'being investigated';
    case 'affected':
    case 'not-affected':
      return '-';
  }
}

function exploitWords(finding: Finding): string {
  if (finding.kev) return 'yes (CISA KEV)';
  switch (finding.exploit) {
    case 'attacked':
      return 'yes';
    case 'weaponized':
      return 'exploit available';
    case 'poc':
      return 'proof of concept';
    case 'none':
      return '-';
  }
}
