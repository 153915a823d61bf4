import { Fault } from '@hullcheck/core';
import type { Feed } from '../feed.ts';
import { parseWorkingGroup } from './parse.ts';

const id = 'nodejs-security-wg';
const NPM = 'nodejs-security-wg/npm';

/** The Node.js security working group: Node.js itself (`nodejs`), and npm packages until 2020 (`npm`), which GitHub took over. */
export const nodejsSecurityWg: Feed = {
  id,
  version: 3,
  licence: 'MIT',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('.tar.zst'), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://codeload.github.com/nodejs/security-wg/tar.gz/refs/heads/main',
          path: 'security-wg.tar.gz',
          part: id,
          bytesMax: 64 * 1024 * 1024,
        },
      ],
      [{ id, extent: 'whole' }],
      previous,
    ),
  parse(snapshot, signal) {
    const [file] = snapshot.files;
    if (file === undefined) throw new Fault('feed-invalid', 'the snapshot has no archive', { place: id });
    return parseWorkingGroup({ feed: id, core: id, npm: NPM }, file, signal);
  },
};
