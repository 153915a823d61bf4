import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { Fault } from '@hullcheck/core';
import { codecFault, type Inflater, type InflaterOptions, type Packing } from './inflater.ts';

const OUTPUT_BYTES = 256 * 1024;

/** The public stream, used where Node's internals have changed: slower, the same results for single-frame blobs. */
export class StreamInflater implements Inflater {
  readonly #stream: ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress>;
  readonly #kind: Packing;
  readonly #done: Promise<void>;
  #failure: Fault | undefined;

  constructor(kind: Packing, options: InflaterOptions) {
    this.#kind = kind;
    this.#stream =
      kind === 'gzip'
        ? createGunzip({ chunkSize: OUTPUT_BYTES })
        : createZstdDecompress({
            chunkSize: OUTPUT_BYTES,
            params: { [constants.ZSTD_d_windowLogMax]: options.zstdWindowLog },
          });
    this.#done = new Promise((resolve) => {
      this.#stream.on('data', (bytes: Buffer) => {
        try {
          options.sink(bytes);
        } catch (thrown) {
          this.#stream.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)));
        }
      });
      this.#stream.on('error', (error: Error & { code?: string }) => {
        this.#failure = error instanceof Fault ? error : codecFault(this.#kind, `${error.code ?? ''} ${error.message}`);
        resolve();
      });
      this.#stream.on('end', resolve);
    });
  }

  async push(chunk: Buffer): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const written = new Promise<void>((resolve) => this.#stream.write(Buffer.from(chunk), () => resolve()));
    await Promise.race([written, this.#done]);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async finish(): Promise<void> {
    this.#stream.end();
    await this.#done;
    if (this.#failure !== undefined) throw this.#failure;
  }
}
