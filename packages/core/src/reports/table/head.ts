import type { Coverage, Report, SupportNote } from '../../assessment.ts';
import { RATINGS, SEVERITIES } from '../../risk/severity.ts';
import { type FirstStep, firstSteps } from '../first-steps.ts';
import { printable } from '../printable.ts';
import { shareWords } from '../share.ts';
import { clip } from './columns.ts';
import { ignoredWords } from './ignored.ts';
import type { Painter } from './paint.ts';

/** Upgrades named above the table. */
const STEPS_MAX = 3;
/** Problems named above the table; the rest is counted, and all of them are in the JSON. */
const PROBLEMS_MAX = 12;
/** Lines of packages without support, likewise. */
const SUPPORT_MAX = 8;
const LABEL_WIDTH = 12;
/** Executables named of those that no package explains, and how much of each path. */
const UNCLAIMED_MAX = 3;
const UNCLAIMED_WIDTH_MAX = 60;
/** A foreign version of 4,000 digits must not fill the screen; the JSON has all of it. */
const PROBLEM_WIDTH_MAX = 240;

export function* headLines(report: Report, today: string | null, paint: Painter): Generator<string> {
  yield `${paint('strong', printable(report.image.name))}\n`;
  yield* labelled('Image', imageWords(report));
  yield* labelled('System', [systemWords(report, today)]);
  yield* labelled('Packages', [count(report.packages.length, 'package')]);
  yield* labelled('Programs', programWords(report));
  yield* labelled('Judged by', report.assessment.coverage.map(coverageWords));
  yield* labelled('State', [stateWords(report, paint)]);
  yield* labelled('Problems', problemWords(report));
  yield* labelled('Support', supportWords(report));
  yield* labelled('Risk', [riskWords(report)]);
  yield* labelled('Findings', findingWords(report));
  yield* labelled('Ignored', ignoredWords(report.ignored));
  yield* labelled('Remedies', remedyWords(report));
  yield* labelled('Do first', stepWords(report, today));
}

function* labelled(label: string, lines: readonly string[]): Generator<string> {
  for (const [at, line] of lines.entries()) yield `  ${(at === 0 ? label : '').padEnd(LABEL_WIDTH)}${line}\n`;
}

function imageWords({ image }: Report): readonly string[] {
  const layers = image.layers.filter((layer) => !layer.empty).length;
  const parts = [
    image.id,
    image.platform,
    image.size === null ? null : megabytes(image.size),
    layers === 0 ? null : count(layers, 'layer'),
  ];
  const words = parts.filter((part) => part !== null).map(printable);
  return words.length === 0 ? [] : [words.join('  ')];
}

function systemWords({ image: { os } }: Report, today: string | null): string {
  if (os === null) return 'none found';
  const name = printable(os.name);
  if (os.endOfLife === null) return name;
  const regular = `security support ${hasPassed(os.endOfLife, today) ? 'ended' : 'until'} ${printable(os.endOfLife)}`;
  if (!hasPassed(os.endOfLife, today) || !os.extendedEndOfLife || os.extendedEndOfLife === os.endOfLife)
    return `${name}, ${regular}`;
  const extended = `long-term support ${hasPassed(os.extendedEndOfLife, today) ? 'ended' : 'until'} ${printable(os.extendedEndOfLife)}`;
  return `${name}, regular ${regular}, ${extended}`;
}

/** Nothing is said where it is not known: a line of zeros would be a lie. */
function programWords({ assessment: { confidence } }: Report): readonly string[] {
  const executables = confidence?.executables ?? null;
  if (executables === null || executables.files === 0) return [];
  const { files, bytes, unclaimed } = executables;
  const all = `${count(files, 'executable')}, ${megabytes(bytes)}`;
  if (unclaimed.files === 0) return [`${all}, each explained by a package`];
  const named = unclaimed.largest.slice(0, UNCLAIMED_MAX).map(({ path }) => clip(path, UNCLAIMED_WIDTH_MAX));
  const more = unclaimed.files - named.length;
  return [
    `${all}; ${shareWords(unclaimed.bytes, bytes)} of their bytes are not explained by any package:`,
    `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
  ];
}

const hasPassed = (date: string, today: string | null) => today !== null && date < today;

function coverageWords({ ecosystem, source, updatedAt, extent }: Coverage): string {
  const name = printable(ecosystem);
  if (source === null || updatedAt === null) return `${name}: no advisory source`;
  return `${name}: ${printable(source)} of ${printable(updatedAt.slice(0, 10))}${extent === 'excerpt' ? ', an excerpt' : ''}`;
}

function stateWords({ assessment: { state } }: Report, paint: Painter): string {
  switch (state) {
    case 'complete':
      return 'complete';
    case 'partial':
      return `${paint('medium', 'partial')}: something is missing, so every figure below means "at least"`;
    case 'not-assessable':
      return `${paint('alarm', 'not assessable')}: nothing can be said about this image as a whole; it is not clean, it is unknown`;
  }
}

function problemWords({ assessment: { problems } }: Report): readonly string[] {
  const named = problems.slice(0, PROBLEMS_MAX).map(({ code, path, detail }) => {
    return clip(`${code}${path === null ? '' : ` in ${path}`}: ${detail}`, PROBLEM_WIDTH_MAX);
  });
  const more = problems.length - named.length;
  return more > 0 ? [...named, `and ${more} more`] : named;
}

/** One line for each subject: forty packages of one source end together. */
function supportWords({ assessment: { support = [] } }: Report): readonly string[] {
  const bySubject = new Map<string, { note: SupportNote; packages: number }>();
  for (const note of support) {
    const known = bySubject.get(note.subject);
    if (known === undefined) bySubject.set(note.subject, { note, packages: 1 });
    else known.packages += 1;
  }
  const all = [...bySubject.values()];
  // What gets no fixes at all stands before what gets them for some uses.
  const ranked = [...all.filter(isEnded), ...all.filter((one) => !isEnded(one))];
  const named = ranked.slice(0, SUPPORT_MAX).map(({ note, packages }) => {
    const what = isEnded({ note })
      ? `security support ended${note.since === null ? '' : ` ${printable(note.since)}`}`
      : 'security support is limited';
    const paid = note.extendedUntil === null ? '' : `, paid support until ${printable(note.extendedUntil)}`;
    return clip(`${note.subject}: ${what}${paid} (${count(packages, 'package')})`, PROBLEM_WIDTH_MAX);
  });
  return ranked.length > named.length ? [...named, `and ${ranked.length - named.length} more`] : named;
}

const isEnded = ({ note }: { readonly note: SupportNote }) => note.status === 'ended';

function riskWords({ risk, assessment: { state } }: Report): string {
  if (risk.score === null) return 'unknown';
  return `${atLeast(state)}${risk.score} of 1000`;
}

function findingWords({ findings, summary, assessment: { state } }: Report): readonly string[] {
  if (findings.length === 0) {
    const words = state === 'complete' ? 'none' : state === 'partial' ? 'none found' : 'unknown';
    return [summary.ignored > 0 ? `${words}; ${summary.ignored} ignored` : words];
  }
  const ratings = RATINGS.map((rating) => `${summary[rating]} ${rating}`).join(', ');
  const severities = SEVERITIES.filter((one) => summary.severity[one] > 0).map(
    (one) => `${summary.severity[one]} ${one}`,
  );
  return [
    `${atLeast(state)}${summary.total}: ${ratings}`,
    `by severity: ${severities.join(', ')}`,
    `${summary.fixable} with a fix, ${summary.exploitable} with a known exploit, ${summary.ignored} ignored`,
  ];
}

function stepWords(report: Report, today: string | null): readonly string[] {
  const steps = firstSteps(report);
  const os = report.image.os;
  const words = steps.slice(0, STEPS_MAX).map((step) => {
    const left = step.leaves === 0 ? '' : `, ${step.leaves} with a fix elsewhere stay`;
    return `${upgradeWords(step)}: ends ${count(step.findings, 'finding')}, the worst of risk ${step.worst}${left}`;
  });
  const lastDay = os?.extendedEndOfLife ?? os?.endOfLife ?? null;
  if (os && lastDay !== null && hasPassed(lastDay, today)) {
    words.unshift(`rebuild on a supported release: ${printable(os.name)} gets no security updates any more`);
  }
  return words.map((line, at) => `${at + 1}. ${line}`);
}

/** How far each kind of remedy goes; nothing where there is nothing to mend. */
function remedyWords({ advice }: Report): readonly string[] {
  if (advice === undefined) return [];
  const { packageManager, update, newBase, noFix, unclear } = advice.remedies;
  const parts = [
    packageManager > 0 ? `an update of the distribution's packages ends ${packageManager}` : null,
    update > 0 ? `other versions of what was added end ${update}` : null,
    newBase > 0 ? `a newer release as base ends ${newBase}` : null,
    noFix > 0 ? `no fix yet for ${noFix}` : null,
    unclear > 0 ? `not decided: ${unclear}` : null,
  ].filter((part) => part !== null);
  return parts.length === 0 ? [] : [parts.join('; ')];
}

/** Nobody upgrades Go's standard library by itself: it comes with the compiler. */
function upgradeWords({ by, name, from, to }: FirstStep): string {
  if (by === 'toolchain') return `rebuild with Go ${printable(to)} instead of ${printable(from)}`;
  return `upgrade ${printable(name)} ${printable(from)} to ${printable(to)}`;
}

function atLeast(state: Report['assessment']['state']): string {
  return state === 'complete' ? '' : 'at least ';
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
