import { type JsonObject, objectOf, parseJsonObject, stringOf, toObject } from '../../formats/json/index.ts';
import { type LockNode, type PythonLockResult, toNode, toPythonLock } from './lock-graph.ts';

/**
 * Pipfile.lock: `default` is for production, `develop` for development; what needs what is not in it.
 * https://pipenv.pypa.io/en/latest/pipfile.html#pipfile-lock
 */
export function parsePipfileLock(bytes: Uint8Array): PythonLockResult {
  const root = parseJsonObject(bytes);
  if (root === undefined || (objectOf(root, '_meta') === undefined && objectOf(root, 'default') === undefined))
    return { fault: 'the lock file is no JSON object with _meta or default', code: 'unreadable' };
  // Other sections are groups of the user's own, which are installed on request only.
  const sections = Object.keys(root).filter((key) => key !== '_meta' && key !== 'default');
  return toPythonLock(
    [...nodesOf(root, 'default', false), ...sections.flatMap((key) => nodesOf(root, key, true))],
    undefined,
  );
}

function nodesOf(root: JsonObject, section: string, dev: boolean): readonly LockNode[] {
  return Object.entries(objectOf(root, section) ?? {}).flatMap(([name, value]) => {
    const entry = toObject(value);
    if (entry === undefined) return [];
    const version = /^={2,3}\s?(.+)$/.exec(stringOf(entry, 'version') ?? '')?.[1];
    return toNode(name, version, { dev, marker: stringOf(entry, 'markers'), edges: [] }) ?? [];
  });
}
