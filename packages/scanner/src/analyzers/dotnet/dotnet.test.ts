import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Resolution } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { buildPe } from '../../formats/pe/sample-pe.testing.ts';
import { claimsNothing, memoryFile, viewOf } from '../samples.testing.ts';
import { type DotnetEvidence, dotnet } from './index.ts';
import { stampedAssembly } from './samples.testing.ts';

const sample = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'testdata', name));

type Files = { readonly [path: string]: string | Uint8Array };

function analyze(path: string, content: string | Uint8Array): ReturnType<typeof dotnet.analyze> {
  return dotnet.analyze(memoryFile(path, content), claimsNothing);
}

function resolve(files: Files): Resolution {
  const histories = Object.entries(files).map(([path, content]) => [path, [analyze(path, content).evidence]] as const);
  return dotnet.resolve(viewOf<DotnetEvidence>(Object.fromEntries(histories)));
}

const show = ({ packages }: Resolution): readonly string[] =>
  packages.map(({ name, version, direct }) => `${name}@${version} ${direct}`).sort();

describe('an application', () => {
  const app = resolve({ 'app/Shop.deps.json': sample('self-contained.deps.json') });

  it('has the packages of which files run, and the runtime that it brings along', () => {
    expect(show(app)).toEqual([
      'Microsoft.NETCore.App.Runtime.linux-x64@8.0.4 true',
      'Newtonsoft.Json@13.0.1 true',
      'Npgsql@7.0.0 true',
    ]);
    expect(app.packages[1]?.purl).toBe('pkg:nuget/Newtonsoft.Json@13.0.1');
  });

  it('says which needs which, without regard to case', () => {
    expect(app.relations).toEqual([{ from: 'pkg:nuget/Npgsql@7.0.0', to: 'pkg:nuget/Newtonsoft.Json@13.0.1' }]);
  });

  it('as the SDK wrote it for pythonnet 3.2.1 has its eight packages, and not the tool that found its source', () => {
    const found = resolve({ 'lib/Python.Runtime.deps.json': sample('Python.Runtime.deps.json') });
    expect(show(found)).toEqual([
      'Microsoft.CSharp@4.7.0 true',
      'System.Buffers@4.6.1 false',
      'System.IO.Hashing@10.0.12 false',
      'System.Memory@4.6.3 false',
      'System.Numerics.Vectors@4.6.1 false',
      'System.Reflection.Emit.ILGeneration@4.7.0 false',
      'System.Reflection.Emit@4.7.0 true',
      'System.Runtime.CompilerServices.Unsafe@6.1.2 false',
    ]);
    expect(found.relations).toHaveLength(6);
  });

  it('of a shared framework is one package, direct for nobody', () => {
    const name = 'Microsoft.NETCore.App.Runtime.linux-x64/8.0.4';
    const deps = {
      runtimeTarget: { name: '.NETCoreApp,Version=v8.0/linux-x64', signature: '' },
      targets: {
        '.NETCoreApp,Version=v8.0': {},
        '.NETCoreApp,Version=v8.0/linux-x64': { [name]: { runtime: { 'System.Net.Http.dll': {} } } },
      },
      libraries: { [name]: { type: 'package', serviceable: true, sha512: '' } },
    };
    const path = 'usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.4/Microsoft.NETCore.App.deps.json';
    expect(show(resolve({ [path]: JSON.stringify(deps) }))).toEqual([
      'Microsoft.NETCore.App.Runtime.linux-x64@8.0.4 null',
    ]);
  });

  it.each(['{', '[]', '{}', '{"libraries":{}}', '{"targets":{},"libraries":{}}'])(
    'whose file is %s is a problem',
    (content) => {
      expect(analyze('app/A.deps.json', content)).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
    },
  );

  it.each([
    '{"targets":{"t":{"a/1.0.0":null,"b":{}}},"libraries":{"a/1.0.0":7}}',
    '{"targets":{"t":{"__proto__/1":{"runtime":{"x.dll":{}}}}},"libraries":{"__proto__/1":{"type":"package"}}}',
    '{"runtimeTarget":"t","targets":{"t":{},"u":{"a/1.0.0":{"runtime":{"a.dll":{}}}}},"libraries":{"a/1.0.0":{"type":"package"}}}',
  ])('whose file is odd does not stop the reading: %s', (content) => {
    expect(analyze('app/A.deps.json', content).evidence).toMatchObject({ kind: 'runtime' });
  });
});

describe('an assembly that nobody accounts for', () => {
  it('is the package that the SDK stamped it as', () => {
    expect(show(resolve({ 'opt/Npgsql.dll': stampedAssembly('Npgsql', '7.0.0-preview.2') }))).toEqual([
      'Npgsql@7.0.0-preview.2 null',
    ]);
  });

  it('gives way to a deps.json beside it or above', () => {
    const deps = sample('self-contained.deps.json');
    const assembly = stampedAssembly('Npgsql', '7.0.0');
    for (const path of ['app/Npgsql.dll', 'app/runtimes/linux/lib/net7.0/Npgsql.dll'])
      expect(show(resolve({ 'app/Shop.deps.json': deps, [path]: assembly }))).toHaveLength(3);
    expect(show(resolve({ 'app/Shop.deps.json': deps, 'other/Npgsql.dll': assembly }))).toHaveLength(4);
  });

  it.each([
    ['of the .NET Framework or Mono', 'System.Net.Http.dll', { ProductVersion: '4.8.4084.0' }],
    ['without the commit that the SDK adds', 'Npgsql.dll', { ProductVersion: '7.0.0' }],
    [
      'with a version in prose',
      'Npgsql.dll',
      { ProductVersion: '7.0.0 @Commit: 9f4b1f5d664afdfc80e1508ab7ed099dff210fbd' },
    ],
    ['that was renamed', 'renamed.dll', { OriginalFilename: 'Npgsql.dll' }],
    ['with translations', 'Npgsql.resources.dll', { OriginalFilename: 'Npgsql.resources.dll' }],
  ])('%s is no package', (_, base, fields) => {
    const bytes = stampedAssembly(base.replace(/\.dll$/, ''), '7.0.0', fields);
    expect(analyze(`opt/${base}`, bytes)).toEqual({ evidence: null, problems: [] });
  });

  it('is none where it is code for the processor, a reference, a download, or no library at all', () => {
    const strings = { OriginalFilename: 'e_sqlite3.dll', ProductVersion: `2.1.4+${'a'.repeat(40)}` };
    expect(analyze('opt/e_sqlite3.dll', buildPe({ strings, managed: false })).evidence).toBeNull();
    expect(analyze('opt/e_sqlite3.dll', buildPe({ strings })).evidence).not.toBeNull();
    const packed = stampedAssembly('Npgsql', '7.0.0');
    for (const folder of [
      'usr/share/dotnet/packs/P.Ref/8.0.4/ref/net8.0',
      'app/refs',
      'root/.nuget/packages/npgsql/7.0.0/lib',
    ])
      expect(analyze(`${folder}/Npgsql.dll`, packed).evidence).toBeNull();
    expect(analyze('opt/text.dll', 'MZ hello')).toEqual({ evidence: null, problems: [] });
  });

  it.each(['ClrLoader-amd64.dll', 'ClrLoader-x86.dll'])(
    'as in clr_loader 0.3.1, %s, states a default version only',
    (name) => {
      expect(analyze('opt/ClrLoader.dll', sample(name))).toEqual({ evidence: null, problems: [] });
    },
  );
});

describe('a global tool', () => {
  it('is a package with its licence', () => {
    const path = 'root/.dotnet/tools/.store/dotnet-ef/8.0.4/dotnet-ef/8.0.4/dotnet-ef.nuspec';
    expect(resolve({ [path]: sample('dotnet-ef.nuspec') }).packages).toMatchObject([
      { purl: 'pkg:nuget/dotnet-ef@8.0.4', licenses: ['MIT'] },
    ]);
  });

  it('is not what NuGet only downloaded', () => {
    expect(
      analyze('root/.nuget/packages/dotnet-ef/8.0.4/dotnet-ef.nuspec', sample('dotnet-ef.nuspec')).evidence,
    ).toBeNull();
  });
});

const PROJECT: Files = {
  'src/Shop/Shop.csproj': sample('Shop.csproj'),
  'src/Directory.Packages.props': sample('Directory.Packages.props'),
};

describe('a project that was not built', () => {
  it('declares packages with an exact version, its own or the central one', () => {
    expect(show(resolve(PROJECT))).toEqual(['Dapper@2.0.123 true', 'Npgsql@7.0.0 true', 'Serilog@2.12.0 true']);
  });

  it('has what its lock file names', () => {
    const found = resolve({ ...PROJECT, 'src/Shop/packages.lock.json': sample('packages.lock.json') });
    expect(show(found)).toEqual([
      'Npgsql@7.0.0 true',
      'SQLitePCLRaw.lib.e_sqlite3@2.1.4 false',
      'System.Text.Json@7.0.1 false',
    ]);
    expect(found.relations).toEqual([{ from: 'pkg:nuget/Npgsql@7.0.0', to: 'pkg:nuget/System.Text.Json@7.0.1' }]);
  });

  it('has what was restored for it, which goes before its lock file, without what only builds', () => {
    const files = {
      'src/Shop/packages.lock.json': sample('packages.lock.json'),
      'src/Shop/obj/project.assets.json': sample('project.assets.json'),
    };
    const found = resolve({ ...PROJECT, ...files });
    expect(show(found)).toEqual(['Npgsql@7.0.0 true', 'System.Text.Json@7.0.1 false']);
    expect(found.relations).toHaveLength(1);
  });

  it('of the .NET Framework has what packages.config names', () => {
    expect(show(resolve({ 'src/Old/packages.config': sample('packages.config') }))).toEqual([
      'jQuery@3.4.1 null',
      'log4net@2.0.8 null',
    ]);
  });

  it.each(['app/Shop.deps.json', 'src/Shop/bin/Release/net8.0/Other.deps.json'])(
    'says nothing where its application is there as %s',
    (path) => {
      const built = resolve({ ...PROJECT, [path]: sample('self-contained.deps.json') });
      expect(new Set(built.packages.flatMap(({ paths }) => paths))).toEqual(new Set([path]));
    },
  );

  it.each([
    ['packages.lock.json', '{"version":1}'],
    ['obj/project.assets.json', '[]'],
    ['packages.config', '<configuration/>'],
    ['A.csproj', '<Project><ItemGroup>'],
    ['A.csproj', 'hello'],
    ['Directory.Packages.props', ''],
  ])('%s of content %j is a problem', (path, content) => {
    expect(analyze(`src/${path}`, content)).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
  });

  it('whose file names itself a million times by entities is not expanded', () => {
    const entities = Array.from({ length: 9 }, (_, level) => `<!ENTITY e${level + 1} "${`&e${level};`.repeat(10)}">`);
    const bomb = `<!DOCTYPE p [<!ENTITY e0 "x">${entities.join('')}]><Project><PackageReference Include="a"><Version>&e9;</Version></PackageReference></Project>`;
    expect(show(resolve({ 'A.csproj': bomb }))).toEqual([]);
  });
});
