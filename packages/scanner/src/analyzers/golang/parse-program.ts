import { type GoModule, readGoBuildInfo } from '../../formats/go-buildinfo/index.ts';
import { parseProgram } from '../../formats/parse-program.ts';
import type { Program } from '../../formats/program.ts';
import type { Readable } from '../../formats/text/index.ts';
import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

export type GoProgram = {
  readonly kind: 'program';
  /** Version of the toolchain and its standard library without `go`: `1.21.3`. */
  readonly goVersion: string;
  readonly modules: readonly { readonly path: string; readonly version: string; readonly main: boolean }[];
};

export type GoProgramResult =
  | { readonly kind: 'go'; readonly program: GoProgram }
  | { readonly kind: 'other' }
  | { readonly kind: 'packed' }
  | { readonly kind: 'broken'; readonly reason: string };

/** What a Go program says it was built from; `other` for programs of any other making. */
export function parseGoProgram(file: Readable): GoProgramResult {
  const program = parseProgram(file);
  if (program === null) return { kind: 'other' };
  if ('fault' in program) return { kind: 'broken', reason: program.fault };
  const result = readGoBuildInfo(program, file);
  if (result.kind === 'absent') return { kind: isPacked(program, file) ? 'packed' : 'other' };
  if (result.kind === 'broken') return result;
  const { goVersion, mainModule, modules } = result.info;
  const stated = [
    ...(mainModule === null ? [] : [{ module: mainModule, main: true }]),
    ...modules.map((module) => ({ module, main: false })),
  ];
  return {
    kind: 'go',
    program: {
      kind: 'program',
      goVersion: toStandardLibraryVersion(goVersion),
      modules: stated.flatMap(({ module, main }) => {
        const built = builtModule(module);
        return built === undefined ? [] : [{ ...built, main }];
      }),
    },
  };
}

/** The module whose code was compiled in: the replacement, unless it is a folder, which has no version to judge. */
function builtModule(module: GoModule): { readonly path: string; readonly version: string } | undefined {
  const { path, version } =
    module.replacement !== null && module.replacement.version !== '' ? module.replacement : module;
  const name = identifierOf(path, limits.nameCharsMax);
  // A main module built from a checkout has no version before Go 1.24. Its commit is in the build settings, but a pseudo-version
  // made of it would be older than every release, and each advisory of the module would match.
  const stated = identifierOf(version === '' ? '(devel)' : version, limits.versionCharsMax);
  return name === undefined || stated === undefined ? undefined : { path: name, version: stated };
}

/** `go1.21.3 X:boringcrypto` → `1.21.3`; a development build stays as it is: no release can be compared with it. */
function toStandardLibraryVersion(goVersion: string): string {
  const release = /^go(\d\S*)/.exec(goVersion)?.[1];
  return identifierOf(release ?? goVersion.trim(), limits.versionCharsMax) ?? '(devel)';
}

/** How far into a program UPX leaves its mark: after the program headers that it wrote. */
const UPX_MARK_BYTES = 1024;

/** UPX, https://upx.github.io, compresses a program whole; often those of Go, because they are large. */
function isPacked({ sections }: Program, file: Readable): boolean {
  if (sections.some(({ name }) => name === 'UPX0')) return true;
  return sections.length === 0 && Buffer.from(file.read(0, UPX_MARK_BYTES)).includes('UPX!');
}
