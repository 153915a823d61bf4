import { describe, expect, it } from 'vitest';
import type { Advisory, VulnerabilityFacts } from '../advisory.ts';
import { ecosystemOf, lookupsOf } from './catalogue.ts';
import { judgeSubject } from './judgement.ts';
import type { Matchable } from './matcher.ts';

const lodash: Matchable = { type: 'npm', name: 'lodash', version: '4.17.4', source: null, distribution: null };

describe('packages are asked for by the name that advisories have', () => {
  it.each<[string, Matchable, string, string]>([
    ['a Maven artifact', { ...lodash, type: 'maven', name: 'org.Example:core' }, 'maven', 'org.Example:core'],
    ['a NuGet package', { ...lodash, type: 'nuget', name: 'Newtonsoft.Json' }, 'nuget', 'newtonsoft.json'],
    ['a package of hex.pm', { ...lodash, type: 'hex', name: 'plug' }, 'hex', 'plug'],
    ['a package of pub.dev', { ...lodash, type: 'pub', name: 'http' }, 'pub', 'http'],
    [
      'a Swift package',
      { ...lodash, type: 'swift', name: 'github.com/Vapor/Vapor' },
      'swift',
      'github.com/vapor/vapor',
    ],
    ['a Conan recipe', { ...lodash, type: 'conan', name: 'OpenSSL' }, 'conan', 'openssl'],
    ['an R package', { ...lodash, type: 'cran', name: 'readxl' }, 'cran', 'readxl'],
    ['a Perl distribution', { ...lodash, type: 'cpan', name: 'GDT/URI-PackageURL' }, 'cpan', 'URI-PackageURL'],
    ['a Perl module', { ...lodash, type: 'cpan', name: 'URI::PackageURL' }, 'cpan', 'URI-PackageURL'],
    ['a component of a cluster', { ...lodash, type: 'k8s', name: 'k8s.io/kubelet' }, 'kubernetes', 'k8s.io/kubelet'],
    [
      'a program of Kubernetes',
      { ...lodash, type: 'generic', name: 'kube-apiserver' },
      'kubernetes',
      'k8s.io/apiserver',
    ],
    ['a Julia package', { ...lodash, type: 'julia', name: 'HTTP' }, 'julia', 'HTTP'],
  ])('%s', (_name, pkg, ecosystem, name) => {
    expect(lookupsOf(pkg)).toEqual([{ ecosystem, name }]);
    expect(ecosystemOf(pkg)).toBe(ecosystem);
  });
});

describe('a package that is malicious in itself', () => {
  it('is critical, whatever score or none its sources give', () => {
    const malware = record('MAL-2025-27840', { categories: ['CWE-506'] });
    expect(only(lodash, malware)).toMatchObject({
      id: 'MAL-2025-27840',
      title: 'Malicious code in lodash',
      severity: 'critical',
      rating: 'critical',
      cvss: null,
      explanation: expect.stringContaining('for malicious code'),
    });
    const scored = record('CVE-2020-0001', {
      aliases: ['MAL-2025-27840'],
      cvss: [{ vector: 'CVSS:3.1/AV:N/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N', source: 'a' }],
    });
    expect(only(lodash, scored)).toMatchObject({ id: 'CVE-2020-0001', severity: 'critical' });
  });
});

const noFacts: ReadonlyMap<string, VulnerabilityFacts> = new Map();

function record(id: string, more: Partial<Advisory>): Advisory {
  const entry = { ecosystem: 'npm', name: 'lodash', nameKind: 'package', scheme: 'npm', status: 'affected' } as const;
  return {
    id,
    feed: 'osv-npm',
    aliases: [],
    published: null,
    modified: null,
    withdrawn: null,
    cvss: [],
    references: [],
    categories: [],
    affected: [{ ...entry, ranges: [], versions: [], expression: null, urgency: null }],
    ...more,
  };
}

function only(pkg: Matchable, advisory: Advisory) {
  const [judged, ...others] = judgeSubject(pkg, [advisory], noFacts);
  if (judged === undefined || others.length > 0) throw new Error('not one finding');
  return judged;
}
