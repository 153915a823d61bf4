import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { memorySnapshot } from '../snapshot.ts';
import { zipBytes } from '../test-archives.ts';
import { rockyOsv } from './index.ts';

// Rocky's own records without prose, from vunnel's test data (Apache-2.0): https://github.com/anchore/vunnel
const files = ['RLSA-2021_3891.json', 'RLSA-2024_3671.json'].map((name) => ({
  path: name,
  text: readFileSync(path.join(import.meta.dirname, 'testdata', name), 'utf8'),
}));

test('errata name source packages, and the stream of a module by their summary', async () => {
  const bytes = zipBytes([...files, { path: 'ALSA-2024.json', text: '{' }]);
  const snapshot = memorySnapshot('rocky-osv', [], { 'rocky.zip': { part: 'rocky-osv', bytes } });
  const lines: string[] = [];
  for await (const item of rockyOsv.parse(snapshot, new AbortController().signal)) {
    if (item.kind !== 'advisory') throw new Error(item.kind);
    const { id, aliases, affected, references } = item.advisory;
    lines.push(`${id} ${aliases.length} CVEs ${references[0]?.url}`);
    for (const { ecosystem, name, nameKind, module, urgency, ranges } of affected) {
      lines.push([ecosystem, nameKind, name, module, urgency, ranges[0]?.fixed].join(' '));
    }
  }
  expect(lines).toEqual([
    'RLSA-2021:3891 10 CVEs https://errata.rockylinux.org/RLSA-2021:3891',
    'rocky:8 source java-11-openjdk  important 1:11.0.13.0.8-1.el8_4',
    'RLSA-2024:3671 3 CVEs https://errata.rockylinux.org/RLSA-2024:3671',
    'rocky:9 source ruby ruby:3.3 moderate 0:3.3.1-2.module+el9.4.0+20787+4c237fd3',
    'rocky:9 source rubygem-mysql2 ruby:3.3 moderate 0:0.5.5-1.module+el9.4.0+20787+4c237fd3',
    'rocky:9 source rubygem-pg ruby:3.3 moderate 0:1.5.4-1.module+el9.4.0+20787+4c237fd3',
  ]);
});
