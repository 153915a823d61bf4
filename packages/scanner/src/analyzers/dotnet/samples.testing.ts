import { join } from 'node:path';
import { buildPe } from '../../formats/pe/sample-pe.testing.ts';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

const COMMIT = '9f4b1f5d664afdfc80e1508ab7ed099dff210fbd';

/** An assembly as the .NET SDK stamps it. */
export function stampedAssembly(
  name: string,
  version: string,
  fields: { readonly [key: string]: string } = {},
): Buffer {
  return buildPe({
    strings: { OriginalFilename: `${name}.dll`, ProductVersion: `${version}+${COMMIT}`, ...fields },
  });
}

export const samples: readonly AnalyzerSample[] = [
  { name: 'assembly', path: 'app/Npgsql.dll', bytes: stampedAssembly('Npgsql', '7.0.0') },
  ...samplesIn(join(import.meta.dirname, 'testdata'), {
    'Directory.Packages.props': 'src/Directory.Packages.props',
    'Python.Runtime.deps.json': 'app/Python.Runtime.deps.json',
    'Shop.csproj': 'src/Shop/Shop.csproj',
    'dotnet-ef.nuspec': 'root/.dotnet/tools/.store/dotnet-ef/8.0.4/dotnet-ef/8.0.4/dotnet-ef.nuspec',
    'packages.config': 'src/Old/packages.config',
    'packages.lock.json': 'src/Shop/packages.lock.json',
    'project.assets.json': 'src/Shop/obj/project.assets.json',
    'self-contained.deps.json': 'app/Shop.deps.json',
  }),
];
