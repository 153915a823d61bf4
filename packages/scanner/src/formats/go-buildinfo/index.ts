import { limits } from '../limits.ts';
import { type Program, readAddress } from '../program.ts';
import type { Readable } from '../text/index.ts';

export interface GoModule {
  readonly path: string;
  readonly version: string;
  /** `h1:…`, empty where none is stated. */
  readonly sum: string;
  readonly replacement: { readonly path: string; readonly version: string } | null;
}

export interface GoBuildInfo {
  /** `go1.21.3`, `devel go1.23-…`. */
  readonly goVersion: string;
  /** Import path of the main package; empty in binaries without module information. */
  readonly mainPackage: string;
  readonly mainModule: GoModule | null;
  readonly modules: readonly GoModule[];
}

export type GoBuildInfoResult =
  | { readonly kind: 'found'; readonly info: GoBuildInfo }
  | { readonly kind: 'absent' }
  | { readonly kind: 'broken'; readonly reason: string };

const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1');
const ALIGNMENT = 16;
const HEADER_BYTES = 32;
const FLAG_BIG_ENDIAN = 1;
const FLAG_INLINE = 2;
/** Marks around the module text, for tools that search memory for it. */
const SENTINEL_BYTES = 16;

/**
 * What Go's linker wrote about a program: the two forms of https://pkg.go.dev/debug/buildinfo (inline strings since
 * Go 1.18, pointers to strings before), without the build settings.
 */
export function readGoBuildInfo(program: Program, file: Readable): GoBuildInfoResult {
  const blob = findBlob(program, file);
  if (blob === undefined) return { kind: 'absent' };
  const flags = blob[15] ?? 0;
  const strings = (flags & FLAG_INLINE) !== 0 ? inlineStrings(blob) : pointedStrings(program, file, blob);
  if (strings === undefined || strings.goVersion === '')
    return { kind: 'broken', reason: 'the Go build information is cut off' };
  return parseModules(strings.goVersion, strings.modules);
}

/** As the linker names the part of its own: ELF and AIX, Mach-O. PE has none: there it lies in the data section. */
const SECTION_NAMES = new Set(['.go.buildinfo', '__go_buildinfo']);

/** The header and what follows it, from its own section or else from the start of the data segment. */
function findBlob({ sections, segments }: Program, file: Readable): Buffer | undefined {
  const section = sections.find(({ name }) => SECTION_NAMES.has(name));
  const segment = segments.find(({ writable, executable }) => writable && !executable);
  const area = section ?? (segment === undefined ? undefined : { ...segment, size: segment.fileSize });
  if (area === undefined) return undefined;
  const head = Buffer.from(file.read(area.offset, Math.min(area.size, limits.goBuildInfoScanBytesMax)));
  for (let at = head.indexOf(MAGIC); at !== -1; at = head.indexOf(MAGIC, at + 1)) {
    // Aligned in memory: where a C linker wrote the program, its data segment need not begin at such an address.
    if ((area.address + at) % ALIGNMENT !== 0 || at + HEADER_BYTES > head.byteLength) continue;
    const length = Math.min(
      area.size - at,
      HEADER_BYTES + 10 + limits.goVersionBytesMax + 10 + limits.goModulesBytesMax,
    );
    return Buffer.from(file.read(area.offset + at, length));
  }
  return undefined;
}

interface Strings {
  readonly goVersion: string;
  readonly modules: string;
}

function inlineStrings(blob: Buffer): Strings | undefined {
  const version = inlineString(blob, HEADER_BYTES, limits.goVersionBytesMax);
  if (version === undefined) return undefined;
  const modules = inlineString(blob, version.end, limits.goModulesBytesMax);
  if (modules === undefined) return undefined;
  return { goVersion: version.bytes.toString('utf8'), modules: withoutSentinels(modules.bytes) };
}

/** A varint length and so many bytes. https://pkg.go.dev/encoding/binary#Uvarint */
function inlineString(blob: Buffer, start: number, bytesMax: number): { bytes: Buffer; end: number } | undefined {
  let length = 0;
  let at = start;
  for (let shift = 0; ; shift += 7) {
    const byte = blob[at];
    if (byte === undefined || shift > 28) return undefined;
    at += 1;
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  if (length > bytesMax || at + length > blob.byteLength) return undefined;
  return { bytes: blob.subarray(at, at + length), end: at + length };
}

function pointedStrings(program: Program, file: Readable, blob: Buffer): Strings | undefined {
  const pointerBytes = blob[14];
  if (pointerBytes !== 4 && pointerBytes !== 8) return undefined;
  const littleEndian = ((blob[15] ?? 0) & FLAG_BIG_ENDIAN) === 0;
  const pointerAt = (bytes: Uint8Array, at: number): number | undefined => {
    if (at + pointerBytes > bytes.byteLength) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return pointerBytes === 8 ? Number(view.getBigUint64(at, littleEndian)) : view.getUint32(at, littleEndian);
  };
  const stringAt = (at: number, bytesMax: number): Buffer | undefined => {
    const header = readAddress(program, file, pointerAt(blob, at) ?? -1, 2 * pointerBytes);
    if (header === undefined) return undefined;
    const start = pointerAt(header, 0);
    const length = pointerAt(header, pointerBytes);
    if (start === undefined || length === undefined || length > bytesMax) return undefined;
    if (length === 0) return Buffer.alloc(0);
    const bytes = readAddress(program, file, start, length);
    return bytes?.byteLength === length ? Buffer.from(bytes) : undefined;
  };
  const version = stringAt(16, limits.goVersionBytesMax);
  if (version === undefined) return undefined;
  const modules = stringAt(16 + pointerBytes, limits.goModulesBytesMax);
  return { goVersion: version.toString('utf8'), modules: withoutSentinels(modules ?? Buffer.alloc(0)) };
}

function withoutSentinels(bytes: Buffer): string {
  const framed = bytes.byteLength >= 2 * SENTINEL_BYTES + 1 && bytes[bytes.byteLength - SENTINEL_BYTES - 1] === 0x0a;
  return framed ? bytes.toString('utf8', SENTINEL_BYTES, bytes.byteLength - SENTINEL_BYTES) : '';
}

/** Lines of tab-separated fields: `path`, `mod`, `dep`, and `=>` for the replacement of the module above. */
function parseModules(goVersion: string, text: string): GoBuildInfoResult {
  let mainPackage = '';
  const stated: { readonly key: string; module: GoModule }[] = [];
  for (const line of text.split('\n')) {
    const [key, path, version = '', sum = ''] = line.split('\t');
    if (path === undefined) continue;
    if (key === 'path') mainPackage = path;
    else if (key === 'mod' || key === 'dep') {
      if (stated.length >= limits.goModulesMax) return { kind: 'broken', reason: 'more modules than goModulesMax' };
      stated.push({ key, module: { path, version, sum, replacement: null } });
    } else if (key === '=>') {
      const last = stated.at(-1);
      if (last !== undefined) last.module = { ...last.module, sum, replacement: { path, version } };
    }
  }
  const mainModule = stated.find(({ key }) => key === 'mod')?.module ?? null;
  const modules = stated.filter(({ key }) => key === 'dep').map(({ module }) => module);
  return { kind: 'found', info: { goVersion, mainPackage, mainModule, modules } };
}
