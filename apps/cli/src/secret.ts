import { readFileSync } from 'node:fs';
import { Fault } from '@hullcheck/core';

const SECRET_BYTES_MAX = 64 * 1024;

export function readBounded(path: string, bytesMax: number): string | undefined {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Fault('invalid-input', `can't read ${path}`, { cause: error, place: path });
  }
  if (content.byteLength > bytesMax)
    throw new Fault('invalid-input', `${path} is larger than ${bytesMax} bytes`, { place: path });
  return content.toString('utf8');
}

/** A secret: the variable, or the file that `…_FILE` names. Never a flag: arguments are visible to every process. */
export function readSecret(environment: { readonly [name: string]: string | undefined }, variable: string) {
  const direct = environment[variable];
  if (direct !== undefined && direct !== '') return direct;
  const file = environment[`${variable}_FILE`];
  if (file === undefined || file === '') return undefined;
  const text = readBounded(file, SECRET_BYTES_MAX);
  if (text === undefined)
    throw new Fault('invalid-input', `${variable}_FILE names ${file}, which does not exist`, { place: file });
  return text.trim();
}
