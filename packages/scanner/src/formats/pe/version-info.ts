import { limits } from '../limits.ts';
import { Fields, readAddress } from '../program.ts';
import type { Readable } from '../text/index.ts';
import type { Pe } from './index.ts';

/** Keys of https://learn.microsoft.com/windows/win32/menurc/stringfileinfo-block: `ProductVersion`, `OriginalFilename` … */
export type VersionStrings = ReadonlyMap<string, string>;

const RT_VERSION = 16;
const DIRECTORY_BYTES = 16;
const ENTRY_BYTES = 8;
const IS_DIRECTORY = 0x80000000;

/** What the version resource states, of the first language that it has; empty where there is none or it is broken. */
export function readVersionStrings(pe: Pe, file: Readable): VersionStrings {
  const resource = readVersionResource(pe, file);
  return resource === undefined ? new Map() : parseVersionStrings(resource);
}

/** Resources are a tree of exactly three levels: type, name, language. */
function readVersionResource(pe: Pe, file: Readable): Buffer | undefined {
  if (pe.resources === null) return undefined;
  const base = pe.imageBase + pe.resources.rva;
  const entriesOf = (offset: number): readonly { readonly id: number; readonly offset: number }[] => {
    const head = readAddress(pe, file, base + offset, DIRECTORY_BYTES);
    if (head === undefined || head.byteLength < DIRECTORY_BYTES) return [];
    const counts = new Fields(head, true, 4);
    const count = Math.min(counts.u16(12) + counts.u16(14), limits.peResourceEntriesMax);
    const table = readAddress(pe, file, base + offset + DIRECTORY_BYTES, count * ENTRY_BYTES);
    if (table === undefined) return [];
    const fields = new Fields(table, true, 4);
    return Array.from({ length: Math.floor(table.byteLength / ENTRY_BYTES) }, (_, index) => ({
      id: fields.u32(index * ENTRY_BYTES),
      offset: fields.u32(index * ENTRY_BYTES + 4),
    }));
  };
  const types = entriesOf(0).find(({ id, offset }) => id === RT_VERSION && offset >= IS_DIRECTORY);
  const names = types === undefined ? undefined : entriesOf(types.offset - IS_DIRECTORY)[0];
  if (names === undefined || names.offset < IS_DIRECTORY) return undefined;
  const language = entriesOf(names.offset - IS_DIRECTORY)[0];
  if (language === undefined || language.offset >= IS_DIRECTORY) return undefined;
  const leaf = readAddress(pe, file, base + language.offset, 8);
  if (leaf === undefined || leaf.byteLength < 8) return undefined;
  const fields = new Fields(leaf, true, 4);
  const size = fields.u32(4);
  if (size > limits.peVersionInfoBytesMax) return undefined;
  const bytes = readAddress(pe, file, pe.imageBase + fields.u32(0), size);
  return bytes === undefined ? undefined : Buffer.from(bytes);
}

/** VS_VERSIONINFO → StringFileInfo → the first StringTable → its strings. Each has the same head, and states its own length. */
function parseVersionStrings(resource: Buffer): VersionStrings {
  const strings = new Map<string, string>();
  const root = blockAt(resource, 0, resource.byteLength);
  if (root?.key !== 'VS_VERSION_INFO') return strings;
  const info = childrenOf(resource, root).find(({ key }) => key === 'StringFileInfo');
  const table = info === undefined ? undefined : childrenOf(resource, info)[0];
  for (const block of table === undefined ? [] : childrenOf(resource, table)) {
    const end = Math.min(block.valueAt + 2 * block.valueLength, block.end);
    if (!strings.has(block.key)) strings.set(block.key, utf16(resource, block.valueAt, end));
  }
  return strings;
}

interface Block {
  readonly key: string;
  readonly valueAt: number;
  /** In bytes, of text in UTF-16 units. */
  readonly valueLength: number;
  readonly childrenAt: number;
  readonly end: number;
}

const HEAD_BYTES = 6;

function blockAt(resource: Buffer, at: number, limit: number): Block | undefined {
  if (at + HEAD_BYTES > limit) return undefined;
  const end = at + resource.readUInt16LE(at);
  const valueLength = resource.readUInt16LE(at + 2);
  const isText = resource.readUInt16LE(at + 4) === 1;
  if (end <= at + HEAD_BYTES || end > limit) return undefined;
  const key = utf16(resource, at + HEAD_BYTES, end);
  const valueAt = aligned(at + HEAD_BYTES + 2 * (key.length + 1));
  return { key, valueAt, valueLength, childrenAt: aligned(valueAt + valueLength * (isText ? 2 : 1)), end };
}

function childrenOf(resource: Buffer, parent: Block): readonly Block[] {
  const children: Block[] = [];
  for (let at = parent.childrenAt; children.length < limits.peVersionBlocksMax; ) {
    const child = blockAt(resource, at, parent.end);
    if (child === undefined) break;
    children.push(child);
    at = aligned(child.end);
  }
  return children;
}

/** Up to the first null character. */
function utf16(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf16le', start, Math.max(start, end));
  const stop = text.indexOf('\0');
  return stop === -1 ? text : text.slice(0, stop);
}

function aligned(at: number): number {
  return (at + 3) & ~3;
}
