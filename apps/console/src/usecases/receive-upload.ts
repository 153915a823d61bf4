import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Fault, type ImageFacts } from '@hullcheck/core';
import { parseReference } from '@hullcheck/registry';
import { detectArchive, listArchiveImages, openDockerArchive, openOciArchive } from '@hullcheck/scanner';
import { requestAssessment } from '../store/assessments.ts';
import { type AuditEntry, recordAudit } from '../store/audit.ts';
import type { Transaction } from '../store/database.ts';
import { bindVerified } from '../store/image-binding.ts';
import { findVisibleImage, listDigests, resolveImage, writeFacts } from '../store/images.ts';
import { PERSON_WAITS } from '../store/queue-priority.ts';
import type { ScopeView } from '../store/scope.ts';
import { type ImageNameSeen, recordSighting } from '../store/sightings.ts';
import { refreshSummaries } from '../store/summaries.ts';
import { insertUpload, insertUploadImage } from '../store/uploads.ts';
import { observationOf } from './assess-image.ts';
import { uploadLimits } from './limits.ts';
import { checkSpace, hashFile, type StoredFile, storeFile, type UploadContext } from './upload-files.ts';

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
  const stored = await storeFile(context.folder, id, body, lengthBytes, signal);
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
