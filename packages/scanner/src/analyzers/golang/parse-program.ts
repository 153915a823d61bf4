import { parseElf } from '../../formats/elf/index.ts';
import { type GoModule, readGoBuildInfo } from '../../formats/go-buildinfo/index.ts';
import type { Readable } from '../../formats/text/index.ts';
import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

export type GoBinary = {
  /** Version of the toolchain and its standard library without `go`: `1.21.3`. */
  readonly goVersion: string;
  readonly modules: readonly { readonly path: string; readonly version: string; readonly main: boolean }[];
};

export type GoBinaryResult =
  | { readonly kind: 'go'; readonly binary: GoBinary }
  | { readonly kind: 'other' }
  | { readonly kind: 'broken'; readonly reason: string };

/** What a Go program says it was built from; `other` for programs of any other making. */
export function parseGoBinary(file: Readable): GoBinaryResult {
  const elf = parseElf(file);
  if ('fault' in elf) return { kind: 'broken', reason: elf.fault };
  const result = readGoBuildInfo(elf, file);
  if (result.kind !== 'found') return result.kind === 'absent' ? { kind: 'other' } : result;
  const { goVersion, mainModule, modules } = result.info;
  const stated = [
    ...(mainModule === null ? [] : [{ module: mainModule, main: true }]),
    ...modules.map((module) => ({ module, main: false })),
  ];
  return {
    kind: 'go',
    binary: {
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
  const stated = identifierOf(version === '' ? '(devel)' : version, limits.versionCharsMax);
  return name === undefined || stated === undefined ? undefined : { path: name, version: stated };
}

/** `go1.21.3 X:boringcrypto` → `1.21.3`; a development build stays as it is: no release can be compared with it. */
function toStandardLibraryVersion(goVersion: string): string {
  const release = /^go(\d\S*)/.exec(goVersion)?.[1];
  return identifierOf(release ?? goVersion.trim(), limits.versionCharsMax) ?? '(devel)';
}
