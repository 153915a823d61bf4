import { limits as formatLimits } from '../../formats/limits.ts';
import type { Readable } from '../../formats/text/index.ts';
import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import { documents } from './documents.ts';
import type { Recogniser, Statement } from './recogniser.ts';
import { recognisers } from './recognisers.ts';

export type FoundProgram = {
  /** Id of the recogniser or document. */
  readonly id: string;
  readonly version: string;
  /** Byte in the file where the statement begins; 0 for documents. */
  readonly at: number;
};

export interface ProgramSearch {
  readonly found: readonly FoundProgram[];
  /** The limit that ended the search before every recogniser had found its program. */
  readonly exceeded: 'programSearchBytesMax' | 'programAnchorsMax' | null;
}

/** The recognisers that know a program of this base name. Most names are nobody's, and their files are not searched. */
export function recognisersOf(base: string, isElf: boolean): readonly Recogniser[] {
  return recognisers.filter(({ files, kind }) => (kind === 'archive' || isElf) && files.test(base));
}

interface Search {
  readonly recogniser: Recogniser;
  readonly statement: Statement;
  readonly anchor: string;
}

/**
 * What a program says of its own version. One pass in windows that overlap by what a statement may span; in each, every
 * anchor is looked for as plain bytes, and a pattern sees only what lies around one.
 */
export function searchPrograms(file: Readable, base: string, chosen: readonly Recogniser[]): ProgramSearch {
  const searches = chosen.flatMap((recogniser) => {
    const group = recogniser.files.exec(base)?.[1] ?? '';
    return recogniser.statements.map(
      (statement): Search => ({ recogniser, statement, anchor: statement.anchor.replace('{1}', group) }),
    );
  });
  const found = new Map<string, FoundProgram>();
  const end = Math.min(file.sizeBytes, limits.programSearchBytesMax);
  let anchors = 0;
  for (let start = 0; start < end && found.size < chosen.length; start += formatLimits.readChunkBytes) {
    const from = Math.max(0, start - limits.programStatementBytesMax);
    const bytes = toBuffer(file.read(from, start - from + formatLimits.readChunkBytes));
    const isLast = from + bytes.byteLength >= file.sizeBytes || bytes.byteLength === 0;
    for (const search of searches) {
      const { recogniser, statement, anchor } = search;
      if (found.has(recogniser.id)) continue;
      for (let at = bytes.indexOf(anchor, 0, 'latin1'); at !== -1; at = bytes.indexOf(anchor, at + 1, 'latin1')) {
        // Cut by the window: half a number is another number. The next window has it whole.
        if (!isLast && at + anchor.length + statement.after > bytes.byteLength) break;
        if (++anchors > limits.programAnchorsMax) return { found: [...found.values()], exceeded: 'programAnchorsMax' };
        const version = versionAt(bytes, at, search);
        if (version === undefined) continue;
        found.set(recogniser.id, { id: recogniser.id, version, at: from + at });
        break;
      }
    }
    if (isLast) break;
  }
  const isCut = found.size < chosen.length && end < file.sizeBytes;
  return { found: [...found.values()], exceeded: isCut ? 'programSearchBytesMax' : null };
}

function versionAt(bytes: Buffer, at: number, { anchor, statement }: Search): string | undefined {
  const { before, after, version } = statement;
  const text = bytes.toString('latin1', Math.max(0, at - before), at + anchor.length + after);
  return identifierOf(version.exec(text)?.[1], limits.versionCharsMax);
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** What a small text file of this path states; empty where it is something else under the same name. */
export function parseDocuments(path: string, text: string): readonly FoundProgram[] {
  const base = path.slice(path.lastIndexOf('/') + 1);
  return documents.flatMap(({ id, name, path: ending, version }) => {
    if (name !== base || ending?.test(path) === false) return [];
    const stated = identifierOf(version(text), limits.versionCharsMax);
    return stated === undefined ? [] : [{ id, version: stated, at: 0 }];
  });
}
