import { expect, it } from 'vitest';
import type { AdvisoryHit } from '../advisory.ts';
import { findMatcher } from './catalogue.ts';
import { cpeName, cpeVersion, parseCpe } from './cpe.ts';
import { judgeSubject } from './judgement.ts';
import type { Matchable } from './matcher.ts';
import { subjectKey } from './subject.ts';

function program(name: string, version: string, ...cpes: string[]): Matchable {
  return { type: 'generic', name, version, source: null, distribution: null, cpes };
}

function advisory(name: string, fixed: string, versions: readonly string[] = []): AdvisoryHit {
  return {
    id: 'CVE-2024-7347',
    feed: 'nvd',
    aliases: [],
    published: null,
    modified: null,
    withdrawn: null,
    cvss: [],
    references: [],
    categories: [],
    affected: [
      {
        ecosystem: 'cpe',
        name,
        nameKind: 'package',
        scheme: 'generic',
        ranges: [{ introduced: '1.5.13', fixed, lastAffected: null }],
        versions,
        expression: null,
        status: 'affected',
        urgency: null,
      },
    ],
  };
}

it.each([
  ['1.5.12', 'not-affected'],
  ['1.5.13', 'affected'],
  ['1.26.1', 'affected'],
  ['1.26.2', 'fixed'],
])('judges nginx %s by its CPE: %s, and says by which rule', (version, verdict) => {
  const names = [`cpe:2.3:a:f5:nginx:${version}:*:*:*:*:*:*:*`, `cpe:2.3:a:nginx:nginx:${version}:*:*:*:*:*:*:*`];
  const nginx = program('nginx', version, ...names);
  // The older name serves where only that is filed.
  for (const name of ['f5:nginx', 'nginx:nginx']) {
    const judged = judgeSubject(nginx, [advisory(name, '1.26.2')], new Map());
    expect(judged.map((one) => [one.verdict, one.evidence.rule])).toEqual([[verdict, 'cpe-range']]);
  }
  expect(judgeSubject(nginx, [advisory('other:nginx', '1.26.2')], new Map())).toEqual([]);
});

it('compares the update of a version where the name has one', () => {
  const java = program('openjdk', '8.0.392', 'cpe:2.3:a:oracle:jdk:1.8.0:update392:*:*:*:*:*:*');
  const [judged] = judgeSubject(java, [advisory('oracle:jdk', '1.6.0', ['1.8.0_update392'])], new Map());
  expect([judged?.verdict, judged?.evidence.compared]).toEqual(['affected', '1.8.0_update392']);
});

it('leaves to other matchers what they know by its own name, and to none what has no readable name', () => {
  const node = program('node', '22.0.0', 'cpe:2.3:a:nodejs:node.js:22.0.0:*:*:*:*:*:*:*');
  expect(findMatcher(node)?.id).toBe('nodejs');
  expect(findMatcher(program('x', '1', 'cpe:2.3:a:x', 'cpe:2.3:o:x:y:1:*:*:*:*:*:*:*'))).toBeUndefined();
  expect(findMatcher({ ...node, type: 'deb' })).toBeUndefined();
});

it('tells subjects of other names apart', () => {
  const subject = { ...program('x', '1', 'cpe:2.3:a:x:y:1:*:*:*:*:*:*:*'), purl: 'pkg:generic/x', architecture: null };
  expect(subjectKey(subject)).not.toBe(subjectKey({ ...subject, cpes: ['cpe:2.3:a:x:z:1:*:*:*:*:*:*:*'] }));
});

it('reads quoted names, and nothing that is none', () => {
  const otp = parseCpe('cpe:2.3:a:Erlang:erlang\\/otp:27.0\\+1:-:*:*:*:*:*:*');
  expect(otp === undefined ? undefined : [cpeName(otp), cpeVersion(otp)]).toEqual(['erlang:erlang/otp', '27.0+1']);
  const colon = parseCpe('cpe:2.3:a:cpan:a\\:\\:b:1:*:*:*:*:perl:*:*');
  expect(colon?.product).toBe('a::b');
  for (const text of [
    '',
    'cpe:/a:x:y:1',
    'cpe:2.3:a:x:y:1:*:*:*:*:*:*',
    `cpe:2.3:a:${'x'.repeat(1000)}:y:1:*:*:*:*:*:*:*`,
  ]) {
    expect(parseCpe(text)).toBeUndefined();
  }
});
