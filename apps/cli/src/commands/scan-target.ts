import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { AdvisoryDatabase } from '@hullcheck/advisories';
import {
  assess,
  Fault,
  type Finding,
  printable,
  REPORT_FORMATS,
  type Report,
  type ReportFormat,
  type Severity,
} from '@hullcheck/core';
import type { ReaderAhead } from '@hullcheck/scanner/reader-ahead';
import { openChosenDatabase } from '../database.ts';
import { exitCodes } from '../exit.ts';
import { readAnswers } from '../ignore-files/index.ts';
import { answerNotes } from '../ignore-files/notes.ts';
import { readTarget } from '../read-target.ts';
import type { Settings, Surroundings } from '../settings.ts';
import type { Target } from '../target.ts';
import { startProgress } from '../terminal-progress.ts';

const severities: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'];
const DEFAULT_TIMEOUT_SECONDS = 600;

function severityNamed(text: string, flag: string): Severity {
  const found = severities.find((severity) => severity === text.toLowerCase());
  if (found === undefined) {
    const format = REPORT_FORMATS.some((candidate) => candidate.id === text.toLowerCase());
    throw new Fault(
      'invalid-input',
      `--${flag} takes ${severities.join(', ')}; not ${text}`,
      format ? { hint: `A format is given with -f ${text}` } : {},
    );
  }
  return found;
}

interface Output {
  readonly format: ReportFormat;
  readonly file: string | null;
}

/** `-f FORMAT` and `-f FORMAT=FILE`, repeatable; `-o FILE` is where the one without a file goes. */
function outputsOf(settings: Settings, fallback: string): readonly Output[] {
  const wanted = settings.list('format');
  const output = settings.text('output') ?? null;
  if (output !== null && REPORT_FORMATS.some((format) => format.id === output)) {
    throw new Fault('invalid-input', `-o takes a file; the format ${output} is given with -f ${output}`);
  }
  return (wanted.length === 0 ? [fallback] : wanted).map((text) => {
    const equals = text.indexOf('=');
    const name = (equals === -1 ? text : text.slice(0, equals)).toLowerCase();
    const format = REPORT_FORMATS.find((candidate) => candidate.id === name);
    if (format === undefined) {
      const severity = severities.some((candidate) => candidate === name);
      const hint = severity
        ? `A severity is given with --severity ${name} or --fail-on ${name}`
        : `Formats: ${REPORT_FORMATS.map((candidate) => candidate.id).join(', ')}`;
      throw new Fault('invalid-input', `there is no format ${name}`, { hint });
    }
    return { format, file: equals === -1 ? output : text.slice(equals + 1) };
  });
}

/** Only what the filters leave; the counts of the summary stay those of the whole image. */
function filterFindings(report: Report, settings: Settings): Report {
  const wanted = new Set(settings.list('severity').map((text) => severityNamed(text, 'severity')));
  const onlyFixed = settings.flag('onlyFixed') || settings.flag('ignoreUnfixed');
  const keep = (finding: Finding) =>
    (wanted.size === 0 || wanted.has(finding.severity)) && (!onlyFixed || finding.fixedIn.length > 0);
  return { ...report, findings: report.findings.filter(keep) };
}

function exitCodeOf(report: Report, settings: Settings): number {
  if (report.assessment.state === 'not-assessable') return exitCodes.notAssessable;
  const failOn = settings.text('failOn');
  const exitCode = settings.integer('exitCode');
  const open = report.findings.filter(
    (finding) => finding.status !== 'not-affected' && finding.status !== 'undetermined',
  );
  if (failOn !== undefined) {
    const floor = severities.indexOf(severityNamed(failOn, 'fail-on'));
    return open.some((finding) => severities.indexOf(finding.severity) <= floor)
      ? (exitCode ?? exitCodes.policy)
      : exitCodes.passed;
  }
  return exitCode !== undefined && open.length > 0 ? exitCode : exitCodes.passed;
}

/** Written beside and renamed, so that a reader never sees half a report. */
function writeFile(path: string, chunks: Iterable<string>) {
  const temporary = `${path}.${process.pid}.part`;
  let handle: number;
  try {
    handle = openSync(temporary, 'wx', 0o644);
  } catch (error) {
    throw new Fault('invalid-input', `can't write ${path}`, { place: path, cause: error });
  }
  try {
    for (const chunk of chunks) writeSync(handle, chunk);
    fsyncSync(handle);
    closeSync(handle);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new Fault('storage-full', `can't write ${path}`, { place: path, cause: error });
  }
}

async function writeOut(stream: NodeJS.WriteStream, chunks: Iterable<string>) {
  for (const chunk of chunks) {
    if (!stream.write(chunk)) await new Promise<void>((resolve) => stream.once('drain', resolve));
  }
}

export interface ScanTask {
  readonly kind: 'scan' | 'sbom';
  readonly target: Target;
  readonly settings: Settings;
  readonly around: Surroundings;
  /** The reading process that was started for it; absent where nothing is read by one. */
  readonly ahead: ReaderAhead | undefined;
}

/** Reads, judges, writes the reports and gives the exit code. The database is opened while the layers are read. */
export async function scanTarget({ kind, target, settings, around, ahead }: ScanTask): Promise<number> {
  const outputs = outputsOf(settings, kind === 'scan' ? 'table' : 'cyclonedx');
  const failOn = settings.text('failOn');
  if (failOn !== undefined) severityNamed(failOn, 'fail-on');
  // Before anything is read: a file that is wrong shall not cost a download.
  const answers = kind === 'scan' ? await readAnswers(settings, around) : { rules: [], statements: [] };
  const progress = startProgress(around, !settings.flag('quiet') && !settings.flag('noProgress'));
  const cancel = new AbortController();
  const stop = () => cancel.abort(new Fault('cancelled', 'cancelled'));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const seconds = settings.integer('timeout') ?? DEFAULT_TIMEOUT_SECONDS;
  const timer = setTimeout(
    () => cancel.abort(new Fault('timed-out', `reading took longer than ${seconds} s`, { hint: 'Raise --timeout' })),
    seconds * 1000,
  );
  const reading = readTarget(target, { settings, around, progress, ahead, signal: cancel.signal });
  // It may fail before the database is open; whoever awaits it below still hears of it.
  reading.catch(() => undefined);
  let database: AdvisoryDatabase | null = null;
  try {
    if (kind === 'scan') database = await openChosenDatabase(settings, around);
    const { image, inventory } = await reading;
    progress.end();
    const report = assess({
      image,
      inventory,
      database,
      now: around.now(),
      readBy: 'console',
      tool: { version: around.version },
      ignore: answers.rules,
      vex: answers.statements,
      vendorStatements: !settings.flag('noVendorVex'),
    });
    if (!settings.flag('quiet')) {
      for (const note of answerNotes(report, answers, around.now())) around.stderr.write(`${printable(note)}.\n`);
    }
    const shown = kind === 'scan' ? filterFindings(report, settings) : report;
    for (const { format, file } of outputs) {
      const color = file === null && around.stdout.isTTY && around.environment.NO_COLOR === undefined;
      const chunks = format.render(shown, { color, today: new Date(around.now()).toISOString().slice(0, 10) });
      if (file === null) await writeOut(around.stdout, chunks);
      else writeFile(file, chunks);
    }
    return kind === 'scan' ? exitCodeOf(shown, settings) : exitCodes.passed;
  } catch (error) {
    if (cancel.signal.aborted && cancel.signal.reason instanceof Fault) throw cancel.signal.reason;
    throw error;
  } finally {
    // Where there is no database, reading is no longer wanted; whatever it says of that is not the reason.
    cancel.abort();
    await reading.catch(() => undefined);
    database?.close();
    progress.end();
    clearTimeout(timer);
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
