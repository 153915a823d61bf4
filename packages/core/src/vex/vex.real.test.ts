import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { feedsFolder } from '@hullcheck/testkit';
import { expect, it } from 'vitest';
import { parseVexDocument } from './index.ts';

const feeds = feedsFolder ?? 'absent';

/** Statements as whoever packed the mirror counted them. */
const recordsOf = (id: string): number => {
  const manifest: readonly { id: string; records: number }[] = JSON.parse(
    readFileSync(join(feeds, 'MANIFEST.json'), 'utf8'),
  );
  return manifest.find((feed) => feed.id === id)?.records ?? 0;
};

it.skipIf(feedsFolder === undefined).each(['dhi-vex', 'rancher-vexhub'])(
  'every statement of the hub %s is read',
  (id) => {
    const folder = mkdtempSync(join(tmpdir(), 'hullcheck-hub-'));
    try {
      const archive = zstdDecompressSync(readFileSync(join(feeds, id, `${id}.tar.zst`)));
      execFileSync('tar', ['-x', '-C', folder], { input: archive });
      let read = 0;
      for (const path of globSync(`${folder}/**/*.{openvex,vex}.json`)) {
        const document = parseVexDocument(readFileSync(path, 'utf8'), path);
        expect(document).toMatchObject({ format: 'openvex', flaws: [] });
        if ('statements' in document) read += document.statements.length;
      }
      expect(read).toBe(recordsOf(id));
      expect(read).toBeGreaterThan(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
