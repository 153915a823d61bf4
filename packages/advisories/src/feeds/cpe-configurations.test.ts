import { describe, expect, it } from 'vitest';
import { affectedByCpe, configurations } from './cpe-configurations.ts';

const NGINX = 'cpe:2.3:a:f5:nginx:*:*:*:*:*:*:*:*';

function affectedBy(
  cpeMatch: readonly object[],
  other: { readonly operator?: string; readonly negate?: boolean; readonly more?: readonly object[] } = {},
): ReturnType<typeof affectedByCpe> {
  const nodes = [{ operator: 'OR', negate: false, cpeMatch }, ...(other.more ?? [])];
  return affectedByCpe(configurations.parse([{ operator: other.operator, negate: other.negate, nodes }]));
}

describe('what configurations call vulnerable', () => {
  it.each([
    [{ versionStartIncluding: '1.0', versionEndExcluding: '1.26.2' }, '1.0', '1.26.2', null, null],
    [{ versionEndIncluding: '1.26.1' }, null, null, '1.26.1', null],
    [{}, null, null, null, null],
  ])('takes the bounds %j as one interval', (bounds, introduced, fixed, lastAffected, expression) => {
    const [entry] = affectedBy([{ criteria: NGINX, vulnerable: true, ...bounds }]);
    expect(entry).toMatchObject({ ecosystem: 'cpe', name: 'f5:nginx', status: 'affected', expression });
    expect(entry?.ranges).toEqual([{ introduced, fixed, lastAffected }]);
  });

  it('keeps a beginning that is not affected itself', () => {
    const match = { criteria: NGINX, vulnerable: true, versionStartExcluding: '1.0' };
    const [entry] = affectedBy([
      { ...match, versionEndIncluding: '1.2' },
      { ...match, versionEndExcluding: '2' },
      match,
    ]);
    expect([entry?.ranges, entry?.expression]).toEqual([[], '> 1.0, <= 1.2 || > 1.0, < 2 || > 1.0']);
  });

  it('takes single versions with their update, and quoted names as they are meant', () => {
    const criteria = 'cpe:2.3:a:erlang:erlang\\/otp:27.0:rc1:*:*:*:*:*:*';
    expect(affectedBy([{ criteria, vulnerable: true }])).toMatchObject([
      { name: 'erlang:erlang/otp', ranges: [], versions: ['27.0_rc1'] },
    ]);
  });

  it.each([
    ['an operating system', 'cpe:2.3:o:linux:linux_kernel:*:*:*:*:*:*:*:*', true],
    ['hardware', 'cpe:2.3:h:intel:core:*:*:*:*:*:*:*:*', true],
    ['a plug-in', 'cpe:2.3:a:x:form:*:*:*:*:*:wordpress:*:*', true],
    ['a product without versions', 'cpe:2.3:a:x:form:-:*:*:*:*:*:*:*', true],
    ['what a vulnerable one runs on', NGINX, false],
    ['no CPE', 'cpe:/a:f5:nginx', true],
  ])('leaves out %s', (_, criteria, vulnerable) => {
    expect(affectedBy([{ criteria, vulnerable }])).toEqual([]);
  });

  it('leaves open what is affected only together with something else', () => {
    const match = { criteria: NGINX, vulnerable: true, versionEndExcluding: '2' };
    const platform = { operator: 'OR', cpeMatch: [{ criteria: 'cpe:2.3:o:a:b:*:*:*:*:*:*:*:*', vulnerable: false }] };
    expect(affectedBy([match], { operator: 'AND', more: [platform] })).toMatchObject([{ status: 'undetermined' }]);
    expect(affectedBy([match], { negate: true })).toMatchObject([{ status: 'undetermined' }]);
    expect(affectedBy([match], { operator: 'AND' })).toMatchObject([{ status: 'affected' }]);
  });
});
