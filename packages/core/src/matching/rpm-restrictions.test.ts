import { describe, expect, it } from 'vitest';
import type { Advisory } from '../advisory.ts';
import { findMatcher, lookupsOf } from './catalogue.ts';
import type { Matchable } from './matcher.ts';
import { subjectKey } from './subject.ts';

describe('rpm packages', () => {
  const pkg = (more: Partial<Matchable> = {}): Matchable => ({
    type: 'rpm',
    name: 'nodejs-libs',
    version: '1:18.9.0-1',
    source: { name: 'nodejs', version: '1:18.9.0-1' },
    distribution: { id: 'almalinux', release: '8' },
    ...more,
  });
  const advisory = (entry: Partial<Advisory['affected'][number]>): Advisory => ({
    id: 'ALSA-2022:7821',
    feed: 'almalinux-osv',
    aliases: ['CVE-2022-35255'],
    published: null,
    modified: null,
    withdrawn: null,
    cvss: [],
    references: [],
    categories: [],
    affected: [
      {
        ecosystem: 'almalinux:8',
        name: 'nodejs-libs',
        nameKind: 'binary',
        scheme: 'rpm',
        ranges: [{ introduced: null, fixed: '1:18.9.1-1', lastAffected: null }],
        versions: [],
        expression: null,
        status: 'affected',
        urgency: null,
        ...entry,
      },
    ],
  });
  it.each<[string, Partial<Matchable>, Partial<Advisory['affected'][number]>, string | undefined]>([
    ['architecture', { architecture: 'aarch64' }, { architectures: ['x86_64', 'aarch64'] }, 'affected'],
    ['other architecture', { architecture: 'aarch64' }, { architectures: ['x86_64'] }, undefined],
    ['every architecture', { architecture: 'noarch' }, { architectures: ['x86_64'] }, 'affected'],
    ['unknown architecture', { architecture: null }, { architectures: ['x86_64'] }, 'affected'],
    ['product by no repository', {}, { product: 'rhel_eus:8.6' }, undefined],
  ])('of an %s are judged as the advisory restricts it', (_, more, entry, expected) => {
    const subject = pkg(more);
    expect(findMatcher(subject)?.judge(subject, advisory(entry))?.kind).toBe(expected);
  });

  it.each<[string, string, string | undefined, string | undefined]>([
    ['a build for Ksplice by their fixes', '2:2.17-1.ksplice1.el7_9', 'ksplice', 'affected'],
    ['a build for Ksplice by no other fix', '2:2.17-1.ksplice1.el7_9', undefined, undefined],
    ['a validated build by their fixes', '10:3.6-1.el8_fips', 'fips', 'fixed'],
    ['an ordinary build by no fix of a variant', '2.17-1.el7', 'ksplice', undefined],
  ])('of Oracle judge %s', (_, version, product, expected) => {
    const subject = pkg({ version, distribution: { id: 'ol', release: '7' } });
    const ranges = [{ introduced: null, fixed: '2:2.17-2.el7', lastAffected: null }];
    const entry = { ecosystem: 'ol:7', ranges, ...(product === undefined ? {} : { product }) };
    expect(findMatcher(subject)?.judge(subject, advisory(entry))?.kind).toBe(expected);
  });

  describe('of Red Hat', () => {
    const [base] = advisory({ ecosystem: 'rhel:8' }).affected;
    if (base === undefined) throw new Error('an advisory names a package');
    const fixedIn = (fixed: string | null, product?: string): Advisory['affected'][number] => ({
      ...base,
      ranges: [{ introduced: null, fixed, lastAffected: null }],
      ...(product === undefined ? {} : { product }),
    });
    const eus = ['rhel-8-for-x86_64-baseos-eus-rpms__8_DOT_6', 'rhel-8-for-x86_64-appstream-eus-rpms__8_DOT_6'];
    const rhel = (more: Partial<Matchable>) => pkg({ distribution: { id: 'rhel', release: '8' }, ...more });

    it.each<[string, Partial<Matchable>, Advisory['affected'], string | undefined, string | undefined]>([
      [
        'the highest fix of the streams that its repositories stand for',
        { version: '1:16-2.el8_6', contentSets: ['rhel-8-for-x86_64-baseos-eus-rpms'] },
        [fixedIn('1:18-1.el8'), fixedIn('1:15-2.el8_4', 'rhel_eus:8.4'), fixedIn('1:16-2.el8_6', 'rhel_eus:8.6')],
        'fixed',
        'rpm-binary-content-set',
      ],
      [
        'the fix of its stream of extended support',
        { version: '1:16-2.el8_6', contentSets: eus },
        [fixedIn('1:18-1.el8'), fixedIn('1:16-2.el8_6', 'rhel_eus:8.6')],
        'fixed',
        'rpm-binary-content-set',
      ],
      [
        'the fix of the release where its stream has none',
        { version: '1:16-2.el8_6', contentSets: eus },
        [fixedIn('1:18-1.el8'), fixedIn('1:16-2.el8_4', 'rhel_eus:8.4')],
        'affected',
        'rpm-binary',
      ],
      [
        'the release where no repository is known',
        { version: '1:16-2.el8_6' },
        [fixedIn('1:18-1.el8'), fixedIn('1:16-2.el8_6', 'rhel_eus:8.6')],
        'affected',
        'rpm-binary',
      ],
      [
        'a layered product',
        { version: '1:1-1', contentSets: ['rhocp-4.12-for-rhel-8-x86_64-rpms'] },
        [fixedIn(null, 'openshift:4')],
        'affected',
        'rpm-binary-content-set',
      ],
      ['no product of others', { contentSets: eus }, [fixedIn(null, 'openshift:4')], undefined, undefined],
    ])('are judged by %s', (_, more, affected, kind, rule) => {
      const subject = rhel(more);
      const verdict = findMatcher(subject)?.judge(subject, { ...advisory({}), affected });
      expect([verdict?.kind, verdict?.rule]).toEqual([kind, rule]);
    });

    it('share a subject with equal products, and keep the key that they had without content sets', () => {
      const of = (contentSets: readonly string[]) =>
        subjectKey({ ...rhel({}), contentSets, purl: 'pkg:rpm/rhel/nodejs-libs', architecture: 'x86_64' });
      const main = ['rhel-8-for-x86_64-baseos-rpms', 'ubi-8-appstream-rpms'];
      expect(of(main)).toBe(of([]));
      expect(of(eus)).toBe(of([...eus, ...main].reverse()));
      expect(of(eus)).not.toBe(of(main));
    });

    it('answer for CentOS Linux, not for CentOS Stream', () => {
      const ecosystem = (release: string) => lookupsOf(rhel({ distribution: { id: 'centos', release } }))[0]?.ecosystem;
      expect(['7', '8', '8-stream', '9'].map(ecosystem)).toEqual(['rhel:7', 'rhel:8', 'centos:8-stream', 'centos:9']);
    });
  });
});
