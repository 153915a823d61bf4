import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connectionKinds, openApiDocument } from '@hullcheck/contract';
import { analyzers } from '@hullcheck/scanner';
import { registryTable } from './registry-table.ts';
import { supportTable } from './support-table.ts';

// `npm run generate` writes what is generated and committed; `-- --check` fails where it differs from what is there.
const root = join(import.meta.dirname, '..');
const manifest: { readonly version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const generated: { readonly [path: string]: () => string } = {
  'docs/api/openapi.json': () => `${JSON.stringify(openApiDocument(manifest.version), undefined, 2)}\n`,
  'docs/registries.md': () => registryTable(connectionKinds),
  'docs/support.md': () => supportTable(analyzers),
};

const check = process.argv.includes('--check');
let stale = 0;
for (const [path, make] of Object.entries(generated)) {
  const file = join(root, path);
  const text = make();
  if (check) {
    let present = '';
    try {
      present = readFileSync(file, 'utf8');
    } catch {}
    if (present !== text) {
      process.stderr.write(`${path} is not what the source says: run \`npm run generate\`\n`);
      stale += 1;
    }
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    process.stdout.write(`${path}\n`);
  }
}
process.exitCode = stale === 0 ? 0 : 1;
