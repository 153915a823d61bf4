import type { ImageEvent } from '@hullcheck/contract';

const causes: { readonly [cause in ImageEvent['cause']]: string } = {
  'first-seen': 'first judged',
  'advisory-new': 'new advisory',
  'advisory-withdrawn': 'advisory withdrawn',
  'range-changed': 'affected versions changed',
  'status-changed': 'status changed by its source',
  'fix-released': 'fix released',
  'severity-changed': 'severity changed',
  'kev-listed': 'listed by CISA KEV',
  'kev-removed': 'removed from CISA KEV',
  'exploit-changed': 'exploit known',
  'epss-crossed': 'EPSS crossed a threshold',
  'sources-changed': 'other advisories name it',
  'package-changed': 'read again: another package',
  'analyzer-version': 'read again by a newer analyzer',
  'database-source': 'advisory source added or removed',
  'vendor-statement': 'its vendor states otherwise',
  'rules-version': 'judged by another version of Hullcheck',
  unknown: 'cause not recorded',
};

export const causeWords = (cause: ImageEvent['cause']): string => causes[cause];

const fields: { readonly [field: string]: string } = {
  verdict: 'status',
  severity: 'severity',
  cvss: 'CVSS',
  fixedIn: 'fixed in',
  range: 'affected',
  kev: 'CISA KEV',
  exploit: 'exploit',
  epss: 'EPSS',
  vendor: 'its vendor says',
};

/** `severity high → critical`; undefined where there is nothing that a line can show. */
export function changeWords({ changes }: Pick<ImageEvent, 'changes'>): string | undefined {
  const words = changes.flatMap(({ field, before, after }) => {
    const name = fields[field];
    return name === undefined ? [] : [`${name} ${valueWords(before)} → ${valueWords(after)}`];
  });
  return words.length === 0 ? undefined : words.join('; ');
}

function valueWords(value: unknown): string {
  if (value === null || (Array.isArray(value) && value.length === 0)) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : 'other';
}
