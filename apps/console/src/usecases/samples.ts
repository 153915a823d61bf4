import type { SampleArchive } from '../options.ts';
import { requestMissing } from '../store/assessment-requests.ts';
import { defaultScope } from '../store/scope.ts';
import { findSample } from '../store/uploads.ts';
import { importArchive } from './receive-upload.ts';
import { hashFile, type UploadContext } from './upload-files.ts';

/** Builds and loads the sample images; one that was loaded before is not loaded again. Answers the images. */
export async function loadSamples(
  context: UploadContext,
  buildSamples: () => Promise<readonly SampleArchive[]>,
  by: { readonly actor: string; readonly address: string | null },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const view = { scopes: [defaultScope] };
  const images: string[] = [];
  for (const { path, name } of await buildSamples()) {
    const known = await findSample(context.database, view, await hashFile(path));
    if (known !== undefined) {
      await context.database.write((transaction) => requestMissing(transaction, known));
      images.push(...known);
      continue;
    }
    const received = await importArchive(
      context,
      {
        name,
        kind: 'sample',
        scopeId: defaultScope,
        view,
        image: undefined,
        createdBy: by.actor,
        audit: { actor: by.actor, action: 'samples.create', address: by.address },
      },
      path,
      signal,
    );
    images.push(...received.images.map(({ id }) => id));
  }
  return images;
}
