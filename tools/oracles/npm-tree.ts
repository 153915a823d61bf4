/**
 * npm-tree.ts FOLDER: what npm's own reader finds in the lock file of a project, without what is for development: `name@version
 * direct|indirect` for each package, `name@version needs name@version` for each relation. Made locks.txt in
 * packages/scanner/src/analyzers/npm/testdata, which the lock files of all package managers for one project stand against.
 */
import { execFileSync } from 'node:child_process';

interface Listed {
  readonly name?: string;
  readonly version?: string;
  readonly missing?: boolean;
  readonly dependencies?: { readonly [name: string]: Listed };
}

const options = ['ls', '--package-lock-only', '--all', '--omit=dev', '--json', '--long'];
const text = execFileSync('npm', options, { cwd: process.argv[2] ?? '.', encoding: 'utf8', maxBuffer: 1 << 26 });
const root: Listed = JSON.parse(text);
const lines = new Map<string, boolean>();
const relations = new Set<string>();

function visit(above: Listed, from: string | null): void {
  for (const below of Object.values(above.dependencies ?? {})) {
    if (below.missing === true || below.name === undefined || below.version === undefined) continue;
    const key = `${below.name}@${below.version}`;
    lines.set(key, lines.get(key) === true || from === null);
    if (from !== null) relations.add(`${from} needs ${key}`);
    visit(below, key);
  }
}

visit(root, null);
const packages = [...lines].map(([key, direct]) => `${key} ${direct ? 'direct' : 'indirect'}`);
process.stdout.write(`${[...packages, ...relations].sort().join('\n')}\n`);
