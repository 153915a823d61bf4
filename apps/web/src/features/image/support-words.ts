import type { SupportRow } from '@hullcheck/contract';
import { formatDay } from '../../design/format.ts';

/** One thing that gets no fixes any more, with all packages of the image that are part of it. */
export interface SupportSubject {
  readonly subject: string;
  readonly note: SupportRow;
  readonly packages: readonly SupportRow[];
}

/** By subject, what has ended before what is limited. */
export function bySubject(rows: readonly SupportRow[]): readonly SupportSubject[] {
  const subjects = [...Map.groupBy(rows, ({ subject }) => subject)].flatMap(([subject, packages]) => {
    const [note] = packages;
    return note === undefined ? [] : [{ subject, note, packages }];
  });
  const isEnded = ({ note }: SupportSubject) => note.status === 'ended';
  return [...subjects.filter(isEnded), ...subjects.filter((one) => !isEnded(one))];
}

export function supportWords({ status, since, extendedUntil }: SupportRow): string {
  const what =
    status === 'limited'
      ? 'security support is limited'
      : `security support ended${since === null ? '' : ` ${formatDay(since)}`}`;
  return extendedUntil === null ? what : `${what}, paid support until ${formatDay(extendedUntil)}`;
}

/** `3 without support`, or what else there is to say; undefined for nothing. */
export function supportLabel(subjects: readonly SupportSubject[]): string | undefined {
  const ended = subjects.filter(({ note }) => note.status === 'ended').length;
  if (ended > 0) return `Support of ${ended === 1 ? (subjects[0]?.subject ?? '') : `${ended} things`} has ended`;
  return subjects.length === 0 ? undefined : 'Limited support';
}
