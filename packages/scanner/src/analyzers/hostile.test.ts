import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Analyzer } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { buildElf, inlineBuildInfo } from '../formats/elf/sample-elf.testing.ts';
import { analyzers } from './catalogue.ts';
import { claimsAll, memoryFile, viewOf } from './samples.testing.ts';

/** Under which path each kind of sample is claimed. */
const PATHS: readonly (readonly [RegExp, string])[] = [
  [/^os-release\/debian-version$/, 'etc/debian_version'],
  [/^os-release\//, 'etc/os-release'],
  [/^dpkg\/status$/, 'var/lib/dpkg/status'],
  [/^dpkg\/bash\.list$/, 'var/lib/dpkg/info/bash.list'],
  [/^dpkg\/copyright$/, 'usr/share/doc/zlib1g/copyright'],
  [/^dpkg\/openssl\.md5sums$/, 'var/lib/dpkg/status.d/openssl.md5sums'],
  [/^apk\/installed$/, 'lib/apk/db/installed'],
  [/^npm\/package\.json$/, 'app/node_modules/@scope/name/package.json'],
  [/^npm\/package-lock/, 'app/package-lock.json'],
  [/^npm\/yarn/, 'app/yarn.lock'],
  [/^npm\/pnpm/, 'app/pnpm-lock.yaml'],
  [/^python\/METADATA$/, 'site-packages/x.dist-info/METADATA'],
  [/^python\/PKG-INFO$/, 'site-packages/x.egg-info/PKG-INFO'],
  [/^node-runtime\//, 'usr/local/include/node/node_version.h'],
];

interface Sample {
  readonly name: string;
  readonly analyzer: Analyzer;
  readonly path: string;
  readonly bytes: Uint8Array;
}

function samples(): readonly Sample[] {
  const fromFiles = analyzers.flatMap((analyzer) => {
    const folder = join(import.meta.dirname, analyzer.id, 'testdata');
    return readdirSync(folder).flatMap((file) => {
      const name = `${analyzer.id}/${file}`;
      const path = PATHS.find(([pattern]) => pattern.test(name))?.[1];
      return path === undefined ? [] : [{ name, analyzer, path, bytes: readFileSync(join(folder, file)) }];
    });
  });
  const program = buildElf({
    data: inlineBuildInfo('go1.21.3', 'dep\tgithub.com/a/b\tv1.0.0\th1:x\n'),
    section: '.go.buildinfo',
  });
  const goBinary = analyzers.filter(({ id }) => id === 'go-binary');
  return [
    ...fromFiles,
    ...goBinary.map((analyzer) => ({ name: 'go-binary/program', analyzer, path: 'app', bytes: program })),
  ];
}

/** Deterministic noise, so that a failure can be repeated. */
function noise(seed: number): number {
  return (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 8) & 0xff;
}

function check({ analyzer, path }: Sample, bytes: Uint8Array): void {
  const { evidence, problems } = analyzer.analyze(memoryFile(path, bytes, 0o755), claimsAll);
  for (const problem of problems) expect(problem.path).toBe(path);
  if (evidence === null) return;
  // What an analyzer makes must pass its own border check, or it is lost on the way to the composer.
  const sent: unknown = JSON.parse(JSON.stringify(evidence));
  expect(analyzer.parseEvidence(sent)).toEqual(evidence);
  expect(JSON.stringify(sent)).not.toMatch(/\\u0000|\\ud[89a-f]/);
  analyzer.resolve(viewOf({ [path]: [evidence] }));
}

describe.each(samples())('$name', (sample) => {
  it('is understood whole', () => {
    const { evidence } = sample.analyzer.analyze(memoryFile(sample.path, sample.bytes, 0o755), claimsAll);
    expect(evidence).not.toBeNull();
    check(sample, sample.bytes);
  });

  it('cut at any byte gives evidence or a problem', () => {
    for (let length = 0; length < sample.bytes.byteLength; length += 1) check(sample, sample.bytes.subarray(0, length));
  });

  it('with any one byte changed gives evidence or a problem', () => {
    for (let at = 0; at < sample.bytes.byteLength; at += 1) {
      for (const value of [0, 0x0a, 0xff, noise(at)]) {
        const mutated = Uint8Array.from(sample.bytes);
        mutated[at] = value;
        check(sample, mutated);
      }
    }
  });
});

describe('evidence that is not of an analyzer', () => {
  const values = [
    undefined,
    null,
    1,
    'x',
    [],
    {},
    { kind: 'status' },
    { packages: [{}] },
    { kind: 'package', name: '', version: '' },
  ];
  it.each(analyzers.map((analyzer) => [analyzer.id, analyzer] as const))('is refused by %s', (_, analyzer) => {
    for (const value of values) expect(analyzer.parseEvidence(value)).toBeUndefined();
  });
});
