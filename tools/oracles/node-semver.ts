// Pairs or ranges on standard input, judged by npm's semver library. For the scheme `semver` ranges take pre-releases in,
// for `npm` the library's defaults hold.
import { readFileSync } from 'node:fs';
import semver from 'semver';

const [scheme = '', kind = ''] = process.argv.slice(2);
const signs = { [-1]: '<', 0: '=', 1: '>' } as const;

for (const line of readFileSync(0, 'utf8').trimEnd().split('\n')) {
  const [left = '', right = ''] = line.split('\t');
  if (kind === 'pairs') {
    const known = semver.valid(left) !== null && semver.valid(right) !== null;
    console.log(`${left} ${known ? signs[semver.compare(left, right)] : '?'} ${right}`);
  } else {
    const options = { includePrerelease: scheme === 'semver' };
    const known = semver.valid(left) !== null && semver.validRange(right, options) !== null;
    console.log(`${left}\t${right}\t${known ? (semver.satisfies(left, right, options) ? 'yes' : 'no') : '?'}`);
  }
}
