import { growthOf, LINEAR_GROWTH } from '@hullcheck/testkit';
import { describe, expect, it } from 'vitest';
import { chooseChallenge, parseChallenges } from './challenge.ts';

const read = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

describe('parseChallenges', () => {
  it.each([
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:samalba/my-app:pull,push"',
      [
        [
          'bearer',
          {
            realm: 'https://auth.docker.io/token',
            service: 'registry.docker.io',
            scope: 'repository:samalba/my-app:pull,push',
          },
        ],
      ],
    ],
    ['Basic realm="basic-realm"', [['basic', { realm: 'basic-realm' }]]],
    [
      'Bearer realm="https://h/token", service=reg , Error="insufficient_scope", basic Realm="a \\"b\\", c"',
      [
        ['bearer', { realm: 'https://h/token', service: 'reg', error: 'insufficient_scope' }],
        ['basic', { realm: 'a "b", c' }],
      ],
    ],
    [
      'Negotiate, Basic realm=""',
      [
        ['negotiate', {}],
        ['basic', { realm: '' }],
      ],
    ],
    ['Bearer', [['bearer', {}]]],
    ['Bearer realm="unclosed', [['bearer', { realm: '' }]]],
    ['realm="no scheme"', []],
    ['', []],
  ])('reads %s', (header, expected) => {
    expect(read(header)).toEqual(expected);
  });

  it.each(['a="\\', ' ,', 'Bearer '])('stays linear on a header of nothing but %j', async (piece) => {
    // All that is read of a header.
    const work = (length: number) => parseChallenges(`Bearer ${piece.repeat(length)}`.slice(0, length));
    expect(await growthOf(work, 8_192)).toBeLessThan(LINEAR_GROWTH);
  });

  it('prefers Bearer, wherever it stands', () => {
    expect(chooseChallenge(parseChallenges('Basic realm="x", Bearer realm="https://h/t"'))?.scheme).toBe('bearer');
    expect(chooseChallenge(parseChallenges('Digest realm="x", Basic realm="y"'))?.scheme).toBe('basic');
    expect(chooseChallenge(parseChallenges('Digest realm="x"'))).toBeUndefined();
  });
});
