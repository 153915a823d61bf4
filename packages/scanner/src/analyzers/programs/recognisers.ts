import { languages } from './languages.ts';
import type { Recogniser } from './recogniser.ts';
import { servers } from './servers.ts';
import { tools } from './tools.ts';

/**
 * Every program that is known by its own words. Programs built by Go and Rust are not here: they carry the list of what
 * they were built from, and that is read by other analyzers.
 */
export const recognisers: readonly Recogniser[] = [...languages, ...servers, ...tools];

/** Libraries that packagers strip of their execute bit: they are found by their names alone. */
export const libraryNames: readonly string[] = [
  'libcrypto.so.1.0.0',
  'libcrypto.so.1.0.2',
  'libcrypto.so.1.1',
  'libcrypto.so.3',
  'libcurl.so.4',
  'libphp.so',
  'libphp5.so',
  'libphp7.so',
  ...Array.from({ length: 12 }, (_, minor) => `libpython3.${minor + 6}.so.1.0`),
  'libpython2.7.so.1.0',
  'libpython3.6m.so.1.0',
  'libpython3.7m.so.1.0',
  'libsqlite3.so.0',
  'libssl.so.1.0.0',
  'libssl.so.1.0.2',
  'libssl.so.1.1',
];

/** Archives of scripts: no first bytes tell them from other scripts. */
export const archiveNames: readonly string[] = ['composer', 'composer.phar', 'wp', 'wp-cli.phar'];
