import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byCvssPreference, type CvssScore, scoreCvss } from './cvss.ts';

describe('the base score of a CVSS vector', () => {
  // Scores as NVD and FIRST publish them for these vectors.
  it.each<[string, string, number]>([
    ['CVE-2021-44228', 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H', 10],
    ['CVE-2014-0160', 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N', 7.5],
    ['CVE-2014-0160, v2', 'AV:N/AC:L/Au:N/C:P/I:N/A:N', 5],
    ['in brackets, v2', '(AV:N/AC:L/Au:N/C:C/I:C/A:C)', 10],
    ['v2 with temporal', 'AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C', 7.8],
    ['CVE-2015-8252, v3.0', 'CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 9.8],
    ['no impact', 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N', 0],
    ['scope changed', 'CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N', 6.1],
    ['temporal metrics left out', 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:U', 9.8],
    ['v4 worst', 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H', 10],
    ['v4 without subsequent impact', 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', 9.3],
    ['v4, threat left out', 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U', 9.3],
    ['v4 availability', 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N', 8.7],
  ])('%s', (_name, vector, score) => {
    expect(scoreCvss(vector)?.score).toBe(score);
  });

  it.each([
    '',
    'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H',
    'CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    'CVSS:3.1/AV:Q/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/ZZ:N',
    'CVSS:9.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    'AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    '9.8',
    'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:S/VI:H/VA:H/SC:N/SI:N/SA:N',
    `CVSS:3.1/${'AV:N/'.repeat(200)}`,
  ])('none for %j', (vector) => {
    expect(scoreCvss(vector)).toBeUndefined();
  });

  it('is between 0 and 10 or absent, whatever the text, and never throws', () => {
    const metric = fc.constantFrom(
      ...'AV:N AC:L PR:N UI:N S:U S:C C:H I:H A:H AT:N VC:H VI:H VA:H SC:H SI:S SA:N Au:N C:P I:P A:P E:P CVSS:3.1 CVSS:4.0'.split(
        ' ',
      ),
    );
    const vectors = fc.oneof(
      fc.string(),
      fc.array(metric, { maxLength: 14 }).map((parts) => parts.join('/')),
    );
    fc.assert(
      fc.property(vectors, (vector) => {
        const score = scoreCvss(vector)?.score ?? 0;
        expect(score >= 0 && score <= 10).toBe(true);
      }),
    );
  });

  it('prefers the newer version, then the higher score', () => {
    const scores: CvssScore[] = [
      { version: '2.0', score: 10, vector: '' },
      { version: '3.1', score: 7, vector: '' },
      { version: '4.0', score: 5, vector: '' },
      { version: '3.1', score: 8, vector: '' },
    ];
    expect(scores.sort(byCvssPreference).map((one) => one.score)).toEqual([5, 8, 7, 10]);
  });
});
