import type { Feed } from '../feed.ts';
import { cpansaItems } from './parse.ts';

const id = 'cpan-cpansa';

/** The CPAN Security Advisory database: distributions of CPAN, and perl itself under the name of its distribution. */
export const cpanCpansa: Feed = {
  id,
  version: 1,
  licence: 'Artistic-2.0',
  redistributable: true,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('/cpan-security-advisory.json'), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://raw.githubusercontent.com/briandfoy/cpan-security-advisory/master/cpan-security-advisory.json',
          path: 'cpan-security-advisory.json',
          part: id,
          bytesMax: 64 * 1024 * 1024,
        },
      ],
      [{ id, extent: 'whole' }],
      previous,
    ),
  parse: (snapshot, signal) => cpansaItems(snapshot.files, id, signal),
};
