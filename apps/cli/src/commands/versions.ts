import { createInterface } from 'node:readline';
import { compareVersions, Fault, isSchemeId, type SchemeId, satisfies, VERSION_SCHEME_IDS } from '@hullcheck/core';
import type { Surroundings } from '../settings.ts';

const LINE_CHARACTERS_MAX = 1024 * 1024;

function schemeNamed(text: string): SchemeId {
  if (isSchemeId(text)) return text;
  throw new Fault('invalid-input', `there is no version scheme ${text}`, {
    hint: `Schemes: ${VERSION_SCHEME_IDS.join(', ')}`,
  });
}

const sign = (order: number | undefined) => (order === undefined ? '?' : order < 0 ? '<' : order > 0 ? '>' : '=');

/** `versions compare SCHEME [A B]`: without A and B one tab-separated pair a line from standard input. */
export async function compareCommand(
  scheme: string,
  pair: readonly [string, string] | undefined,
  around: Surroundings,
): Promise<number> {
  const chosen = schemeNamed(scheme);
  if (pair !== undefined) {
    around.stdout.write(`${sign(compareVersions(chosen, pair[0], pair[1]))}\n`);
    return 0;
  }
  for await (const line of createInterface({ input: around.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.length > LINE_CHARACTERS_MAX)
      throw new Fault('limit-exceeded', `a line is longer than ${LINE_CHARACTERS_MAX} characters`);
    const tab = line.indexOf('\t');
    if (tab === -1) throw new Fault('invalid-input', 'each line holds two versions with a tab between');
    around.stdout.write(`${sign(compareVersions(chosen, line.slice(0, tab), line.slice(tab + 1)))}\n`);
  }
  return 0;
}

/** `versions satisfies SCHEME VERSION RANGE`. */
export function satisfiesCommand(scheme: string, version: string, range: string, around: Surroundings): number {
  const answer = satisfies(schemeNamed(scheme), version, range);
  around.stdout.write(answer === undefined ? '?\n' : answer ? 'yes\n' : 'no\n');
  return 0;
}
