import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Fault, type ImageFacts } from '@hullcheck/core';
import { parseReference } from '@hullcheck/registry';
import { detectArchive, listArchiveImages, openDockerArchive, openOciArchive } from '@hullcheck/scanner';
import type { Logger } from 'pino';
import { requestAssessment } from '../store/assessments.ts';
import { type AuditEntry, recordAudit } from '../store/audit.ts';
import type { Database, Transaction } from '../store/database.ts';
import { bindVerified } from '../store/image-binding.ts';
import {
  findVisibleImage,
  type ImageNameSeen,
  listDigests,
  recordSighting,
  resolveImage,
  writeFacts,
} from '../store/images.ts';
import { PERSON_WAITS } from '../store/queue-priority.ts';
import type { ScopeView } from '../store/scope.ts';
import { refreshSummaries } from '../store/summaries.ts';
import { insertUpload, insertUploadImage, neededFiles, takeFinishedFiles } from '../store/uploads.ts';
import { observationOf } from './assess-image.ts';
import { uploadLimits } from './limits.ts';

export interface UploadContext {
  readonly database: Database;
  readonly folder: string;
  readonly log: Logger;
}

export interface UploadRequest {
  readonly name: string;
  readonly kind: 'upload' | 'sample';
  readonly scopeId: string;
  readonly view: ScopeView;
  /** Row that the archive completes. */
  readonly image: string | undefined;
  readonly createdBy: string;
  readonly audit: Omit<AuditEntry, 'action' | 'target' | 'outcome'> & { readonly action: string };
}

export interface ReceivedUpload {
  readonly id: string;
  readonly images: readonly { readonly id: string; readonly assessment: string }[];
}

interface StoredFile {
  readonly id: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Receives an archive: bytes to disk with their hash, bounded; then fsync of file and folder; then, in one transaction, the
 * row, its images and their assessments. Whatever ends it before leaves nothing behind. The file is kept until each of its
 * images was assessed or given up; then the janitor removes it.
 */
export async function receiveUpload(
  context: UploadContext,
  request: UploadRequest,
  body: AsyncIterable<Uint8Array>,
  lengthBytes: number | null,
  signal: AbortSignal,
): Promise<ReceivedUpload> {
  await checkSpace(context.folder, lengthBytes ?? 0);
  const id = randomUUID();
  const stored = await store(context.folder, id, body, lengthBytes, signal);
  return registerFile(context, request, stored, signal);
}

/** The same for an archive that lies on this machine already: the samples. */
export async function importArchive(
  context: UploadContext,
  request: UploadRequest,
  path: string,
  signal: AbortSignal,
): Promise<ReceivedUpload> {
  const id = randomUUID();
  const { size } = await stat(path);
  await checkSpace(context.folder, size);
  const file = `${id}.tar`;
  await copyFile(path, join(context.folder, file), constants.COPYFILE_EXCL);
  return registerFile(context, request, { id, file, bytes: size, sha256: await hashFile(path) }, signal);
}

export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'r');
  try {
    for await (const chunk of file.createReadStream()) hash.update(chunk as Uint8Array);
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

async function checkSpace(folder: string, bytes: number): Promise<void> {
  if (bytes > uploadLimits.bytesMax) throw tooLarge();
  const { bavail, blocks, bsize } = await statfs(folder);
  const reserve = Math.min(uploadLimits.freeBytesMin, (blocks * bsize) / 10);
  if (bavail * bsize - bytes < reserve) {
    throw new Fault('storage-full', 'the disk of the console is too full for this archive', {
      hint: 'Free some space, or move the data folder.',
    });
  }
}

function tooLarge(): Fault {
  return new Fault('limit-exceeded', `an archive has at most ${uploadLimits.bytesMax / 1024 ** 3} GiB`);
}

async function store(
  folder: string,
  id: string,
  body: AsyncIterable<Uint8Array>,
  lengthBytes: number | null,
  signal: AbortSignal,
): Promise<StoredFile> {
  const unfinished = join(folder, `${id}.part`);
  const hash = createHash('sha256');
  let bytes = 0;
  let nextCheck = 256 * 1024 * 1024;
  try {
    const file = await open(unfinished, 'wx', 0o600);
    try {
      for await (const chunk of body) {
        signal.throwIfAborted();
        bytes += chunk.byteLength;
        if (bytes > uploadLimits.bytesMax) throw tooLarge();
        if (bytes > nextCheck) {
          await checkSpace(folder, 0);
          nextCheck = bytes + 256 * 1024 * 1024;
        }
        hash.update(chunk);
        await writeAll(file, chunk);
      }
      signal.throwIfAborted();
      if (lengthBytes !== null && bytes !== lengthBytes) {
        throw new Fault('truncated', `${bytes} of ${lengthBytes} bytes came`, { hint: 'Send the archive again.' });
      }
      if (bytes === 0) throw new Fault('not-an-image', 'the archive is empty');
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, join(folder, `${id}.tar`));
    await syncFolder(folder);
  } catch (error) {
    await rm(unfinished, { force: true });
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') {
      throw new Fault('storage-full', 'the disk of the console is full', { cause: error });
    }
    if (error instanceof Error && 'code' in error && error.code === 'ECONNRESET')
      throw new Fault('truncated', 'the upload ended before its end', { cause: error });
    throw error;
  }
  return { id, file: `${id}.tar`, bytes, sha256: hash.digest('hex') };
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.byteLength; ) {
    const { bytesWritten } = await file.write(chunk, offset);
    offset += bytesWritten;
  }
}

/** The name is durable only when the folder is: a row must never point to a file that a power cut took. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

interface ArchiveImage {
  readonly position: number;
  readonly facts: ImageFacts;
}

async function registerFile(
  context: UploadContext,
  request: UploadRequest,
  stored: StoredFile,
  signal: AbortSignal,
): Promise<ReceivedUpload> {
  const path = join(context.folder, stored.file);
  try {
    const images = await openImages(path, signal).catch((error: unknown) => {
      // Faults name the file as it lies here; people know it by the name they gave it.
      if (error instanceof Fault) throw renamed(error, basename(path), request.name);
      throw error;
    });
    return await context.database.write((transaction) => register(transaction, request, stored, images));
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

function renamed(fault: Fault, file: string, name: string): Fault {
  const shown = name.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
  return new Fault(fault.code, fault.message.replaceAll(file, shown), {
    cause: fault,
    place: (fault.place ?? shown).replaceAll(file, shown),
    ...(fault.hint === undefined ? {} : { hint: fault.hint }),
  });
}

async function openImages(path: string, signal: AbortSignal): Promise<readonly ArchiveImage[]> {
  const kind = await detectArchive(path, signal);
  const listed = await listArchiveImages(path, signal);
  if (listed.length === 0) throw new Fault('not-an-image', 'the archive holds no image', { place: basename(path) });
  if (listed.length > uploadLimits.imagesMax)
    throw new Fault('limit-exceeded', `the archive holds more than ${uploadLimits.imagesMax} images`);
  const openImage = kind === 'docker-archive' ? openDockerArchive : openOciArchive;
  const images: ArchiveImage[] = [];
  for (const { index } of listed) {
    const image = await openImage(path, { index, signal });
    images.push({ position: index, facts: image.facts });
    await image.close();
  }
  return images;
}

async function register(
  transaction: Transaction,
  request: UploadRequest,
  stored: StoredFile,
  images: readonly ArchiveImage[],
): Promise<ReceivedUpload> {
  await insertUpload(transaction, {
    ...stored,
    scopeId: request.scopeId,
    kind: request.kind,
    name: request.name,
    createdBy: request.createdBy,
  });
  const target =
    request.image === undefined ? undefined : await findVisibleImage(transaction, request.view.scopes, request.image);
  if (request.image !== undefined && target === undefined)
    throw new Fault('not-found', 'there is no image with this id', { place: 'image' });
  const chosen = target === undefined ? undefined : await chooseFor(transaction, target, images);
  const made: { id: string; assessment: string }[] = [];
  for (const image of images) {
    const observed = observationOf(image.facts);
    const imageId =
      image === chosen && target !== undefined
        ? await bindVerified(transaction, target, observed)
        : await resolveImage(transaction, observed);
    await writeFacts(transaction, imageId, image.facts);
    await recordSighting(
      transaction,
      imageId,
      { kind: request.kind, scopeId: request.scopeId, sourceId: stored.id, name: request.name },
      namesOf(image.facts),
    );
    const assessment = await requestAssessment(transaction, imageId, { uploadId: stored.id, priority: PERSON_WAITS });
    await insertUploadImage(transaction, stored.id, image.position, imageId, assessment);
    made.push({ id: imageId, assessment });
  }
  await refreshSummaries(
    transaction,
    made.map(({ id }) => id),
  );
  const { action, ...audit } = request.audit;
  await recordAudit(transaction, {
    ...audit,
    action,
    target: stored.id,
    outcome: 'ok',
    detail: { name: request.name, bytes: stored.bytes, sha256: stored.sha256 },
  });
  return { id: stored.id, images: made };
}

/** Which image of the archive completes the row: the one that its digests name; where none is known, the only one. */
async function chooseFor(
  transaction: Transaction,
  target: string,
  images: readonly ArchiveImage[],
): Promise<ArchiveImage> {
  const own = await ownDigests(transaction, target);
  const match = images.find(({ facts }) => facts.digests.some(({ kind, digest }) => own.has(`${kind} ${digest}`)));
  if (match !== undefined) return match;
  const [only] = images;
  const hasConfig = [...own].some((text) => text.startsWith('config '));
  if (only !== undefined && images.length === 1 && !hasConfig) return only;
  throw new Fault('conflict', 'the archive holds another image than the one of this row', {
    place: only?.facts.id ?? 'archive',
    hint: 'Save exactly that image ("docker save" with its name or id), or upload the archive as an image of its own.',
  });
}

async function ownDigests(transaction: Transaction, imageId: string): Promise<ReadonlySet<string>> {
  return new Set((await listDigests(transaction, imageId)).map(({ kind, digest }) => `${kind} ${digest}`));
}

/** Tags of an archive are claims of whoever made it: names to show, never an identity. */
function namesOf(facts: ImageFacts): ImageNameSeen[] {
  return facts.tags.flatMap((text) => {
    try {
      const { registry, repository, tag } = parseReference(text);
      return [{ registry, repository, tag }];
    } catch {
      return [];
    }
  });
}

export async function prepareFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

/** Removes archives that nothing needs any more, and what a crash left: parts, and files without a row. */
export async function cleanUploads(context: UploadContext, orphanAgeMs: number, nowMs: number): Promise<void> {
  const finished = await context.database.write(takeFinishedFiles);
  for (const { file } of finished) await rm(join(context.folder, file), { force: true });
  const names = await readdir(context.folder);
  if (names.length === 0) return;
  const needed = await neededFiles(context.database);
  for (const name of names) {
    if (needed.has(name)) continue;
    const path = join(context.folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && nowMs - found.mtimeMs > orphanAgeMs) await rm(path, { force: true });
  }
}
