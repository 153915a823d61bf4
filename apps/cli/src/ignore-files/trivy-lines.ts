import type { IgnoreRule } from '@hullcheck/core';
import { ignoreLimits } from '../limits.ts';
import { dayOf } from './entry-fields.ts';
import { fault } from './yaml-entries.ts';

/**
 * `.trivyignore`: one id a line, `exp:2026-12-31` behind it where it shall end, comments after `#`. The comment lines right
 * above an id are why it is ignored. https://trivy.dev/latest/docs/configuration/filtering/#trivyignore
 */
export function parseTrivyLines(text: string, path: string): readonly IgnoreRule[] {
  const rules: IgnoreRule[] = [];
  let above: string[] = [];
  for (const [at, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim();
    if (line.startsWith('#')) {
      above.push(line.replace(/^#+\s*/, ''));
      continue;
    }
    if (line !== '') {
      if (rules.length === ignoreLimits.rulesMax) throw fault(path, at + 1, `more than ${ignoreLimits.rulesMax} rules`);
      rules.push(readLine(line, above, path, at + 1));
    }
    above = line === '' ? [] : above;
  }
  return rules;
}

function readLine(line: string, above: readonly string[], path: string, number: number): IgnoreRule {
  const [words = '', ...comment] = line.split(/\s#/);
  const [id = '', ...others] = words.split(/\s+/).filter((word) => word !== '');
  let expiresAt: string | null = null;
  for (const other of others) {
    const day = other.startsWith('exp:') ? dayOf(other.slice('exp:'.length)) : undefined;
    if (other.startsWith('exp:') && day === undefined)
      throw fault(path, number, `exp: takes a date like 2026-12-31, not ${other.slice('exp:'.length)}`);
    expiresAt = day ?? expiresAt;
  }
  const reason = comment.join(' #').trim() || above.filter((one) => one !== '').join(' ') || 'no reason given';
  return { id, package: null, reason, source: `${path}:${number}`, expiresAt };
}
