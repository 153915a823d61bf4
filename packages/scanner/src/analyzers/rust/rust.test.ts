import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Resolution } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { type RustEvidence, rust } from './index.ts';
import { auditedProgram, auditedWasm, auditOf, SAMPLE_AUDIT } from './sample-audit.testing.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');

function analyze(path: string, content: string | Uint8Array): ReturnType<typeof rust.analyze> {
  return rust.analyze(memoryFile(path, content, 0o755), claimsNothing);
}

function resolve(files: { readonly [path: string]: string | Uint8Array }): Resolution {
  const histories = Object.entries(files).map(([path, content]) => [path, [analyze(path, content).evidence]] as const);
  return rust.resolve(viewOf<RustEvidence>(Object.fromEntries(histories)));
}

const show = ({ packages }: Resolution): readonly string[] =>
  packages.map(({ purl, direct }) => `${purl.slice('pkg:cargo/'.length)} ${direct}`);

describe.each([
  ['a program', 'usr/bin/main', auditedProgram],
  ['a WebAssembly module', 'srv/main.wasm', auditedWasm],
] as const)('%s with a list of its crates', (_, path, build) => {
  it('has those that were compiled in, not those that only building needs', () => {
    expect(show(resolve({ [path]: build(SAMPLE_AUDIT) }))).toEqual([
      'deep@0.3.0 false',
      'lib@1.2.3 true',
      'main@0.1.0 null',
    ]);
  });

  it('says which needs which', () => {
    expect(resolve({ [path]: build(SAMPLE_AUDIT) }).relations).toEqual([
      { from: 'pkg:cargo/lib@1.2.3', to: 'pkg:cargo/deep@0.3.0' },
      { from: 'pkg:cargo/main@0.1.0', to: 'pkg:cargo/lib@1.2.3' },
    ]);
  });
});

describe('a list of crates', () => {
  it('without a mark at its root tells nobody direct', () => {
    const text = auditOf([{ name: 'a', version: '1.0.0', source: 'crates.io' }]);
    expect(show(resolve({ app: auditedProgram(text) }))).toEqual(['a@1.0.0 null']);
  });

  it.each([
    ['no JSON', '{"packages":['],
    ['of another form', '{"crates":[]}'],
    ['with a crate that has no version', '{"packages":[{"name":"a"}]}'],
  ])('%s is a problem, not a clean program', (_, text) => {
    expect(analyze('app', auditedProgram(text))).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
  });

  it('that is not compressed is a problem', () => {
    const bytes = Buffer.from(auditedProgram(SAMPLE_AUDIT));
    bytes.fill(0xff, 256, 260);
    expect(analyze('app', bytes)).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
  });

  it('whose needs lead out of it keeps its crates', () => {
    const text = auditOf([
      { name: 'a', version: '1.0.0', source: 'crates.io', root: true, dependencies: [9, -1, 0.5] },
    ]);
    expect(resolve({ app: auditedProgram(text) })).toMatchObject({ packages: [{ name: 'a' }], relations: [] });
  });

  it('that inflates a thousandfold is a problem of its limit', () => {
    const bomb = auditedProgram(' '.repeat(9 * 1024 * 1024));
    expect(bomb.byteLength).toBeLessThan(20_000);
    expect(analyze('app', bomb)).toMatchObject({ evidence: null, problems: [{ code: 'limit-exceeded' }] });
  });
});

describe.each(['v1.lock', 'v4.lock'])('Cargo.lock as in %s', (name) => {
  it('has every crate but the project itself, direct where the project asks for it', () => {
    expect(show(resolve({ 'src/Cargo.lock': sample(name) }))).toEqual([
      'itoa@1.0.9 true',
      'rand@0.8.5 true',
      'rand_core@0.6.4 false',
      'semver@1.0.20 true',
      'smallvec@1.6.0 true',
    ]);
  });

  it('says which needs which', () => {
    expect(resolve({ 'src/Cargo.lock': sample(name) }).relations).toEqual([
      { from: 'pkg:cargo/rand@0.8.5', to: 'pkg:cargo/rand_core@0.6.4' },
    ]);
  });

  it('gives way to a program of the project, not to another', () => {
    const program = (root: string): Uint8Array =>
      auditedProgram(auditOf([{ name: root, version: '0.1.0', source: 'local', root: true }]));
    expect(show(resolve({ 'src/Cargo.lock': sample(name), app: program('shop') }))).toEqual(['shop@0.1.0 null']);
    expect(show(resolve({ 'src/Cargo.lock': sample(name), app: program('other') }))).toHaveLength(6);
  });
});

describe('a lock file', () => {
  it('with two versions of a crate tells them apart by version', () => {
    const text = [
      ['name = "app"\nversion = "0.1.0"\ndependencies = ["a 2.0.0"]'],
      ['name = "a"\nversion = "1.0.0"\nsource = "registry+x"'],
      ['name = "a"\nversion = "2.0.0"\nsource = "registry+x"\ndependencies = ["a 1.0.0"]'],
    ].map(([entry]) => `[[package]]\n${entry}\n`);
    const found = resolve({ 'Cargo.lock': text.join('\n') });
    expect(show(found)).toEqual(['a@1.0.0 false', 'a@2.0.0 true']);
    expect(found.relations).toEqual([{ from: 'pkg:cargo/a@2.0.0', to: 'pkg:cargo/a@1.0.0' }]);
  });

  it('of what Cargo fetched says nothing', () => {
    const path = 'root/.cargo/registry/src/index.crates.io-6f17d22bba15001f/rand-0.8.5/Cargo.lock';
    expect(analyze(path, sample('v4.lock'))).toEqual({ evidence: null, problems: [] });
  });

  it('of a project without packages has none', () => {
    expect(analyze('Cargo.lock', 'version = 4\n')).toMatchObject({ evidence: { packages: [] }, problems: [] });
  });

  it.each(['hello', '[[package]', '', `a = ${'['.repeat(100_000)}`])('of content %j is a problem', (content) => {
    expect(analyze('Cargo.lock', content)).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
  });
});
