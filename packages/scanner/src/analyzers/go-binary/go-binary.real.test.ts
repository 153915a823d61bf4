import { execFileSync } from 'node:child_process';
import { relative } from 'node:path';
import { corpusLayout, findProgram } from '@hullcheck/testkit';
import { describe, expect, it } from 'vitest';
import { openCorpusImage } from '../../compose/corpus-image.testing.ts';

const missing = (name: string): boolean =>
  corpusLayout(name) === undefined || ['umoci', 'go'].some((tool) => findProgram(tool) === undefined);

describe.each(['scratch-go', 'go-rust'])('Go modules of %s', (name) => {
  it.skipIf(missing(name))('equal those of go version -m to the last entry', async () => {
    const image = await openCorpusImage(corpusLayout(name) ?? '');
    try {
      const expected = goVersion(image.root);
      const found = image.inventory.packages
        .filter(({ type }) => type === 'golang')
        .flatMap((pkg) => pkg.paths.map((path) => `${path} ${pkg.name} ${pkg.version}`))
        .sort();
      expect(expected.length).toBeGreaterThan(30);
      expect(found).toEqual(expected);
    } finally {
      image.remove();
    }
  });
});

/** Go's own reader over every file of the folder; a replaced module counts as what replaces it. */
function goVersion(root: string): readonly string[] {
  const output = execFileSync('go', ['version', '-m', root], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const modules: { path: string; name: string; version: string }[] = [];
  let path = '';
  for (const line of output.split('\n')) {
    const program = /^(\/.*): go(\S+)$/.exec(line);
    if (program?.[1] !== undefined && program[2] !== undefined) {
      path = relative(root, program[1]);
      modules.push({ path, name: 'stdlib', version: program[2] });
      continue;
    }
    const [, kind, name = '', version = ''] = line.split('\t');
    if (kind === 'mod' || kind === 'dep') modules.push({ path, name, version: version === '' ? '(devel)' : version });
    const last = modules.at(-1);
    if (kind === '=>' && version !== '' && last !== undefined) Object.assign(last, { name, version });
  }
  return modules.map((module) => `${module.path} ${module.name} ${module.version}`).sort();
}
