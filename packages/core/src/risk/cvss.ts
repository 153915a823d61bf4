import calculator from 'ae-cvss-calculator';

export type CvssVersion = '2.0' | '3.0' | '3.1' | '4.0';

export interface CvssScore {
  readonly version: CvssVersion;
  /** Base score, 0 to 10 with one decimal. */
  readonly score: number;
  /** The vector as given, without surrounding blanks and brackets. */
  readonly vector: string;
}

/**
 * The base score of a CVSS vector, or undefined where the text is not a whole vector of a known version. Threat and
 * environmental metrics of the vector are read and left out of the score: what is known of exploits comes from its own sources.
 * https://www.first.org/cvss/
 */
export function scoreCvss(text: string): CvssScore | undefined {
  if (text.length > VECTOR_CHARS_MAX) return undefined;
  const vector = text.trim().replace(/^\((.*)\)$/, '$1');
  const match = /^CVSS:(3\.0|3\.1|4\.0)\/(.+)$/.exec(vector);
  const version = match === null ? '2.0' : parseVersion(match[1]);
  if (version === undefined) return undefined;
  const base = baseMetrics(version, match?.[2] ?? vector);
  if (base === undefined) return undefined;
  const score = baseScore(version, base);
  return Number.isFinite(score) ? { version, score, vector } : undefined;
}

const VECTOR_CHARS_MAX = 512;

function parseVersion(text: string | undefined): CvssVersion | undefined {
  return text === '3.0' || text === '3.1' || text === '4.0' ? text : undefined;
}

/** Metric, allowed values. The calculator takes unknown text in silence, so the grammar is checked here. */
const BASE: { readonly [key in '2.0' | '3' | '4.0']: ReadonlyMap<string, string> } = {
  '2.0': new Map([
    ['AV', 'LAN'],
    ['AC', 'HML'],
    ['Au', 'MSN'],
    ['C', 'NPC'],
    ['I', 'NPC'],
    ['A', 'NPC'],
  ]),
  '3': new Map([
    ['AV', 'NALP'],
    ['AC', 'LH'],
    ['PR', 'NLH'],
    ['UI', 'NR'],
    ['S', 'UC'],
    ['C', 'NLH'],
    ['I', 'NLH'],
    ['A', 'NLH'],
  ]),
  '4.0': new Map([
    ['AV', 'NALP'],
    ['AC', 'LH'],
    ['AT', 'NP'],
    ['PR', 'NLH'],
    ['UI', 'NPA'],
    ['VC', 'HLN'],
    ['VI', 'HLN'],
    ['VA', 'HLN'],
    ['SC', 'HLN'],
    ['SI', 'HLN'],
    ['SA', 'HLN'],
  ]),
};

/** Optional metrics by name only: their values don't enter the base score. */
const OPTIONAL: { readonly [key in '2.0' | '3' | '4.0']: ReadonlySet<string> } = {
  '2.0': new Set(['E', 'RL', 'RC', 'CDP', 'TD', 'CR', 'IR', 'AR']),
  '3': new Set(['E', 'RL', 'RC', 'CR', 'IR', 'AR', 'MAV', 'MAC', 'MPR', 'MUI', 'MS', 'MC', 'MI', 'MA']),
  '4.0': new Set('E CR IR AR MAV MAC MAT MPR MUI MVC MVI MVA MSC MSI MSA S AU R V RE U'.split(' ')),
};

/** The base metrics in the order of the specification, or undefined: one missing, doubled, unknown or with a foreign value. */
function baseMetrics(version: CvssVersion, metrics: string): string | undefined {
  const family = version === '3.0' || version === '3.1' ? '3' : version;
  const base = BASE[family];
  const seen = new Map<string, string>();
  for (const part of metrics.split('/')) {
    const match = /^([A-Za-z]+):([A-Za-z]+)$/.exec(part);
    const name = match?.[1];
    const value = match?.[2];
    if (name === undefined || value === undefined || seen.has(name)) return undefined;
    const allowed = base.get(name);
    if (allowed === undefined ? !OPTIONAL[family].has(name) : value.length !== 1 || !allowed.includes(value))
      return undefined;
    seen.set(name, value);
  }
  const parts: string[] = [];
  for (const name of base.keys()) {
    const value = seen.get(name);
    if (value === undefined) return undefined;
    parts.push(`${name}:${value}`);
  }
  return parts.join('/');
}

function baseScore(version: CvssVersion, metrics: string): number {
  switch (version) {
    case '2.0':
      return new calculator.Cvss2(metrics).calculateScores().base ?? Number.NaN;
    case '3.0':
      return new calculator.Cvss3P0(`CVSS:3.0/${metrics}`).calculateScores().base ?? Number.NaN;
    case '3.1':
      return new calculator.Cvss3P1(`CVSS:3.1/${metrics}`).calculateScores().base ?? Number.NaN;
    case '4.0':
      return new calculator.Cvss4P0(`CVSS:4.0/${metrics}`).calculateScores().base ?? Number.NaN;
  }
}

const PREFERENCE: readonly CvssVersion[] = ['2.0', '3.0', '3.1', '4.0'];

/** Which of two scores is shown: the newer version of CVSS, then the higher score. Negative: `a` stands first. */
export function byCvssPreference(a: CvssScore, b: CvssScore): number {
  return PREFERENCE.indexOf(b.version) - PREFERENCE.indexOf(a.version) || b.score - a.score;
}
