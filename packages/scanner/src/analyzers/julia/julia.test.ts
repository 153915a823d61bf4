import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { julia } from './index.ts';

const sample = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
const PATH = 'srv/Manifest.toml';
const analyze = (content: string, path = PATH) => julia.analyze(memoryFile(path, content), claimsNothing);
const resolve = (content: string) => julia.resolve(viewOf({ [PATH]: [analyze(content).evidence] }));
const show = (content: string) => resolve(content).packages.map(({ purl }) => purl.slice('pkg:julia/'.length));

describe('a manifest', () => {
  it('of format 1 has the packages of registries, not the standard libraries', () => {
    expect(show(sample('v1.toml'))).toEqual([
      'Example@0.5.3?uuid=7876af07-990d-54b4-ab0e-23690620f79a',
      'JSON@0.21.4?uuid=682c06a0-de6a-54ab-a142-c8b1cf79cde6',
    ]);
    expect(resolve(sample('v1.toml')).relations).toEqual([
      {
        from: 'pkg:julia/JSON@0.21.4?uuid=682c06a0-de6a-54ab-a142-c8b1cf79cde6',
        to: 'pkg:julia/Example@0.5.3?uuid=7876af07-990d-54b4-ab0e-23690620f79a',
      },
    ]);
  });

  it('of format 2 keeps two packages of one name and version apart', () => {
    expect(show(sample('v2.toml'))).toEqual([
      'A@1.0.0?uuid=aaaaaaaa-0000-0000-0000-000000000001',
      'A@1.0.0?uuid=aaaaaaaa-0000-0000-0000-000000000002',
      'Both@0.2.0%2B1?uuid=bbbbbbbb-0000-0000-0000-000000000001&vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fexample%2FBoth.jl%403f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c',
      'LibCURL_jll@8.4.0%2B0?uuid=deac9b47-8bc7-5906-a0fe-35ac56dc84c0',
    ]);
    expect(resolve(sample('v2.toml')).relations?.map(({ from, to }) => [from.slice(10, 14), to.slice(-4)])).toEqual([
      ['A@1.', '84c0'],
      ['Both', '0002'],
    ]);
  });

  it('of an empty environment has no packages', () => {
    const content = 'julia_version = "1.10.4"\nmanifest_format = "2.0"\n\n[deps]\n';
    expect(analyze(content)).toEqual({ evidence: { packages: [] }, problems: [] });
    expect(analyze('')).toEqual({ evidence: { packages: [] }, problems: [] });
  });

  it('of a format to come is a problem', () => {
    expect(analyze('manifest_format = "3.0"\n')).toMatchObject({ problems: [{ code: 'unsupported' }] });
  });

  it('that is no TOML is a problem; one of another program is none', () => {
    expect(analyze('[[deps.A]\n')).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
    expect(analyze('[package]\nname = "x"\n')).toEqual({ evidence: null, problems: [] });
  });

  it('of a package in a depot says nothing of an environment', () => {
    expect(analyze('[', 'root/.julia/packages/JSON/abcde/docs/Manifest.toml')).toEqual({
      evidence: null,
      problems: [],
    });
  });

  it('with entries of another shape keeps the rest', () => {
    const content = 'manifest_format = "2.0"\n[deps]\nA = 1\nB = [1, {uuid = "x", version = "1"}, {uuid = 7}]\n';
    expect(show(content)).toEqual([]);
  });
});
