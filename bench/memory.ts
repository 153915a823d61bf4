// Peak memory of `hullcheck scan` with all its processes, for images that are large in one way each. Run:
// node bench/memory.ts [NAME...]; BENCH_HULLCHECK names the program. The images are made here; 200 MB of temporary files.
import { createHash, type Hash, randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { repositoryRoot } from '@hullcheck/testkit';
import { measureProcess } from './measured-process.ts';

const MiB = 1024 * 1024;
const program = process.env.BENCH_HULLCHECK ?? join(repositoryRoot, 'apps', 'cli', 'bin', 'hullcheck.mjs');

function tarHeader(name: string, sizeBytes: number, mode = 0o644): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 'latin1');
  block.write(`${mode.toString(8).padStart(7, '0')}\0`, 100, 'latin1');
  block.write(`${sizeBytes.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  block.write('0', 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** Writes one layer of an OCI layout, member by member: any number of gzip members is one gzip file. */
class LayerWriter {
  readonly #folder: string;
  readonly #path: string;
  readonly #file: number;
  readonly #blob: Hash = createHash('sha256');
  readonly #tar: Hash = createHash('sha256');
  #bytes = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, `layer-${randomBytes(6).toString('hex')}`);
    this.#file = openSync(this.#path, 'wx');
  }

  /** `packed` unpacks to `plain`. */
  write(packed: Buffer, plain: Buffer): void {
    writeSync(this.#file, packed);
    this.#blob.update(packed);
    this.#tar.update(plain);
    this.#bytes += packed.length;
  }

  finish(packing: 'gzip' | 'zstd'): {
    readonly diffId: string;
    readonly descriptor: Descriptor;
    readonly path: string;
  } {
    closeSync(this.#file);
    const digest = `sha256:${this.#blob.digest('hex')}`;
    const mediaType = `application/vnd.oci.image.layer.v1.tar+${packing}`;
    const descriptor = { mediaType, digest, size: this.#bytes };
    return { diffId: `sha256:${this.#tar.digest('hex')}`, descriptor, path: this.#path };
  }

  blob(bytes: Buffer): Descriptor {
    const hex = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(this.#folder, 'blobs', 'sha256', hex), bytes);
    return { mediaType: '', digest: `sha256:${hex}`, size: bytes.length };
  }
}

/** A piece of 64 MiB that gzip makes a hundredth of: above that ratio a layer is refused as a bomb. */
function compressiblePiece(): Buffer {
  const piece = Buffer.alloc(64 * MiB);
  for (let at = 0; at < piece.length; at += 100 * 1024)
    randomBytes(1024).copy(piece, at, 0, Math.min(1024, piece.length - at));
  return piece;
}

const end = Buffer.alloc(1024);
const images: Readonly<Record<string, (layer: () => LayerWriter) => readonly ReturnType<LayerWriter['finish']>[]>> = {
  '18 GiB in two layers': (layer) => {
    const piece = compressiblePiece();
    const packed = gzipSync(piece);
    const one = (name: string) => {
      const writer = layer();
      // Seven GiB and two: a size field of eleven octal digits ends at eight.
      for (const [part, pieces] of [7 * 16, 2 * 16].entries()) {
        const header = tarHeader(`${name}-${part}`, pieces * piece.length, 0o755);
        writer.write(gzipSync(header), header);
        for (let i = 0; i < pieces; i++) writer.write(packed, piece);
      }
      writer.write(gzipSync(end), end);
      return writer.finish('gzip');
    };
    return [one('opt/first'), one('opt/second')];
  },
  // One in twenty can be run, as in real images.
  '1,000,000 files in two layers': (layer) =>
    [0, 1].map((index) => {
      const writer = layer();
      for (let folder = 0; folder < 1000; folder++) {
        const name = (file: number): string => `usr/lib/part-${index}/folder-${folder}/some-ordinary-file-${file}.py`;
        const files = Buffer.concat(
          Array.from({ length: 500 }, (_, file) => tarHeader(name(file), 0, file % 20 === 0 ? 0o755 : 0o644)),
        );
        writer.write(gzipSync(files, { level: 1 }), files);
      }
      writer.write(gzipSync(end), end);
      return writer.finish('gzip');
    }),
  'zstd with a window of 128 MiB': (layer) => {
    const writer = layer();
    const body = Buffer.concat([randomBytes(20 * MiB), Buffer.alloc(130 * MiB, 'abcdefg'), randomBytes(10 * MiB)]);
    const tar = Buffer.concat([tarHeader('opt/data', body.length), body, end]);
    const params = { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_enableLongDistanceMatching]: 1 };
    writer.write(zstdCompressSync(tar, { params, pledgedSrcSize: tar.length }), tar);
    return [writer.finish('zstd')];
  },
};

function writeImage(folder: string, make: (typeof images)[string]): void {
  mkdirSync(join(folder, 'blobs', 'sha256'), { recursive: true });
  let last: LayerWriter | undefined;
  const layers = make(() => {
    last = new LayerWriter(folder);
    return last;
  });
  if (last === undefined) throw new Error('an image has layers');
  for (const { descriptor, path } of layers) {
    renameSync(path, join(folder, 'blobs', 'sha256', descriptor.digest.slice('sha256:'.length)));
  }
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  const platform = { os: 'linux', architecture: 'amd64' };
  const config = last.blob(
    json({ ...platform, rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) } }),
  );
  const manifest = last.blob(
    json({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { ...config, mediaType: 'application/vnd.oci.image.config.v1+json' },
      layers: layers.map(({ descriptor }) => descriptor),
    }),
  );
  const entry = { ...manifest, mediaType: 'application/vnd.oci.image.manifest.v1+json', platform };
  writeFileSync(join(folder, 'index.json'), json({ schemaVersion: 2, manifests: [entry] }));
  writeFileSync(join(folder, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
}

const wanted = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'hullcheck-bench-'));
try {
  console.log(`${'image'.padEnd(34)}   wall s    CPU s      MiB     once`);
  for (const [index, [name, make]] of Object.entries(images).entries()) {
    if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
    const layout = join(folder, `image-${index}`);
    writeImage(layout, make);
    const own = ['--offline', '--cache', join(folder, 'cache'), '--no-cache', '-q', '-f', 'json'];
    // The first run unpacks the database that comes with the program.
    for (const count of [false, true]) {
      const measured = await measureProcess([process.execPath, program, 'scan', `oci-dir:${layout}`, ...own]);
      const figures = [measured.wallSeconds, measured.cpuSeconds, measured.peakMiB, measured.peakOnceMiB];
      const text = figures.map((figure, at) => figure.toFixed(at < 2 ? 1 : 0).padStart(9)).join('');
      if (count) console.log(`${name.padEnd(34)}${text}  exit code ${measured.exitCode}`);
    }
    rmSync(layout, { recursive: true });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
