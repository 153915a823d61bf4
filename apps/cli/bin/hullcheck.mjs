#!/usr/bin/env node
const [major] = process.versions.node.split('.').map(Number);
if (major === undefined || major < 24) {
  process.stderr.write(
    `hullcheck needs Node 24 or newer; this is ${process.version}. In a checkout, use: npx --no hullcheck\n`,
  );
  process.exit(1);
}
await import('../src/main.ts');
