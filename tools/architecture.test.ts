import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Who may import whom: this table is the architecture diagram. The command line loads console and agent only to run them. */
const arrows: { readonly [workspace: string]: readonly string[] } = {
  'packages/core': [],
  'packages/registry': ['core'],
  'packages/runtimes': ['core'],
  'packages/scanner': ['core', 'registry', 'runtimes'],
  'packages/advisories': ['core', 'registry'],
  'packages/contract': ['core'],
  'apps/console': ['core', 'registry', 'scanner', 'advisories', 'contract'],
  'apps/web': ['core', 'contract'],
  'apps/agent': ['core', 'registry', 'runtimes', 'scanner', 'contract'],
  'apps/cli': ['core', 'registry', 'runtimes', 'scanner', 'advisories', 'contract', 'console', 'agent'],
};

interface Manifest {
  readonly dependencies?: { readonly [name: string]: string };
}
const readManifest = (path: string): Manifest => JSON.parse(readFileSync(join(root, path), 'utf8'));
/** What ships: without tests, what only tests use (`.testing.ts`), and fixtures that do on purpose what the product must not. */
const sources = (folder: string) =>
  globSync(`${folder}/src/**/*.{ts,tsx}`, { cwd: root }).filter(
    (path) => !/\/(?:testdata|testing)\/|\.(?:test|testing)\.tsx?$/.test(path),
  );
const imports = (file: string) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1] ?? '');

describe('the architecture', () => {
  it('declares exactly the arrows of the table in every package.json', () => {
    const declared = Object.fromEntries(
      globSync('{packages,apps}/*/package.json', { cwd: root }).map((path) => [
        dirname(path),
        Object.keys(readManifest(path).dependencies ?? {})
          .filter((name) => name.startsWith('@hullcheck/'))
          .map((name) => name.slice('@hullcheck/'.length))
          .toSorted(),
      ]),
    );
    expect(declared).toEqual(Object.fromEntries(Object.entries(arrows).map(([from, to]) => [from, to.toSorted()])));
  });

  it('has no import outside the table, and none across folders by path', () => {
    let seen = 0;
    for (const [workspace, allowed] of Object.entries(arrows)) {
      for (const file of sources(workspace)) {
        for (const name of imports(file)) {
          seen += 1;
          const target = /^@hullcheck\/([a-z]+)/.exec(name)?.[1];
          if (target !== undefined) expect(allowed, `${file} imports ${name}`).toContain(target);
          if (name.startsWith('.'))
            expect(join(dirname(file), name).startsWith(`${workspace}/src`), `${file} imports ${name}`).toBe(true);
        }
      }
    }
    expect(seen).toBeGreaterThan(100);
  });

  it("lets only the command line's entry load console and agent, and only dynamically", () => {
    for (const file of sources('apps/cli')) {
      const text = readFileSync(join(root, file), 'utf8');
      expect(/from '@hullcheck\/(?:console|agent)[^']*'/.test(text.replace(/import type [^;]+;/g, '')), file).toBe(
        false,
      );
    }
  });

  it('keeps SQL inside the store', () => {
    const outside = sources('apps/console').filter(
      // The supervisor asks the server about the server itself: its settings and its health.
      (file) => !/\/src\/(?:store|postgres)\//.test(file),
    );
    expect(outside.length).toBeGreaterThan(5);
    for (const file of outside) {
      expect(
        /\b(?:select\s+[\w*].*\sfrom\s|insert\s+into\s|delete\s+from\s|update\s+\w+\s+set\s)/is.test(
          readFileSync(join(root, file), 'utf8'),
        ),
        file,
      ).toBe(false);
    }
  });

  it('reads the environment and the arguments only in the entry files', () => {
    const readers = Object.keys(arrows)
      .flatMap(sources)
      .filter((file) => /process\.(?:env|argv)\b/.test(readFileSync(join(root, file), 'utf8')));
    for (const file of readers)
      expect(file).toMatch(
        /^(?:apps\/\w+\/src\/main\.ts|apps\/cli\/src\/agent-process\.ts|packages\/scanner\/src\/reading\/child\.ts)$/,
      );
  });

  it('names no file by what it is not', () => {
    const files = Object.keys(arrows).flatMap(sources);
    for (const file of files) expect(file).not.toMatch(/\/(?:utils?|helpers?|common|misc|manager)\b/);
  });
});
