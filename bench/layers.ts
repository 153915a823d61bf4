// Reading the largest layers of the corpus (decompress, both digests, walk, analyse) against `gzip -dc | sha256sum` of the
// same bytes, in the same run. Run: node bench/layers.ts [COUNT]. Medians of RUNS interleaved runs after one warm-up; the
// figures of Hullcheck are of whole processes, with Node's start and the reading child; what starting takes is measured
// with an empty layer, and the last line leaves it out.
import { createHash } from 'node:crypto';
import { globSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Fault, parseDigest } from '@hullcheck/core';
import { readLayers } from '@hullcheck/scanner';
import { corpusLayout } from '@hullcheck/testkit';
import { type Measured, measureProcess, median } from './measured-process.ts';

const RUNS = Number(process.env.BENCH_RUNS ?? 3);
const script = fileURLToPath(import.meta.url);

interface Blob {
  readonly path: string;
  readonly bytes: number;
}

function largestBlobs(count: number): readonly Blob[] {
  const anyLayout = corpusLayout('debian-bookworm');
  if (anyLayout === undefined) return [];
  const found = new Map<string, Blob>();
  for (const path of globSync(join(dirname(anyLayout), '*', 'blobs', 'sha256', '*'))) {
    found.set(basename(path), { path, bytes: statSync(path).size });
  }
  return [...found.values()].toSorted((a, b) => b.bytes - a.bytes).slice(0, count);
}

/** One blob through the reader, as `readLayers` reads it for an image. The diffID is not known here: its mismatch is the end. */
async function readOne(path: string): Promise<void> {
  const digest = parseDigest(`sha256:${basename(path)}`);
  if (digest === undefined) throw new Error('a blob is named by its digest');
  const length = statSync(path).size;
  const layer = {
    diffId: digest,
    digest,
    sizeBytes: length,
    mediaType: null,
    bytes: { kind: 'file' as const, path, offset: 0, length },
  };
  try {
    await readLayers({ layers: [layer], signal: new AbortController().signal });
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.code !== 'digest-mismatch' || !thrown.message.startsWith('the unpacked'))
      throw thrown;
  }
}

const show = (measured: readonly Measured[], name: string): string => {
  const of = (pick: (m: Measured) => number, digits: number): string =>
    median(measured.map(pick)).toFixed(digits).padStart(8);
  return `${name.padEnd(26)} ${of((m) => m.cpuSeconds, 2)} ${of((m) => m.wallSeconds, 2)} ${of((m) => m.peakMiB, 0)}`;
};

/** A layer without entries, named by its digest like the others. */
function writeEmptyLayer(folder: string): string {
  const bytes = gzipSync(Buffer.alloc(1024));
  const path = join(folder, createHash('sha256').update(bytes).digest('hex'));
  writeFileSync(path, bytes);
  return path;
}

async function compare({ path, bytes }: Blob, empty: string): Promise<void> {
  const unpack = (await measureProcess(['gzip', '-t', path])).exitCode === 0 ? 'gzip' : 'zstd';
  const commands = {
    [`${unpack} -dc | sha256sum`]: ['sh', '-c', `${unpack} -dc < '${path}' | sha256sum`],
    hullcheck: [process.execPath, script, '--read', path],
    'hullcheck, empty layer': [process.execPath, script, '--read', empty],
  };
  const results = new Map<string, Measured[]>(Object.keys(commands).map((name) => [name, []]));
  for (let run = 0; run <= RUNS; run++) {
    for (const [name, command] of Object.entries(commands)) {
      const measured = await measureProcess(command);
      if (measured.exitCode !== 0) throw new Error(`${name} ended with ${measured.exitCode}`);
      if (run > 0) results.get(name)?.push(measured);
    }
  }
  console.log(
    `\n${basename(path).slice(0, 12)}  ${(bytes / 1e6).toFixed(1)} MB ${unpack}        CPU s   wall s peak MiB`,
  );
  const [reference = 0, whole = 0, starting = 0] = [...results].map(([name, measured]) => {
    console.log(show(measured, name));
    return median(measured.map((m) => m.cpuSeconds));
  });
  console.log(`${'share, whole process'.padEnd(26)} ${(whole / reference).toFixed(2).padStart(8)}`);
  console.log(`${'share, without start'.padEnd(26)} ${((whole - starting) / reference).toFixed(2).padStart(8)}`);
}

const [first, second] = process.argv.slice(2);
if (first === '--read' && second !== undefined) await readOne(second);
else {
  const folder = mkdtempSync(join(tmpdir(), 'hullcheck-bench-'));
  try {
    const empty = writeEmptyLayer(folder);
    for (const blob of largestBlobs(Number(first ?? 4))) await compare(blob, empty);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
