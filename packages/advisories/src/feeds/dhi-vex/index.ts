import { parsePurl } from '@hullcheck/core';
import type { Feed } from '../feed.ts';
import { hubItems } from '../vex-hub.ts';

const id = 'dhi-vex';

/**
 * What Docker states of flaws in parts of its hardened images. https://github.com/docker-hardened-images/advisories
 *
 * Its documents name Debian's packages too, most without a version: "libc6 is not affected". That holds for the builds in
 * these images; Debian's own users have Debian's tracker. Only the images count.
 */
export const dhiVex: Feed = {
  id,
  version: 1,
  licence: 'Apache-2.0',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('.tar.zst'), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://codeload.github.com/docker-hardened-images/advisories/tar.gz/refs/heads/main',
          path: 'dhi-vex.tar.gz',
          part: id,
          bytesMax: 128 * 1024 * 1024,
        },
      ],
      [{ id, extent: 'whole' }],
      previous,
    ),
  answersFor: (product) => /^oci:(?:dhi\.io|docker\.io\/dhi)\/[a-z0-9]/.test(product),
  parse: (snapshot, signal) =>
    hubItems(
      snapshot.files,
      { part: id, wanted: (path) => /^[^/]+\/vex\/.*\.vex\.json$/.test(path), ownNames },
      signal,
    ),
};

/** `pkg:docker/dhi/redis` and `pkg:oci/dhi%2Fredis` are what its registry serves as `dhi.io/redis`, and Docker Hub as `dhi/redis`. */
function ownNames(name: string): readonly string[] {
  const purl = parsePurl(name);
  if ((purl?.type !== 'docker' && purl?.type !== 'oci') || purl.version !== null) return [];
  const path = purl.namespace === null ? purl.name : `${purl.namespace}/${purl.name}`;
  const [, image] = /^dhi\/([a-z0-9][a-z0-9._-]*)$/.exec(path) ?? [];
  if (image === undefined || Object.keys(purl.qualifiers).length > 0) return [];
  return [`dhi.io/${image}`, `docker.io/dhi/${image}`].map((place) => `pkg:oci/${image}?repository_url=${place}`);
}
