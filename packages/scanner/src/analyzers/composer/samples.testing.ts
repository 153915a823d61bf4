import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

/**
 * Composer 2.5 wrote composer.lock, installed.json and (`composer show`) composer-show.tsv for composer.json, from what Debian's
 * php-monolog, php-psr-log, php-symfony-process, php-composer-semver and php-twig install; Composer 1 writes the list alone.
 */
export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  'composer.json': 'srv/app/composer.json',
  'composer.lock': 'srv/app/composer.lock',
  'installed.json': 'srv/app/vendor/composer/installed.json',
  'installed-v1.json': 'srv/old/vendor/composer/installed.json',
});
