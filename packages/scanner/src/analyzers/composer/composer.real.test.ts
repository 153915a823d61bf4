import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { corpusLayout, findProgram } from '@hullcheck/testkit';
import { describe, expect, it } from 'vitest';
import { openCorpusImage } from '../../compose/corpus-image.testing.ts';

/** Composer's own table for programs that run, `installed.php`: what is there, without what is provided, replaced or the project. */
const SCRIPT = `
$table = require $argv[1];
foreach ($table['versions'] as $name => $entry)
    if (isset($entry['install_path']) && $name !== $table['root']['name'])
        echo $name, ' ', $entry['pretty_version'], "\\n";
`;

const missing =
  corpusLayout('ruby-php') === undefined || ['umoci', 'php'].some((tool) => findProgram(tool) === undefined);

describe.skipIf(missing)('Composer packages of ruby-php', () => {
  it('equal those of installed.php to the last entry', async () => {
    const image = await openCorpusImage(corpusLayout('ruby-php') ?? '');
    try {
      const table = join(image.root, 'srv/app/vendor/composer/installed.php');
      const output = execFileSync('php', ['-r', SCRIPT, table], { encoding: 'utf8' });
      const expected = output.split('\n').filter((line) => line !== '');
      const found = image.inventory.packages.filter(({ type }) => type === 'composer');
      expect(found.map(({ name, version }) => `${name} ${version}`).sort()).toEqual([...expected].sort());
      expect(found.length).toBeGreaterThan(5);
      expect(found.every(({ direct, ownedBy }) => direct === true && ownedBy === null)).toBe(true);
    } finally {
      image.remove();
    }
  });
});
