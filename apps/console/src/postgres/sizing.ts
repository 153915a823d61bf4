import { totalmem } from 'node:os';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

const SHARED_MIN = 128 * MiB;
const SHARED_MAX = GiB;
/** Pages of the indexes of a large estate are touched at random; the rest of the memory is the file system's cache. */
const SHARED_SHARE = 1 / 16;
const WAL_MIN = 512 * MiB;
const WAL_MAX = 4 * GiB;
const WAL_SHARE = 1 / 20;

export interface Machine {
  /** Bytes that this process and its children may use. */
  readonly memory: number;
  /** Bytes free on the disk that holds the database. */
  readonly diskFree: number;
}

/** Memory of the machine, or of the container where that has a limit. */
export function usableMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}

/**
 * PostgreSQL's memory and log by the machine. The longer the log may grow between two checkpoints, the fewer whole pages are
 * written to it: with half a gigabyte, ten thousand first reports made one checkpoint every ten seconds and half of the log was
 * such pages (bench/results/estate.md). What it costs is disk, and seconds of recovery after a crash.
 */
export function sizePostgres({ memory, diskFree }: Machine): { readonly [setting: string]: string } {
  const shared = clamp(memory * SHARED_SHARE, SHARED_MIN, SHARED_MAX);
  const wal = clamp(diskFree * WAL_SHARE, WAL_MIN, WAL_MAX);
  return { shared_buffers: inMiB(shared), max_wal_size: inMiB(wal), wal_buffers: '16MB' };
}

const clamp = (value: number, min: number, max: number) => Math.min(max, Math.max(min, value));
const inMiB = (bytes: number) => `${Math.floor(bytes / MiB)}MB`;
