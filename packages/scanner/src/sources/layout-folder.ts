import { statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Fault } from '@hullcheck/core';
import type { FoundFile, ImageFiles } from './image-files.ts';

/** Names that an OCI layout has; nothing else of the folder is ever opened, whatever a document asks for. */
const LAYOUT_NAME = /^(?:index\.json|oci-layout|blobs\/sha256\/[0-9a-f]{64})$/;

/** An OCI layout as a folder. */
export async function openLayoutFolder(path: string): Promise<ImageFiles> {
  const place = basename(path) || path;
  const folder = await stat(path).catch((cause: unknown) => {
    throw new Fault('not-found', `${place} can't be opened`, { place, cause });
  });
  if (!folder.isDirectory()) throw new Fault('not-an-image', `not an OCI layout: ${place} is no folder`, { place });
  const find = (name: string): FoundFile | undefined => {
    if (!LAYOUT_NAME.test(name)) return undefined;
    const absolute = join(path, name);
    const found = statSync(absolute, { throwIfNoEntry: false });
    if (!found?.isFile()) return undefined;
    return { name, sizeBytes: found.size, bytes: { kind: 'file', path: absolute, offset: 0, length: found.size } };
  };
  return {
    place,
    find,
    async readDocument(name, bytesMax) {
      const found = find(name);
      if (found === undefined) return undefined;
      if (found.sizeBytes > bytesMax) {
        throw new Fault('limit-exceeded', `${place}: ${name} has ${found.sizeBytes} bytes, more than ${bytesMax}`, {
          place,
        });
      }
      return readFile(join(path, name));
    },
  };
}
