import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Readable } from '../text/index.ts';
import { InflateBudget, isFault, openZipEntry, readZipDirectory, readZipEntry } from './index.ts';

const missing = ['zip', 'unzip', 'python3'].some((tool) => findProgram(tool) === undefined);

/** A file on disk, read by position as a spilled file is. */
function openFile(path: string): Readable & { close(): void } {
  const descriptor = openSync(path, 'r');
  return {
    sizeBytes: statSync(path).size,
    read(offset, length) {
      const buffer = Buffer.alloc(length);
      return buffer.subarray(0, readSync(descriptor, buffer, 0, length, offset));
    },
    close: () => closeSync(descriptor),
  };
}

/** Name and content of every file, by our reader. */
function readOurs(path: string): ReadonlyMap<string, string> {
  const file = openFile(path);
  try {
    const { entries, faults } = readZipDirectory(file, () => true);
    expect(faults).toEqual([]);
    const budget = new InflateBudget(1 << 30);
    return new Map(
      entries.map((entry) => {
        const read = readZipEntry(file, entry, { bytesMax: 1 << 24, budget });
        if (isFault(read)) throw new Error(`${entry.name}: ${read.fault}`);
        expect(read.doubt).toBeUndefined();
        return [entry.name, read.content.toString('latin1')] as const;
      }),
    );
  } finally {
    file.close();
  }
}

/** The same by unzip. */
function readTheirs(path: string): ReadonlyMap<string, string> {
  const names = unzip('-Z1', path).split('\n');
  return new Map(
    names.filter((name) => name !== '' && !name.endsWith('/')).map((name) => [name, unzip('-p', path, name)]),
  );
}

function unzip(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('unzip', args, { encoding: 'latin1', maxBuffer: 1 << 26 });
  // 1: a warning, such as of bytes before the archive.
  if (status !== 0 && status !== 1) throw new Error(`unzip ended with ${status}: ${stderr}`);
  return stdout;
}

describe.skipIf(missing)('an archive', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hullcheck-zip-'));
    mkdirSync(join(folder, 'in/sub'), { recursive: true });
    writeFileSync(join(folder, 'in/a.txt'), 'first\n'.repeat(10_000));
    writeFileSync(join(folder, 'in/sub/b.bin'), readFileSync(process.execPath).subarray(0, 3_000_000));
    writeFileSync(join(folder, 'in/empty'), '');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (program: string, args: readonly string[], input?: string): void => {
    execFileSync(program, args, {
      cwd: folder,
      stdio: ['pipe', 'ignore', 'pipe'],
      ...(input === undefined ? {} : { input }),
    });
  };

  it.each<[string, (path: string) => void]>([
    ['by zip', (path) => run('zip', ['-qr', path, 'in'])],
    ['by zip, stored', (path) => run('zip', ['-q0r', path, 'in'])],
    ['by zip, with a comment', (path) => run('zip', ['-qrz', path, 'in'], 'made for a test\n.\n')],
    ['by zip, as ZIP64', (path) => run('zip', ['-qrfz', path, 'in'])],
    ['by zip, streamed', (path) => run('sh', ['-c', 'tar cf - in | zip -q - - > "$0"', path])],
    [
      'behind a script',
      (path) => run('sh', ['-c', 'zip -qr x.zip in && printf "#!/bin/sh\\nexit 0\\n" | cat - x.zip > "$0"', path]),
    ],
    [
      'behind a script, adjusted',
      (path) => run('sh', ['-c', 'zip -qr y.zip in && cat in/a.txt y.zip > "$0" && zip -qA "$0"', path]),
    ],
    [
      'by Python',
      (path) =>
        run('python3', [
          '-c',
          'import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1],"w",8)\nfor n in ("in/a.txt","in/sub/b.bin","in/empty"): z.write(n)\nz.close()',
          path,
        ]),
    ],
  ])('made %s is read as unzip reads it', (name, make) => {
    const path = join(folder, `${name.replace(/\W+/g, '-')}.jar`);
    make(path);
    const ours = readOurs(path);
    expect(ours.size).toBeGreaterThan(0);
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(readTheirs(path)));
  });

  it('of 70,000 entries is read as Python reads it', () => {
    const path = join(folder, 'many.zip');
    run('python3', [
      '-c',
      'import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1],"w")\nfor n in range(70000): z.writestr(str(n),"")\nz.close()',
      path,
    ]);
    const file = openFile(path);
    expect(readZipDirectory(file, (name) => name === '69999')).toMatchObject({
      count: 70_000,
      faults: [],
      entries: [{ name: '69999' }],
    });
    file.close();
  });

  it('with a password, or packed with bzip2 or lzma, is unsupported', () => {
    const path = join(folder, 'locked.zip');
    run('zip', ['-q', '-P', 'secret', path, 'in/a.txt']);
    const packed = join(folder, 'packed.zip');
    run('python3', [
      '-c',
      'import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1],"w")\nfor m in (12,14): z.writestr(str(m),"x"*100,m)\nz.close()',
      packed,
    ]);
    for (const [archive, count] of [
      [path, 1],
      [packed, 2],
    ] as const) {
      const file = openFile(archive);
      const { entries } = readZipDirectory(file, () => true);
      expect(entries).toHaveLength(count);
      for (const entry of entries)
        expect(readZipEntry(file, entry, { bytesMax: 1 << 20, budget: new InflateBudget(1 << 20) })).toMatchObject({
          code: 'unsupported',
        });
      file.close();
    }
  });

  it('of 60 MB, deflated inside another, is read within the memory of its window', () => {
    // Node's own program: large, compressible, and there.
    const program = process.execPath;
    run('sh', [
      '-c',
      'head -c 60000000 "$0" > large.bin && zip -q0 inner.jar large.bin in/a.txt && zip -q outer.war inner.jar && rm large.bin',
      program,
    ]);
    const file = openFile(join(folder, 'outer.war'));
    const [entry] = readZipDirectory(file, () => true).entries;
    if (entry === undefined) throw new Error('no entry');
    const before = process.memoryUsage().rss;
    const inner = openZipEntry(file, entry, new InflateBudget(1 << 30));
    if (isFault(inner)) throw new Error(inner.fault);
    const [text] = readZipDirectory(inner.content, (name) => name.endsWith('.txt')).entries;
    if (text === undefined) throw new Error('no entry');
    const read = readZipEntry(inner.content, text, { bytesMax: 1 << 20, budget: new InflateBudget(1 << 20) });
    expect(isFault(read) ? read : read.content.toString()).toBe('first\n'.repeat(10_000));
    expect(process.memoryUsage().rss - before).toBeLessThan(30 * 1024 * 1024);
    inner.content.close?.();
    file.close();
  });
});
