import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Fault, type ImageFacts, type Inventory, type Platform, parsePlatform } from '@hullcheck/core';
import type { LayerProgress, OpenedImage, ReadLayersOptions } from '@hullcheck/scanner';
import type { ReaderAhead } from '@hullcheck/scanner/reader-ahead';
import { imageLookup } from './image-lookup.ts';
import { openLayerCache } from './layer-cache.ts';
import type { Settings, Surroundings } from './settings.ts';
import type { Target } from './target.ts';
import type { ProgressLine } from './terminal-progress.ts';

export interface ReadTarget {
  readonly image: ImageFacts;
  readonly inventory: Inventory;
}

export interface ReadOptions {
  readonly settings: Settings;
  readonly around: Surroundings;
  readonly progress: ProgressLine;
  /** A reading process that waits already. */
  readonly ahead: ReaderAhead | undefined;
  readonly signal: AbortSignal;
}

/** The platform of `--platform`, or null for the first one that fits. */
export function platformOf(settings: Settings): Platform | null {
  const text = settings.text('platform');
  if (text === undefined) return null;
  const platform = parsePlatform(text);
  if (platform === undefined)
    throw new Fault('invalid-input', `--platform takes os/architecture[/variant], not ${text}`);
  return platform;
}

/**
 * Reads what the user named, wherever it is; layers that were read before only where nothing is kept of them. Faults name
 * the file, the reference or the host.
 */
export async function readTarget(target: Target, options: ReadOptions): Promise<ReadTarget> {
  const { settings, around } = options;
  if (settings.flag('noCache')) return readThrough(target, options, {});
  const { parseLayerReport, readersVersion } = await import('@hullcheck/scanner');
  const cache = openLayerCache({
    folder: join(settings.cacheFolder(), 'layers'),
    readers: readersVersion(),
    parse: parseLayerReport,
    uid: around.uid,
    now: around.now,
    // A packed archive is read as a stream too.
    streamed: !('path' in target) || target.scheme === 'archive',
    refuse: (reason) => {
      if (!settings.flag('quiet')) around.stderr.write(`${reason}.\n`);
    },
  });
  try {
    return await readThrough(target, options, {
      known: (diffId, digest) => cache.find(diffId, digest),
      save: (report) => cache.save(report),
    });
  } finally {
    await cache.close();
  }
}

async function readThrough(
  target: Target,
  options: ReadOptions,
  kept: Pick<ReadLayersOptions, 'known' | 'save'>,
): Promise<ReadTarget> {
  const scanner = await import('@hullcheck/scanner');
  const { settings, around, progress, ahead, signal } = options;
  const platform = platformOf(settings);
  const onProgress = (step: LayerProgress) =>
    progress.show(
      `Reading: layer ${Math.min(step.layersDone + 1, step.layersTotal)} of ${step.layersTotal}, ${Math.round(step.bytesRead / 1_000_000)} MB`,
    );
  const shared = { signal, onProgress, ahead, ...kept, ...(platform === null ? {} : { platform }) };

  switch (target.scheme) {
    case 'stdin': {
      if (around.stdin.isTTY)
        throw new Fault('invalid-input', 'standard input is a terminal, not an archive', {
          hint: 'Pipe `docker save IMAGE` into it',
        });
      const { facts, inventory } = await scanner.readArchiveStream(around.stdin as AsyncIterable<Uint8Array>, shared);
      return { image: facts, inventory };
    }
    case 'archive': {
      requireExisting(target.path);
      const { facts, inventory } = await scanner.readArchive(target.path, shared);
      return { image: facts, inventory };
    }
    case 'docker-archive':
    case 'oci-archive':
    case 'oci-dir': {
      requireExisting(target.path);
      const open = {
        'docker-archive': scanner.openDockerArchive,
        'oci-archive': scanner.openOciArchive,
        'oci-dir': scanner.openOciDir,
      }[target.scheme];
      return readOpened(await open(target.path, shared));
    }
    case 'dir': {
      requireExisting(target.path);
      const { facts, inventory } = await scanner.readDirectory(target.path, shared);
      return { image: facts, inventory };
    }
    case 'sbom': {
      const { name, inventory } = scanner.parseSbom(
        readText(target.path, scanner.packageListLimits.fileBytesMax),
        target.path,
      );
      return { image: factsOfList(name ?? basename(target.path), 'sbom'), inventory };
    }
    case 'purl-file':
      return {
        image: factsOfList(basename(target.path), 'purl'),
        inventory: scanner.parsePurlList(readText(target.path, scanner.packageListLimits.fileBytesMax), target.path),
      };
    case 'purl': {
      const inventory = scanner.parsePurlList(target.purl, 'purl');
      if (inventory.packages.length === 0)
        throw new Fault('invalid-input', `${target.purl} is not a purl with a version`, {
          hint: 'For example pkg:npm/lodash@4.17.20',
        });
      return { image: factsOfList(target.purl, 'purl'), inventory };
    }
    default: {
      const found = await imageLookup(target, platform, options);
      if (found.kind === 'stream') {
        try {
          const { facts, inventory } = await scanner.readArchiveStream(found.bytes, {
            ...shared,
            place: target.reference,
            source: found.runtime,
          });
          return { image: { ...facts, name: target.reference }, inventory };
        } finally {
          await found.close();
        }
      }
      return readOpened(found.image);
    }
  }

  async function readOpened(image: OpenedImage): Promise<ReadTarget> {
    try {
      const { facts, inventory } = await scanner.readImage({ ...shared, image });
      return { image: facts, inventory };
    } finally {
      await image.close();
    }
  }
}

function requireExisting(path: string) {
  try {
    statSync(path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Fault(missing ? 'not-found' : 'invalid-input', missing ? `there is no ${path}` : `can't read ${path}`, {
      place: path,
      cause: error,
    });
  }
}

function readText(path: string, bytesMax: number): string {
  requireExisting(path);
  const size = statSync(path);
  if (!size.isFile()) throw new Fault('invalid-input', `${path} is not a file`, { place: path });
  if (size.size > bytesMax)
    throw new Fault('limit-exceeded', `${path} is larger than ${bytesMax} bytes`, { place: path });
  return readFileSync(path, 'utf8');
}

const factsOfList = (name: string, source: 'sbom' | 'purl'): ImageFacts => ({
  name,
  id: null,
  source,
  digests: [],
  tags: [],
  platform: null,
  created: null,
  size: null,
  layers: [],
});
