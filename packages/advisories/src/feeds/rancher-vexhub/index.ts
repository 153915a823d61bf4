import { vendorProductKey } from '@hullcheck/core';
import type { Feed } from '../feed.ts';
import { hubItems } from '../vex-hub.ts';

const id = 'rancher-vexhub';

/**
 * Where SUSE's Rancher team publishes what it builds: its registries, its accounts at others, its source repositories. Its
 * hub speaks also of others' programs as it found them in its images; there the image's name stands beside them.
 */
const OWN =
  /^(?:oci:(?:(?:registry|stgregistry)\.suse\.com|registry\.rancher\.com|docker\.io\/(?:rancher|longhornio|neuvector)|quay\.io\/stackstate)\/|golang:github\.com\/(?:rancher|longhorn|harvester|k3s-io|neuvector)\/)/;

const isOwn = (product: string) => OWN.test(product);

/** What SUSE's Rancher team states of flaws in parts of its images and programs. https://github.com/rancher/vexhub */
export const rancherVexhub: Feed = {
  id,
  version: 1,
  licence: 'CC-BY-4.0',
  redistributable: true,
  // The mirror has a part of the packages.
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('.tar.zst'), extent: 'excerpt' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://codeload.github.com/rancher/vexhub/tar.gz/refs/heads/main',
          path: 'rancher-vexhub.tar.gz',
          part: id,
          bytesMax: 128 * 1024 * 1024,
        },
      ],
      [{ id, extent: 'whole' }],
      previous,
    ),
  answersFor: isOwn,
  parse: (snapshot, signal) =>
    hubItems(
      snapshot.files,
      {
        part: id,
        // The hub's `reports` folder says the same again in one file.
        wanted: (path) => /^[^/]+\/pkg\/.*\.openvex\.json$/.test(path),
        ownNames: (name) => (isOwn(vendorProductKey(name) ?? '') ? [name] : []),
      },
      signal,
    ),
};
