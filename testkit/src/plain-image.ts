import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Writes a `docker save` archive of one layer with the given text files, packed by the machine's own tar: an image in which
 * nobody finds a package, unless the files are made so.
 */
export function writePlainImage(target: string, name: string, files: { readonly [path: string]: string }): void {
  const folder = mkdtempSync(join(tmpdir(), 'hullcheck-plain-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, 'root', path)), { recursive: true });
      writeFileSync(join(folder, 'root', path), text);
    }
    mkdirSync(join(folder, 'image'));
    const layer = join(folder, 'image', 'layer.tar');
    execFileSync('tar', ['--numeric-owner', '-cf', layer, '-C', join(folder, 'root'), '.']);
    const diffId = `sha256:${createHash('sha256').update(readFileSync(layer)).digest('hex')}`;
    const config = { architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [diffId] } };
    writeFileSync(join(folder, 'image', 'config.json'), JSON.stringify(config));
    const manifest = [{ Config: 'config.json', RepoTags: [`${name}:latest`], Layers: ['layer.tar'] }];
    writeFileSync(join(folder, 'image', 'manifest.json'), JSON.stringify(manifest));
    execFileSync('tar', ['-cf', target, '-C', join(folder, 'image'), 'manifest.json', 'config.json', 'layer.tar']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
