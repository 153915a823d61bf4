import type { AffectedPackage } from '@hullcheck/core';
import { inRange } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import type { OvalDialect } from './oval-criteria.ts';
import { ovalItems, urgencyOf } from './oval-items.ts';

const test = (id: string, name: string, state: string, comment = '') => ({ id, name, state, comment });
type Test = ReturnType<typeof test>;

/** A document with one definition of these criteria, written `A`, `AND(a,OR(b,c))` over the ids of tests. */
function ovalOf(criteria: string, tests: readonly Test[], extra = ''): string {
  return `<oval_definitions xmlns:red="x"><generator><oval:timestamp xmlns:oval="y">2024-10-10T12:04:24.5Z</oval:timestamp></generator>
<definitions><definition id="d:1"><metadata><title>CVE-2024-0001</title></metadata>${criteria}</definition></definitions>
<tests>${tests.map(({ id }) => `<red:rpminfo_test id="${id}"><red:object object_ref="o${id}"/><red:state state_ref="s${id}"/></red:rpminfo_test>`).join('')}
${extra}</tests>
<objects>${tests.map(({ id, name }) => `<red:rpminfo_object id="o${id}"><red:name>${name}</red:name></red:rpminfo_object>`).join('')}</objects>
<states>${tests.map(({ id, state }) => `<red:rpminfo_state id="s${id}">${state}</red:rpminfo_state>`).join('')}</states></oval_definitions>`;
}

const evr = (operation: string, value: string): string =>
  `<red:evr datatype="evr_string" operation="${operation}">${value}</red:evr>`;
const c = (id: string, comment = ''): string => `<criterion test_ref="${id}" comment="${comment}"/>`;
const and = (...parts: readonly string[]): string => `<criteria operator="AND">${parts.join('')}</criteria>`;
const or = (...parts: readonly string[]): string => `<criteria operator="OR">${parts.join('')}</criteria>`;

const dialect: OvalDialect = {
  ecosystem: null,
  nameKind: 'binary',
  releaseOf: (name, { version }) => (name === 'release' ? `x:${version?.value}` : undefined),
};

async function affectedIn(text: string, chosen: OvalDialect = dialect): Promise<readonly AffectedPackage[]> {
  const feed = {
    feed: 'f',
    part: 'f',
    dialect: chosen,
    identify: () => ({
      id: 'CVE-2024-0001',
      aliases: [],
      references: [],
      urgency: null,
      published: null,
      modified: null,
    }),
  };
  const source = {
    path: 'a.xml',
    async *bytes() {
      yield Buffer.from(text);
    },
  };
  const found: AffectedPackage[] = [];
  for await (const item of ovalItems(source, feed, new AbortController().signal)) {
    if (item.kind === 'advisory') found.push(...item.advisory.affected);
  }
  return found;
}

const release8 = test('8', 'release', '<red:version operation="equals">8</red:version>');
const release9 = test('9', 'release', '<red:version operation="equals">9</red:version>');
const arm = test('arm', 'release-arch', '<red:arch operation="pattern match">aarch64</red:arch>');
const intel = test('intel', 'release-arch', '<red:arch operation="pattern match">x86_64</red:arch>');
const signed = test('key', 'bash', '<red:signature_keyid operation="equals">72f9</red:signature_keyid>');
const bash = test('bash', 'bash', evr('less than', '0:4-1'));
const zsh = test('zsh', 'zsh', evr('less than', '0:5-1'));

describe('criteria', () => {
  it.each<[string, string, readonly Test[], readonly string[]]>([
    ['of a release', and(c('8'), c('bash'), c('key')), [release8, bash, signed], ['x:8 bash <0:4-1']],
    [
      'of either of two releases',
      and(or(c('8'), c('9')), or(c('bash'), c('zsh'))),
      [release8, release9, bash, zsh],
      ['x:8 bash <0:4-1', 'x:9 bash <0:4-1', 'x:8 zsh <0:5-1', 'x:9 zsh <0:5-1'],
    ],
    [
      'that repeat themselves for each architecture',
      and(c('8'), or(and(c('arm'), or(and(c('bash'), c('key')))), and(c('intel'), or(and(c('bash'), c('key')))))),
      [release8, arm, intel, bash, signed],
      ['x:8 bash <0:4-1 aarch64,x86_64'],
    ],
    [
      'with the architecture in the state',
      and(c('8'), c('b')),
      [
        release8,
        test('b', 'bash', `<red:arch operation="pattern match">(aarch64|x86_64)</red:arch>${evr('less than', '1-1')}`),
      ],
      ['x:8 bash <1-1 aarch64,x86_64'],
    ],
    ['of a release that nobody knows', and(c('bash')), [bash], []],
    ['that contradict themselves', and(c('8'), c('9'), c('bash')), [release8, release9, bash], []],
    [
      'with a test that the document does not have',
      and(c('8'), c('missing'), c('bash')),
      [release8, bash],
      ['x:8 bash <0:4-1 undetermined'],
    ],
    [
      'that are negated',
      and(c('8'), '<criterion negate="true" test_ref="zsh"/>', c('bash')),
      [release8, bash, zsh],
      ['x:8 bash <0:4-1 undetermined'],
    ],
    [
      'with an operation of no known name',
      and(c('8'), c('b')),
      [release8, test('b', 'bash', evr('bitwise and', '0:1-1'))],
      ['x:8 bash <null undetermined'],
    ],
    [
      'with OpenSCAP’s number of an operation',
      and(c('8'), c('b')),
      [release8, test('b', 'bash', evr('6', '0:1-1'))],
      ['x:8 bash <0:1-1'],
    ],
    [
      'that nobody can meet',
      and(c('8'), or(c('b'), c('d'))),
      [
        release8,
        test('b', 'bash', '<red:version operation="equals">0</red:version>'),
        test('d', 'zsh', evr('less than', '0:0')),
      ],
      [],
    ],
    [
      'for every version',
      and(c('8'), c('b')),
      [release8, test('b', 'bash', evr('greater than', '0:0'))],
      ['x:8 bash <null'],
    ],
  ])('%s', async (_, criteria, tests, lines) => {
    const found = await affectedIn(ovalOf(criteria, tests));
    expect(
      found.map(({ ecosystem, name, ranges, architectures, status }) =>
        [ecosystem, name, `<${ranges[0]?.fixed}`, architectures?.join(), status === 'affected' ? undefined : status]
          .filter((part) => part !== undefined)
          .join(' '),
      ),
    ).toEqual(lines);
  });

  it.each(['check_existence="none_exist"', 'check="none satisfy"'])(
    'that ask for a package not to be there say nothing of it: %s',
    async (words) => {
      const text = ovalOf(and(c('8'), c('bash'), c('zsh')), [release8, bash, zsh]);
      const found = await affectedIn(text.replace('<red:rpminfo_test id="zsh"', `<red:rpminfo_test ${words} id="zsh"`));
      expect(found.map(({ name, status }) => [name, status])).toEqual([['bash', 'affected']]);
    },
  );

  it('of a module belong to its stream; which kernel runs is nobody’s concern', async () => {
    const extra = ['m', 'k'].map((id) => `<ind:textfilecontent54_test id="${id}" xmlns:ind="z"/>`).join('');
    const criteria = and(
      c('8'),
      c('m', 'Module nodejs:18 is enabled'),
      c('k', 'kernel earlier than 5 is currently running'),
      c('bash'),
    );
    expect(await affectedIn(ovalOf(criteria, [release8, bash], extra))).toMatchObject([
      { module: 'nodejs:18', status: 'affected' },
    ]);
    const other = and(c('8'), c('m', 'SELinux is off'), c('bash'));
    expect(await affectedIn(ovalOf(other, [release8, bash], extra))).toMatchObject([{ status: 'undetermined' }]);
  });

  // https://github.com/microsoft/AzureLinuxVulnerabilityData: golang before 1.20.7 and after 1.19.0.
  it.each([
    ['1.18.9-1', false],
    ['1.19.0-1', false],
    ['1.19.0-2', true],
    ['1.19.1-1', true],
    ['1.20.7-0', true],
    ['1.20.7-1', false],
  ])('that hold together are one range: %s is affected: %s', async (version, affected) => {
    const tests = [
      test('below', 'golang', evr('less than', '0:1.20.7-1')),
      test('above', 'golang', evr('greater than', '0:1.19.0-1')),
    ];
    const [entry] = await affectedIn(ovalOf(and(c('below'), c('above')), tests), { ...dialect, ecosystem: 'x:1' });
    expect(entry?.ranges.map((range) => inRange('rpm', version, range))).toEqual([affected]);
  });
});

it.each([
  ['Important', 'important'],
  ['N/A', null],
  [undefined, null],
])('the severity %s is the urgency %s', (text, urgency) => {
  expect(urgencyOf(text)).toBe(urgency);
});
