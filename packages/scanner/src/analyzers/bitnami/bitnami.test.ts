import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsNothing, layerId, memoryFile, viewOf } from '../samples.testing.ts';
import { bitnami } from './index.ts';

const LIST = '.bitnami_components.json';
const DESCRIPTION = '.spdx-postgresql.spdx';
const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
const analyze = (path: string, content: string) => bitnami.analyze(memoryFile(path, content), claimsNothing);
const resolve = (path: string, ...contents: readonly string[]) =>
  bitnami.resolve(viewOf({ [path]: contents.map((content) => analyze(path, content).evidence) }));

describe('the list of components', () => {
  it('gives each with architecture and distribution', () => {
    const { packages } = resolve(`opt/bitnami/${LIST}`, sample(LIST));
    expect(packages.map(({ purl }) => purl)).toEqual([
      'pkg:bitnami/mongodb@4.4.11-2?arch=amd64&distro=debian-10',
      'pkg:bitnami/yq@4.16.2-2?arch=amd64&distro=debian-10',
    ]);
    expect(packages[0]).toMatchObject({ type: 'bitnami', name: 'mongodb', version: '4.4.11-2', architecture: 'amd64' });
  });

  it('tells which layer upgraded what', () => {
    const upgraded = sample(LIST).replace('4.16.2-2', '4.17.0-1');
    const { packages } = resolve(`opt/bitnami/${LIST}`, sample(LIST), upgraded);
    expect(packages.map(({ name, layer }) => [name, layer])).toEqual([
      ['mongodb', layerId(0)],
      ['yq', layerId(1)],
    ]);
  });

  it.each([
    ['no JSON', '{"a":', 'unreadable'],
    ['a list', '[]', 'unreadable'],
    ['components without versions', '{"a":{"arch":"amd64"}}', 'unreadable'],
  ])('that is %s is a problem', (_, content, code) => {
    expect(analyze(LIST, content)).toMatchObject({ evidence: null, problems: [{ code }] });
  });

  it('keeps what it can name and counts the rest', () => {
    const { evidence, problems } = analyze(LIST, '{"a":{"version":"1-0"},"__proto__":7,"b":null}');
    expect(evidence?.components.map(({ purl }) => purl)).toEqual(['pkg:bitnami/a@1-0']);
    expect(problems).toMatchObject([{ code: 'undetermined-version', detail: expect.stringContaining('2 of') }]);
  });
});

describe('the description of a component', () => {
  const path = `opt/bitnami/postgresql/${DESCRIPTION}`;

  it('names what was built into it, with licences, CPEs and relations', () => {
    const { packages, relations } = resolve(path, sample(DESCRIPTION));
    expect(packages.map(({ purl, licenses, cpes }) => [purl, licenses, cpes])).toEqual([
      [
        'pkg:bitnami/postgresql@17.2.0-8?arch=arm64&distro=debian-12',
        ['PostgreSQL'],
        ['cpe:2.3:*:postgresql:postgresql:17.2.0:*:*:*:*:*:*:*'],
      ],
      ['pkg:bitnami/geos@3.13.0?arch=arm64&distro=debian-12', ['LGPL-2.1-only'], undefined],
    ]);
    expect(relations).toEqual([{ from: packages[0]?.purl, to: packages[1]?.purl }]);
  });

  it('says how many components nobody can judge', () => {
    expect(analyze(path, sample(DESCRIPTION)).problems).toMatchObject([{ code: 'undetermined-version' }]);
  });

  it('in tag-value form, which Bitnami does not write, is a problem', () => {
    expect(analyze(path, 'SPDXVersion: SPDX-2.3\n')).toMatchObject({ problems: [{ code: 'unreadable' }] });
  });

  it('is nothing where the name is another', () => {
    expect(analyze('srv/app.spdx', 'SPDXVersion: SPDX-2.3\n')).toEqual({ evidence: null, problems: [] });
  });
});
