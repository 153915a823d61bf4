import { cleanText } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import { type LockNode, type PythonLock, type PythonLockResult, toPythonLock } from './lock-graph.ts';
import { parseRequirement } from './requirement.ts';

export type RequirementsResult =
  | (PythonLock & { readonly full: boolean; readonly includes: readonly string[] })
  | Extract<PythonLockResult, { readonly fault: string }>;

/**
 * A requirements file: only pinned requirements (`==`) name a version. `includes` are the files that it takes in with `-r`;
 * constraints (`-c`) install nothing. https://pip.pypa.io/en/stable/reference/requirements-file-format/
 */
export function parseRequirements(bytes: Uint8Array): RequirementsResult {
  const text = decode(bytes);
  if (text.includes('\0')) return { fault: 'the requirements file is no text', code: 'unreadable' };
  const nodes: LockNode[] = [];
  const includes: string[] = [];
  for (const line of logicalLines(text)) {
    const include = /^(?:-r|--requirement)(?:\s*=\s*|\s*)(\S.*)$/.exec(line)?.[1];
    if (include !== undefined) {
      if (includes.length < limits.includesPerFileMax) includes.push(cleanText(include, limits.pathCharsMax));
      continue;
    }
    if (line === '' || line.startsWith('-')) continue;
    // Options of one requirement: `--hash=sha256:…`, `--config-settings …`.
    const options = line.search(/\s--?[a-z]/);
    const found = parseRequirement(options === -1 ? line : line.slice(0, options));
    if (found?.pinned === undefined) continue;
    nodes.push({ name: found.name, version: found.pinned, marker: found.marker, edges: [] });
    if (nodes.length > limits.packagesPerFileMax) break;
  }
  const result = toPythonLock(nodes, undefined);
  return 'fault' in result ? result : { ...result, includes };
}

/** pip goes by the byte order mark: `pip freeze > requirements.txt` in PowerShell writes UTF-16. */
function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder('utf-8').decode(bytes);
}

/** Lines without comments, those that end in a backslash joined with the next; a comment ends such a line. */
function* logicalLines(text: string): Generator<string> {
  let joined: string[] = [];
  let chars = 0;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const isComment = /^\s*#/.test(line);
    const continues = !isComment && line.endsWith('\\');
    const part = isComment ? '' : continues ? line.slice(0, -1) : line;
    chars += part.length;
    // A line without end can't be a requirement; what is kept of it stays bounded.
    if (chars <= limits.lineBytesMax) joined.push(part);
    if (continues) continue;
    yield withoutComment(joined.join(''));
    joined = [];
    chars = 0;
  }
  if (joined.length > 0) yield withoutComment(joined.join(''));
}

function withoutComment(line: string): string {
  const at = line.search(/\s#/);
  return (at === -1 ? line : line.slice(0, at)).trim();
}
