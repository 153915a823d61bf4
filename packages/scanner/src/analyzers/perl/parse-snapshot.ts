import { type Readable, readLines } from '../../formats/text/index.ts';
import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import { parseDistribution } from './distribution.ts';
import { type InstalledDistribution, isIdentified, type PerlResult } from './parse.ts';

export type SnapshotDistribution = InstalledDistribution & { readonly requires: readonly string[] };

const BOUNDS = { fileBytesMax: limits.lockFileBytesMax, lineBytesMax: limits.lineBytesMax };

interface Draft {
  readonly dist: string;
  pathname: string | undefined;
  readonly provides: string[];
  readonly requires: string[];
}

/** cpanfile.snapshot of Carton: distributions by indentation. https://metacpan.org/pod/Carton */
export function parseSnapshot(
  file: Readable,
): PerlResult<{ readonly distributions: readonly SnapshotDistribution[]; readonly full: boolean }> {
  const drafts: Draft[] = [];
  let format: string | undefined;
  let section = '';
  let names = 0;
  const outcome = readLines(file, BOUNDS, (line) => {
    format ??= /^# carton snapshot format: version (\d{1,9}\.\d{1,9})/.exec(line)?.[1];
    const [, indent = '', text = ''] = /^( {2}| {4}| {6})([^\s].*)$/.exec(line) ?? [];
    const draft = drafts.at(-1);
    if (indent.length === 2)
      drafts.push({ dist: text.slice(0, 1024), pathname: undefined, provides: [], requires: [] });
    else if (indent.length === 4) {
      section = text;
      if (draft !== undefined && text.startsWith('pathname: ')) draft.pathname = text.slice('pathname: '.length, 2048);
    } else if (indent.length === 6 && draft !== undefined) {
      const name = identifierOf(text.split(' ', 1)[0], limits.nameCharsMax);
      const list = section === 'provides:' ? draft.provides : section === 'requirements:' ? draft.requires : undefined;
      if (name !== undefined && list !== undefined && list.length < limits.needsPerPackageMax) list.push(name);
      names += 1;
    }
    return drafts.length < limits.packagesPerFileMax && names < limits.needsPerFileMax;
  });
  if (outcome === 'file-bytes' || outcome === 'line-bytes')
    return { fault: 'the file is above lockFileBytesMax or lineBytesMax', code: 'limit-exceeded' };
  if (format === undefined) return { fault: 'the file does not begin as Carton writes it', code: 'unreadable' };
  const distributions = drafts.flatMap(({ dist, pathname, provides, requires }) => {
    const distribution = parseDistribution(dist, pathname);
    return distribution === undefined || !isIdentified(distribution) ? [] : [{ ...distribution, provides, requires }];
  });
  return { distributions, full: outcome === 'stopped' };
}
